/** CSIDriver. Source: https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/csi-driver-v1/ */
import { duplicate, type FieldError, invalid, required } from "../../machinery/meta/field-error.ts";
import { checkOneOf } from "../common/checks.ts";
import { age, nameOf } from "../common/rows.ts";
import { checkImmutable } from "../common/same.ts";
import type { Strategy } from "../kind.ts";
import type { CSIDriver, CSIDriverSpec } from "./v1-types.ts";

const MIN_TOKEN_SECONDS = 600;
const MAX_TOKEN_SECONDS = 2 ** 32;
const MIN_UPDATE_SECONDS = 10;
/** As upstream calls it in errors. */
const ATTACH = "spec.attachedRequired";
const FS_GROUP_POLICIES = ["File", "None", "ReadWriteOnceWithFSType"];

function defaults(next: CSIDriver): CSIDriver {
  next.spec ??= {};
  const { spec } = next;
  spec.attachRequired ??= true;
  spec.podInfoOnMount ??= false;
  spec.storageCapacity ??= false;
  spec.fsGroupPolicy ??= "ReadWriteOnceWithFSType";
  if (!spec.volumeLifecycleModes?.length) spec.volumeLifecycleModes = ["Persistent"];
  spec.requiresRepublish ??= false;
  spec.seLinuxMount ??= false;
  return next;
}

function checkTokens(errors: FieldError[], tokens: CSIDriverSpec["tokenRequests"]): void {
  const audiences = new Set<string>();
  tokens?.forEach(({ audience, expirationSeconds }, i) => {
    const path = `spec.tokenRequests[${i}]`;
    if (audiences.has(audience)) {
      errors.push(duplicate(`${path}.audience`, audience));
      return;
    }
    audiences.add(audience);
    if (expirationSeconds === undefined) return;
    const at = `${path}.expirationSeconds`;
    if (expirationSeconds < MIN_TOKEN_SECONDS) {
      errors.push(invalid(at, expirationSeconds, "may not specify a duration less than 10 minutes"));
    }
    if (expirationSeconds > MAX_TOKEN_SECONDS) {
      errors.push(invalid(at, expirationSeconds, "may not specify a duration larger than 2^32 seconds"));
    }
  });
}

function validate({ spec }: CSIDriver): FieldError[] {
  const errors: FieldError[] = [];
  if (spec.attachRequired === undefined) errors.push(required(ATTACH));
  for (const field of ["podInfoOnMount", "storageCapacity"] as const) {
    if (spec[field] === undefined) errors.push(required(`spec.${field}`));
  }
  checkOneOf(errors, spec.fsGroupPolicy, "spec.fsGroupPolicy", FS_GROUP_POLICIES);
  checkTokens(errors, spec.tokenRequests);
  for (const mode of spec.volumeLifecycleModes ?? []) {
    checkOneOf(errors, mode, "spec.volumeLifecycleModes", ["Persistent", "Ephemeral"]);
  }
  if (spec.seLinuxMount === undefined) errors.push(required("spec.seLinuxMount"));
  const period = spec.nodeAllocatableUpdatePeriodSeconds;
  if (period !== undefined && period < MIN_UPDATE_SECONDS) {
    const detail = `must be greater than or equal to ${MIN_UPDATE_SECONDS} seconds`;
    errors.push(invalid("spec.nodeAllocatableUpdatePeriodSeconds", period, detail));
  }
  if (spec.serviceAccountTokenInSecrets !== undefined && !spec.tokenRequests?.length) {
    const detail = "serviceAccountTokenInSecrets is set but no tokenRequests are specified";
    errors.push(invalid("spec.serviceAccountTokenInSecrets", spec.serviceAccountTokenInSecrets, detail));
  }
  return errors;
}

export const csiDriver: Strategy<CSIDriver> = {
  generation: true,
  allowUnconditionalUpdate: false,
  defaults,
  // Takes a gate that is closed by default (VolumeLimitScaling).
  prepareForCreate(next) {
    delete next.spec.preventPodSchedulingIfMissing;
    return next;
  },
  prepareForUpdate(next, prev) {
    if (prev.spec.preventPodSchedulingIfMissing === undefined) delete next.spec.preventPodSchedulingIfMissing;
    return next;
  },
  validate,
  validateUpdate(next, prev) {
    const errors: FieldError[] = [];
    checkImmutable(errors, next.spec.attachRequired, prev.spec.attachRequired, ATTACH);
    const modes = "spec.volumeLifecycleModes";
    checkImmutable(errors, next.spec.volumeLifecycleModes, prev.spec.volumeLifecycleModes, modes);
    return errors;
  },
  row: (object, nowMs) => {
    const { spec } = object;
    return [
      nameOf(object),
      spec.attachRequired ?? true,
      spec.podInfoOnMount ?? false,
      spec.storageCapacity ?? false,
      spec.tokenRequests?.map((token) => token.audience).join(",") ?? "<unset>",
      spec.requiresRepublish ?? false,
      spec.volumeLifecycleModes?.join(",") || "<none>",
      age(object, nowMs),
    ];
  },
};
