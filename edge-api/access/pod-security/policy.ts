/**
 * The labels by which a namespace says what its pods may be. Pure.
 * Source: https://kubernetes.io/docs/concepts/security/pod-security-admission/#pod-security-admission-labels-for-namespaces
 */
import { type FieldError, invalid } from "../../../machinery/meta/field-error.ts";

export type Level = "privileged" | "baseline" | "restricted";

export interface LevelVersion {
  level: Level;
  /** "latest" or "v1.x" */
  version: string;
}

export interface Policy {
  enforce: LevelVersion;
  audit: LevelVersion;
  warn: LevelVersion;
}

/** How every label begins; a namespace whose text lacks it has no policy. */
export const LABEL_PREFIX = "pod-security.kubernetes.io/";

/** Of Kubernetes 1. */
const NEWEST_MINOR = 36;
const STRICTNESS: readonly string[] = ["privileged", "baseline", "restricted"];
const VERSION = /^v1\.(?:[0-9]|[1-9][0-9]{0,8})$/;

/** Above 0 when `a` is the stricter one. */
export const compareLevels = (a: Level, b: Level): number => STRICTNESS.indexOf(a) - STRICTNESS.indexOf(b);

/** `restricted:latest` */
export const levelText = ({ level, version }: LevelVersion): string => `${level}:${version}`;

/** Newer than what is known here; it is held against the newest there is. */
export const isOfFuture = ({ version }: LevelVersion): boolean =>
  version !== "latest" && Number(version.slice("v1.".length)) > NEWEST_MINOR;

export const isSame = (a: LevelVersion, b: LevelVersion): boolean => a.level === b.level && a.version === b.version;

/** What holds where no label says otherwise. */
const DEFAULT: LevelVersion = { level: "privileged", version: "latest" };

/** Labels that cannot be read count as the strictest for enforcing, and as nothing for telling. */
export function policyOf(labels: { readonly [key: string]: string } = {}): { policy: Policy; errors: FieldError[] } {
  const errors: FieldError[] = [];
  const label = (name: string): string | undefined =>
    Object.hasOwn(labels, LABEL_PREFIX + name) ? labels[LABEL_PREFIX + name] : undefined;
  const bad = (name: string, value: string, why: string): void => {
    errors.push(invalid(`metadata.labels[${LABEL_PREFIX}${name}]`, value, why));
  };
  const read = (mode: keyof Policy, otherwise: Level): LevelVersion => {
    const result = { ...DEFAULT };
    const level = label(mode);
    if (level !== undefined) {
      if (STRICTNESS.includes(level)) result.level = level as Level;
      else {
        result.level = otherwise;
        bad(mode, level, `must be one of ${STRICTNESS.join(", ")}`);
      }
    }
    const version = label(`${mode}-version`);
    if (version === undefined) return result;
    if (version === "latest" || VERSION.test(version)) result.version = version;
    else bad(`${mode}-version`, version, 'must be "latest" or "v1.x"');
    return result;
  };
  const policy: Policy = {
    enforce: read("enforce", "restricted"),
    audit: read("audit", "privileged"),
    warn: read("warn", "privileged"),
  };
  // Whoever enforces a level wants to be warned of what breaks it in pod templates, too.
  const enforced = label("enforce");
  if (label("warn") === undefined && enforced !== undefined && STRICTNESS.includes(enforced)) {
    if (compareLevels(policy.enforce.level, policy.warn.level) > 0) {
      policy.warn.level = policy.enforce.level;
      if (label("warn-version") === undefined) policy.warn.version = policy.enforce.version;
    }
  }
  return { policy, errors };
}
