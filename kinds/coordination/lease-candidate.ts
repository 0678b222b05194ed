/** LeaseCandidate. Source: https://kubernetes.io/docs/concepts/cluster-administration/coordinated-leader-election/ */
import { compareSemvers, parseSemver, SemverValue } from "../../machinery/cel/functions/semver.ts";
import { type FieldError, invalid, required } from "../../machinery/meta/field-error.ts";
import { configMapKey } from "../../machinery/meta/names.ts";
import { checkPresent } from "../common/checks.ts";
import { age, nameOf } from "../common/rows.ts";
import { checkImmutable } from "../common/same.ts";
import type { LeaseCandidate } from "../generated/api/coordination-v1beta1.ts";
import type { Strategy } from "../kind.ts";
import { checkLeaseStrategy, OLDEST_EMULATION_VERSION } from "./lease-strategy.ts";

const NOT_A_VERSION = "must be a valid semantic version";
const NONE = new SemverValue([0n, 0n, 0n], []);

/** Text that is no version counts as the lowest there is. */
function readVersion(errors: FieldError[], text: string | undefined, path: string): SemverValue {
  if (!text) return NONE;
  const version = parseSemver(text);
  if (!version) errors.push(invalid(path, text, NOT_A_VERSION));
  return version ?? NONE;
}

function candidateErrors({ spec }: LeaseCandidate): FieldError[] {
  const errors: FieldError[] = [];
  const { binaryVersion, emulationVersion, strategy } = spec;
  checkPresent(errors, spec.leaseName, "spec.leaseName");
  const emulated = readVersion(errors, emulationVersion, "spec.emulationVersion");
  checkPresent(errors, binaryVersion, "spec.binaryVersion");
  const binary = readVersion(errors, binaryVersion, "spec.binaryVersion");
  if (binaryVersion && emulationVersion && compareSemvers(binary, emulated) < 0) {
    errors.push(invalid("spec.binaryVersion", binaryVersion, "must be greater than or equal to `emulationVersion`"));
  }
  if (!checkPresent(errors, strategy, "spec.strategy")) return errors;
  if (strategy === OLDEST_EMULATION_VERSION && compareSemvers(emulated, NONE) === 0) {
    const detail = `must be specified when \`strategy\` is '${OLDEST_EMULATION_VERSION}'`;
    errors.push(required("spec.emulationVersion", detail));
  }
  // The path is upstream's.
  checkLeaseStrategy(errors, strategy, "spec.strategy.strategy");
  return errors;
}

export const leaseCandidate: Strategy<LeaseCandidate> = {
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: false,
  nameErrors: configMapKey,
  defaults(next) {
    next.spec ??= {} as LeaseCandidate["spec"];
    return next;
  },
  validate: candidateErrors,
  validateUpdate(next, prev) {
    const errors: FieldError[] = [];
    checkImmutable(errors, next.spec.leaseName, prev.spec.leaseName, "spec.leaseName");
    return errors;
  },
  row: (object, nowMs) => [
    nameOf(object),
    object.spec.leaseName ?? "",
    object.spec.binaryVersion ?? "",
    object.spec.emulationVersion ?? "",
    age(object, nowMs),
  ],
};
