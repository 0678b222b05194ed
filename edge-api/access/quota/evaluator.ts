/** How objects of each kind count for quotas. */
import type { KubeObject } from "../../../machinery/meta/object.ts";
import { DEVICE_CLAIMS, deviceClaimEvaluator, type Read } from "./device-claims.ts";
import { claimUsage, isClaimResource, isServiceResource, serviceUsage } from "./other-usage.ts";
import { isPodResource, podConstraint, podUsage } from "./pod-usage.ts";
import type { ResourceList } from "./resource-list.ts";
import { type Scope, scopeMatches } from "./scopes.ts";

export interface Evaluator {
  /** Whether objects of this kind count for a name in a quota. */
  counts(name: string): boolean;
  usage(object: KubeObject): ResourceList;
  /** What an object must say once a quota counts these names; undefined when it says it. */
  constraint?(object: KubeObject, names: readonly string[]): string | undefined;
  /** Absent: no scope holds for objects of this kind, so that quotas with scopes do not count them. */
  matches?(object: KubeObject, scope: Scope): boolean;
}

const EVALUATORS: ReadonlyMap<string, Evaluator> = new Map<string, Evaluator>([
  ["pods", { counts: isPodResource, usage: podUsage, constraint: podConstraint, matches: scopeMatches.pod }],
  ["services", { counts: isServiceResource, usage: serviceUsage }],
  ["persistentvolumeclaims", { counts: isClaimResource, usage: claimUsage, matches: scopeMatches.claim }],
]);

/** Names from before `count/…`. */
const ALIASES: ReadonlySet<string> = new Set(["configmaps", "replicationcontrollers", "resourcequotas", "secrets"]);

/** Never counted. */
const IGNORED: ReadonlySet<string> = new Set(["events"]);

const counters = new Map<string, Evaluator>();

/** Whether any quota may count objects of a kind. */
export const isCountable = (storage: string): boolean => !IGNORED.has(storage);

/**
 * Undefined for what no quota counts.
 *
 * @param storage storage key, which is how `count/…` names a resource too
 * @param read for what an object alone does not say; what has been read is remembered: to be asked for anew each time
 */
export function evaluatorFor(storage: string, read: Read): Evaluator | undefined {
  if (!isCountable(storage)) return undefined;
  if (storage === DEVICE_CLAIMS) return deviceClaimEvaluator(read);
  const known = EVALUATORS.get(storage) ?? counters.get(storage);
  if (known) return known;
  const names = new Set([`count/${storage}`, ...(ALIASES.has(storage) ? [storage] : [])]);
  const usage: ResourceList = Object.fromEntries([...names].map((name) => [name, "1"]));
  const counter: Evaluator = { counts: (name) => names.has(name), usage: () => usage };
  counters.set(storage, counter);
  return counter;
}

/** Whether counting objects of a kind takes no look at them. */
export const isPlainCount = (storage: string): boolean => !EVALUATORS.has(storage) && storage !== DEVICE_CLAIMS;

/** The kinds a name may count: those that are looked at, and the one a counter is named after. */
export function countedBy(name: string, read: Read): string[] {
  const looked = [...EVALUATORS].filter(([, evaluator]) => evaluator.counts(name)).map(([storage]) => storage);
  if (deviceClaimEvaluator(read).counts(name)) looked.push(DEVICE_CLAIMS);
  if (looked.length > 0) return looked;
  if (name.startsWith("count/")) return [name.slice("count/".length)];
  return ALIASES.has(name) ? [name] : [];
}
