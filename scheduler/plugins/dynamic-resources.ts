/**
 * Devices that a pod claims: a node must be able to reach them, and they are allocated before the pod is bound.
 * Source: https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/
 */
import type { AllocationResult } from "../../kinds/generated/api/resource-v1.ts";
import { formatTime } from "../../machinery/clock.ts";
import type { WriteOp } from "../../machinery/cluster/contract.ts";
import { AllocationError, NodeAllocationError } from "../devices/allocation-error.ts";
import { AllocationTooLong, allocate, prepareClaims, type SearchBudget, SearchBudgets } from "../devices/allocator.ts";
import { hasConditions, isHopeless, progressOf } from "../devices/binding-conditions.ts";
import { deallocateOp, protectOp, statusOp, unreserveOp } from "../devices/claim-writes.ts";
import type { Devices } from "../devices/devices.ts";
import {
  deviceResources,
  draft,
  extendedClaim,
  extendedClaimOps,
  removeOps,
  requestsOf,
  unoffered,
} from "../devices/extended-claims.ts";
import { type Claims, findClaim, isOwn, keyOf, readClaims } from "../devices/pod-claims.ts";
import type { ClusterView } from "../framework/cluster-view.ts";
import type { NodeFacts } from "../framework/node-table.ts";
import type {
  ClusterFilterPlugin,
  ClusterRejection,
  ClusterScorePlugin,
  FeasibleRows,
  PreEnqueuePlugin,
  PreparedFilter,
  PreparedScore,
  Rejection,
  Reservation,
  ReservePlugin,
} from "../framework/plugin.ts";
import type { PodClass } from "../framework/pod-class.ts";
import type { PendingPod } from "../framework/queued-pod.ts";

const NAME = "DynamicResources";

export interface DynamicResourcesArgs {
  /** How long devices' binding conditions are waited for. */
  bindingTimeoutMs: number;
}

const rejection = (reason: string): Rejection => ({ plugin: NAME, reasons: [reason], podsInTheWay: false });
const NOT_REACHABLE = rejection("resourceclaim not available on the node");
const NOT_ALLOCATABLE = rejection("cannot allocate all claims");
const TOO_LONG = rejection("timed out trying to allocate devices");

/** What a node can give the claims that have nothing yet, or why it is no place for the pod. */
function decide(
  { allocated, pending }: Claims,
  { facts, devices, budget }: { facts: NodeFacts; devices: Devices; budget?: SearchBudget },
): AllocationResult[] | Rejection {
  if (allocated.some(({ reachableFrom }) => reachableFrom && !reachableFrom(facts))) return NOT_REACHABLE;
  if (pending.length === 0) return [];
  const { pools, taken, selectors, classes } = devices;
  try {
    const input = { pools, taken, selectors, budget, classOf: (name: string) => classes.get(name) };
    return allocate(pending, facts, input) ?? NOT_ALLOCATABLE;
  } catch (error) {
    if (error instanceof AllocationTooLong) return TOO_LONG;
    if (error instanceof NodeAllocationError) return rejection(error.message);
    if (error instanceof AllocationError) return { ...rejection(error.message), isError: true };
    throw error;
  }
}

class Filter implements PreparedFilter {
  readonly #podClass: PodClass;
  readonly #cluster: ClusterView;
  readonly #timeoutMs: number;
  /** An allocated claim will not become ready any more. */
  #isHopeless = false;
  #version = -1;
  #claims: Claims | string = "";
  /** Extended resources that stand for devices. */
  #resources: readonly string[] = [];
  /** By those a node does not offer itself: the claims, with one for these. */
  readonly #withExtended = new Map<string, Claims>();
  readonly #budgets = new SearchBudgets();
  #budget = this.#budgets.next();
  /** By row: what was found for the node as it was. */
  #found: ({ facts: NodeFacts; verdict: Rejection | undefined; score: number } | undefined)[] = [];

  constructor(podClass: PodClass, cluster: ClusterView, { bindingTimeoutMs }: DynamicResourcesArgs) {
    this.#podClass = podClass;
    this.#cluster = cluster;
    this.#timeoutMs = bindingTimeoutMs;
  }

