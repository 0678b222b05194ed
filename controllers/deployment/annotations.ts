/** The annotations by which a Deployment keeps its history on ReplicaSets. */
import type { Deployment, ReplicaSet } from "../../kinds/apps/v1-types.ts";

type Annotations = { [key: string]: string };

export const REVISION = "deployment.kubernetes.io/revision";
const REVISION_HISTORY = "deployment.kubernetes.io/revision-history";
export const DESIRED_REPLICAS = "deployment.kubernetes.io/desired-replicas";
export const MAX_REPLICAS = "deployment.kubernetes.io/max-replicas";
/** Asks for a rollback to a revision, 0 for the one before. */
export const ROLLBACK_TO = "deprecated.deployment.rollback.to";
/** Characters of revision history kept on one ReplicaSet. */
const HISTORY_LIMIT_CHARACTERS = 2_000;

/** Not copied from the Deployment to its ReplicaSets. */
const OWN = new Set([
  "kubectl.kubernetes.io/last-applied-configuration",
  REVISION,
  REVISION_HISTORY,
  DESIRED_REPLICAS,
  MAX_REPLICAS,
  ROLLBACK_TO,
]);

/** 0 when a ReplicaSet has none, or none that is an int64. */
export const revisionOf = ({ metadata }: ReplicaSet): bigint => revisionIn(metadata.annotations?.[REVISION] ?? "");

const MAX_INT64 = 2n ** 63n - 1n;

export const INT64 = /^[+-]?[0-9]{1,19}$/;

export function revisionIn(text: string): bigint {
  const revision = INT64.test(text) ? BigInt(text.replace("+", "")) : 0n;
  return revision <= MAX_INT64 ? revision : 0n;
}

/** An annotation's count; undefined when it is absent or no number. */
export function countOf({ metadata }: ReplicaSet, annotation: string): number | undefined {
  const text = metadata.annotations?.[annotation];
  return text !== undefined && /^[0-9]{1,10}$/.test(text) ? Number(text) : undefined;
}

/** The sizes that proportional scaling measures by. */
export const sizeAnnotations = (replicas: number, maxSurge: number): Annotations => ({
  [DESIRED_REPLICAS]: String(replicas),
  [MAX_REPLICAS]: String(replicas + maxSurge),
});

/**
 * What the newest ReplicaSet's annotations should be: the Deployment's, and revision `revision`. A ReplicaSet that had
 * an older revision was rolled back to: that one goes into its history.
 */
export function newestAnnotations(deployment: Deployment, before: Annotations, revision: bigint): Annotations {
  const annotations = { ...before };
  for (const [key, value] of Object.entries(deployment.metadata.annotations ?? {})) {
    if (!OWN.has(key)) annotations[key] = value;
  }
  const old = before[REVISION];
  if (revisionIn(old ?? "") >= revision) return annotations;
  annotations[REVISION] = String(revision);
  if (old !== undefined) annotations[REVISION_HISTORY] = appendHistory(before[REVISION_HISTORY] ?? "", old);
  return annotations;
}

function appendHistory(history: string, revision: string): string {
  const revisions = history ? [...history.split(","), revision] : [revision];
  while (revisions.length > 1 && revisions.join(",").length > HISTORY_LIMIT_CHARACTERS) revisions.shift();
  return revisions.join(",");
}

/** A Deployment's annotations when it is rolled back to a ReplicaSet that has `old`: those of then, but for its own. */
export function rolledBackAnnotations({ metadata }: Deployment, old: Annotations): Annotations {
  const own = Object.entries(metadata.annotations ?? {}).filter(([key]) => OWN.has(key) && key !== ROLLBACK_TO);
  return Object.fromEntries([...own, ...Object.entries(old).filter(([key]) => !OWN.has(key))]);
}
