/** Which checks a level asks for in a version of the standards, and what they find. Pure. */
import type { Check, Subject, Verify, Violation } from "./check.ts";
import { hostNamespaces, hostPathVolumes, hostPorts, hostProbes } from "./host.ts";
import type { LevelVersion } from "./policy.ts";
import {
  allowPrivilegeEscalation,
  capabilitiesBaseline,
  capabilitiesRestricted,
  privileged,
  runAsNonRoot,
  runAsUser,
  windowsHostProcess,
} from "./privileges.ts";
import { appArmorProfile, seccompBaseline, seccompRestricted, seLinuxOptions } from "./profiles.ts";
import { procMount, procMountRestricted, restrictedVolumes, sysctls } from "./resources.ts";

/** By name within each level, baseline first: the order in which violations are told. */
const CHECKS: readonly Check[] = [
  appArmorProfile,
  capabilitiesBaseline,
  hostNamespaces,
  hostPathVolumes,
  hostPorts,
  hostProbes,
  privileged,
  procMount,
  seLinuxOptions,
  seccompBaseline,
  sysctls,
  windowsHostProcess,
  allowPrivilegeEscalation,
  capabilitiesRestricted,
  procMountRestricted,
  restrictedVolumes,
  runAsNonRoot,
  runAsUser,
  seccompRestricted,
];

/** The last version that changed anything: later ones are the same. */
const NEWEST = Math.max(...CHECKS.flatMap(({ versions }) => versions.map(({ from }) => from)));

const chosen = new Map<string, readonly Verify[]>();

function checksFor({ level, version }: LevelVersion): readonly Verify[] {
  const minor = version === "latest" ? NEWEST : Math.min(Number(version.slice("v1.".length)), NEWEST);
  const key = `${level}:${minor}`;
  let verifies = chosen.get(key);
  if (!verifies) {
    const current = CHECKS.filter((check) => level === "restricted" || check.level === "baseline").flatMap((check) => {
      const at = check.versions.findLast(({ from }) => from <= minor);
      return at ? [{ id: check.id, ...at }] : [];
    });
    const overridden = new Set(current.map(({ overrides }) => overrides));
    verifies = current.filter(({ id }) => !overridden.has(id)).map(({ verify }) => verify);
    chosen.set(key, verifies);
  }
  return verifies;
}

/** What is wrong with a pod at this level; empty when nothing is. */
export function violationsOf(subject: Subject, at: LevelVersion): Violation[] {
  if (at.level === "privileged") return [];
  return checksFor(at).flatMap((verify) => verify(subject) ?? []);
}

/** `host namespaces (hostPID=true), privileged (container "c" must not …)` */
export const detailText = (violations: readonly Violation[]): string =>
  violations.map(({ reason, detail }) => (detail ? `${reason} (${detail})` : reason)).join(", ");

/** `host namespaces, privileged` */
export const reasonText = (violations: readonly Violation[]): string =>
  violations.map(({ reason }) => reason).join(", ");