  refresh(): "active" | "idle" | ClusterRejection {
    const { devices, nowMs } = this.#cluster;
    if (this.#version !== devices.version) {
      this.#version = devices.version;
      this.#claims = readClaims(this.#podClass, devices);
      this.#resources = deviceResources(this.#podClass, devices);
      this.#withExtended.clear();
      this.#found = [];
      this.#budget = this.#budgets.next();
    }
    if (typeof this.#claims === "string") return { plugin: NAME, message: this.#claims };
    const timeoutMs = this.#timeoutMs;
    this.#isHopeless = this.#claims.allocated.some(({ claim }) => isHopeless(claim, { nowMs, timeoutMs }));
    return this.#podClass.deviceClaims.length + this.#resources.length > 0 ? "active" : "idle";
  }

  filter(row: number): Rejection | undefined {
    const facts = this.#cluster.nodes.facts[row];
    if (!facts) return NOT_ALLOCATABLE;
    if (this.#isHopeless) return NOT_REACHABLE;
    const known = this.#found[row];
    if (known?.facts === facts) return known.verdict;
    const { devices } = this.#cluster;
    const claims = this.#claimsOn(row);
    const result = decide(claims, { facts, devices, budget: this.#budget });
    const [verdict, score] = Array.isArray(result) ? [undefined, preference(claims, result)] : [result, 0];
    this.#found[row] = { facts, verdict, score };
    return verdict;
  }

  /** Of a row that has passed: how much what it would give is preferred. */
  scoreOf(row: number): number {
    return this.#found[row]?.score ?? 0;
  }

  #claimsOn(row: number): Claims {
    const claims = this.#claims as Claims;
    const resources = unoffered(this.#resources, this.#cluster, row);
    if (resources.length === 0) return claims;
    const key = resources.join();
    let known = this.#withExtended.get(key);
    if (!known) {
      const { devices } = this.#cluster;
      const extended = draft(requestsOf(this.#podClass, resources, devices), this.#podClass);
      const prepared = prepareClaims([extended], (name) => devices.classes.get(name));
      known = { ...claims, pending: [...claims.pending, ...prepared] };
      this.#withExtended.set(key, known);
    }
    return known;
  }
}

/** Most alternatives of a request (resource.k8s.io's FirstAvailableDeviceRequestMaxSize). */
const MAX_ALTERNATIVES = 8;

/** The earlier among its alternatives what a request would get, the more. */
function preference({ pending }: Claims, allocations: readonly AllocationResult[]): number {
  let score = 0;
  for (const [i, { requests }] of pending.entries()) {
    const given = new Set(allocations[i]?.devices?.results?.map(({ request }) => request));
    for (const wishes of requests) {
      for (const [place, { name, parent }] of wishes.entries()) {
        if (name !== parent && given.has(name)) score += MAX_ALTERNATIVES - place;
      }
    }
  }
  return score;
}

/** Prefers nodes that give what requests with alternatives name first. */
class Score implements PreparedScore {
  readonly #filter: Filter;

  constructor(filter: Filter) {
    this.#filter = filter;
  }

  score({ rows, count }: FeasibleRows, scores: Int32Array): boolean {
    let top = 0;
    for (let i = 0; i < count; i++) {
      scores[i] = this.#filter.scoreOf(rows[i]!);
      top = Math.max(top, scores[i]!);
    }
    if (top === 0) return false;
    for (let i = 0; i < count; i++) scores[i] = Math.floor((100 * scores[i]!) / top);
    return true;
  }
}

function reserve(
  pod: PendingPod,
  row: number,
  { cluster, timeoutMs }: { cluster: ClusterView; timeoutMs: number },
): Reservation | ClusterRejection | undefined {
  const { podClass } = pod.pending;
  const { devices, nodes } = cluster;
  const resources = unoffered(deviceResources(podClass, devices), cluster, row);
  if (podClass.deviceClaims.length + resources.length === 0) return undefined;
  const claims = readClaims(podClass, devices);
  const facts = nodes.facts[row];
  if (!facts || typeof claims === "string") return { plugin: NAME, message: String(claims) };
  const before = devices.extendedClaimOf(pod.metadata.uid ?? "");
  const requests = requestsOf(podClass, resources, devices);
  const extended = resources.length > 0 ? extendedClaim(pod, requests, before) : undefined;
  if (extended) claims.pending.push(...prepareClaims([extended], (name) => devices.classes.get(name)));
  const allocations = decide(claims, { facts, devices });
  if (!Array.isArray(allocations)) return { plugin: NAME, message: allocations.reasons.join(", ") };
  const allocationTimestamp = formatTime(cluster.nowMs);
  const made = claims.pending.map(({ claim }, i) => ({
    claim,
    allocation: { ...allocations[i]!, allocationTimestamp },
  }));
  const assumed = made.map(({ claim, allocation }) => ({
    key: keyOf(claim),
    value: { uid: claim.metadata.uid ?? "", allocation },
  }));
  for (const { key, value } of assumed) devices.assume(key, value);
  const all = [...made, ...claims.allocated.map(({ claim }) => ({ claim, allocation: claim.status!.allocation! }))];
  const waits = all.some(({ allocation }) => allocation.devices?.results?.some(hasConditions));
  return {
    plugin: NAME,
    ops: [
      ...(before ? removeOps(before) : []),
      ...made.flatMap(({ claim, allocation }) =>
        claim === extended
          ? extendedClaimOps(claim, pod, { allocation, mappings: requests.mappings })
          : [protectOp(claim), statusOp(claim.metadata, pod, allocation)],
      ),
      // Also where it seems to be reserved: it may just have been given up.
      ...claims.allocated.map(({ claim }) => statusOp(claim.metadata, pod, undefined)),
    ],
    rollback: all.flatMap(({ claim }) => (claim === extended ? [] : [unreserveOp(claim, pod)])),
    undo: () => {
      for (const { key, value } of assumed) devices.forget(key, value);
    },
    ...(waits && {
      progress: () =>
        progressOf(
          all.map(({ claim }) => claim),
          devices,
        ),
      timeoutMs,
      timeoutMessage: "device binding timeout",
      announcement: {
        reason: "BindingConditionsPending" as const,
        message: `waiting for binding conditions for device on node ${facts.name}`,
      },
    }),
  };
}

/** Gives back an allocation that keeps the pod where it cannot be, if nobody else uses it. */
function postFilter(
  pod: PendingPod,
  { devices, nowMs }: ClusterView,
  { rejected, timeoutMs }: { rejected: boolean; timeoutMs: number },
): { ops: WriteOp[]; message: string } {
  const { podClass } = pod.pending;
  const before = devices.extendedClaimOf(pod.metadata.uid ?? "");
  if (before) return { ops: removeOps(before), message: "deletion of ResourceClaim completed" };
  const hasClaims = podClass.deviceClaims.length + deviceResources(podClass, devices).length > 0;
  const claims = hasClaims ? readClaims(podClass, devices) : "";
  // Upstream says so of every pod, whether it has claims or not.
  if (typeof claims === "string") return { ops: [], message: "no new claims to deallocate" };
  const ours = ({ claim }: Claims["allocated"][number]): boolean =>
    (claim.status?.reservedFor ?? []).every(({ uid }) => uid === pod.metadata.uid);
  const isInTheWay = ({ claim, reachableFrom }: Claims["allocated"][number]): boolean =>
    reachableFrom !== undefined || isHopeless(claim, { nowMs, timeoutMs });
  const held = rejected && claims.allocated.find((each) => isInTheWay(each) && ours(each));
  if (!held) return { ops: [], message: "still not schedulable" };
  return { ops: [deallocateOp(held.claim)], message: "deallocation of ResourceClaim completed" };
}

export const dynamicResources = (
  args: DynamicResourcesArgs,
): PreEnqueuePlugin & ClusterFilterPlugin & ClusterScorePlugin & ReservePlugin => {
  const { bindingTimeoutMs: timeoutMs } = args;
  /** What filtering has found out, for scoring. */
  const filters = new WeakMap<PodClass, Filter>();
  return {
    name: NAME,
    holdsBack: (pod, { devices }) =>
      pod.pending.podClass.deviceClaims.some(
        (ref) => typeof findClaim(pod.footprint.namespace, ref, devices) === "string" || !isOwn(pod, ref, devices),
      ),
    prepare(podClass, cluster) {
      if (podClass.deviceClaims.length + podClass.deviceWishes.length === 0) return undefined;
      const filter = new Filter(podClass, cluster, args);
      filters.set(podClass, filter);
      return filter;
    },
    prepareScore(podClass) {
      const filter = podClass.deviceClaims.length > 0 ? filters.get(podClass) : undefined;
      return filter && new Score(filter);
    },
    retryAfter(change, { footprint, deviceClaims, deviceWishes }) {
      if (change.what === "node added") return true;
      if (change.what === "node changed") return change.labels || (change.allocatable && deviceWishes.length > 0);
      if (change.what !== "device changed") return false;
      return (
        change.freed || deviceClaims.some(({ claimName }) => change.claim === `${footprint.namespace}/${claimName}`)
      );
    },
    reserve: (pod, row, cluster) => reserve(pod, row, { cluster, timeoutMs }),
    postFilter: (pod, cluster, { rejected }) => postFilter(pod, cluster, { rejected, timeoutMs }),
  };
};
