/**
 * Devices that a pod claims: a node must be able to reach them, and they are allocated before the pod is bound.
 * Source: https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/
 */
import type { AllocationResult, ResourceClaim } from "../../kinds/generated/api/resource-v1.ts";
import type { WriteOp } from "../../machinery/cluster/contract.ts";
import { AllocationError } from "../devices/allocation-error.ts";
import {
  AllocationTooLong,
  allocate,
  type PreparedClaim,
  prepareClaims,
  type SearchBudget,
  SearchBudgets,
} from "../devices/allocator.ts";
import { hasConditions, progressOf } from "../devices/binding-conditions.ts";
import { deallocateOp, protectOp, statusOp } from "../devices/claim-writes.ts";
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
import type { ClusterView } from "../framework/cluster-view.ts";
import { compileTerms, type NodeMatcher } from "../framework/node-selector.ts";
import type { NodeFacts } from "../framework/node-table.ts";
import type {
  ClusterFilterPlugin,
  ClusterRejection,
  PreEnqueuePlugin,
  PreparedFilter,
  Rejection,
  Reservation,
  ReservePlugin,
} from "../framework/plugin.ts";
import type { DeviceClaimRef, PodClass } from "../framework/pod-class.ts";
import type { PendingPod } from "../framework/queued-pod.ts";

const NAME = "DynamicResources";
/** Of resource.k8s.io: as many pods may use a claim. */
const MAX_RESERVED_FOR = 256;

export interface DynamicResourcesArgs {
  /** How long devices' binding conditions are waited for. */
  bindingTimeoutMs: number;
}

const rejection = (reason: string): Rejection => ({ plugin: NAME, reasons: [reason], podsInTheWay: false });
const NOT_REACHABLE = rejection("resourceclaim not available on the node");
const NOT_ALLOCATABLE = rejection("cannot allocate all claims");
const TOO_LONG = rejection("timed out trying to allocate devices");

/** A pod's claims, sorted by what is to be done for them. */
interface Claims {
  allocated: { claim: ResourceClaim; reachableFrom: NodeMatcher | undefined }[];
  pending: PreparedClaim[];
}

const keyOf = ({ metadata }: ResourceClaim): string => `${metadata.namespace}/${metadata.name}`;

/** Claims that are there; a text says why the pod can be nowhere yet. */
function readClaims({ footprint, deviceClaims }: PodClass, devices: Devices): Claims | string {
  const found = deviceClaims.map((ref) => findClaim(footprint.namespace, ref, devices));
  const problem = found.find((each) => typeof each === "string");
  if (problem !== undefined) return problem;
  const claims: Claims = { allocated: [], pending: [] };
  const unallocated: ResourceClaim[] = [];
  for (const claim of found as ResourceClaim[]) {
    const { allocation, reservedFor = [] } = claim.status ?? {};
    if (devices.isAssumed(keyOf(claim))) return `resource claim ${keyOf(claim)} is in the process of being allocated`;
    if (!allocation) unallocated.push(claim);
    else if (reservedFor.length >= MAX_RESERVED_FOR) return "resourceclaim in use";
    else {
      const terms = allocation.nodeSelector?.nodeSelectorTerms;
      claims.allocated.push({ claim, reachableFrom: terms && compileTerms(terms) });
    }
  }
  try {
    claims.pending = prepareClaims(unallocated, (name) => devices.classes.get(name));
  } catch (error) {
    if (error instanceof AllocationError) return error.message;
    throw error;
  }
  return claims;
}

function findClaim(namespace: string, { claimName }: DeviceClaimRef, devices: Devices): ResourceClaim | string {
  if (claimName === undefined) return "ResourceClaim not created yet";
  const claim = devices.claim(`${namespace}/${claimName}`);
  if (!claim) return `resourceclaim.resource.k8s.io "${claimName}" not found`;
  return claim.metadata.deletionTimestamp ? `resourceclaim "${claimName}" is being deleted` : claim;
}

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
    if (error instanceof AllocationError) return rejection(error.message);
    throw error;
  }
}

class Filter implements PreparedFilter {
  readonly #podClass: PodClass;
  readonly #cluster: ClusterView;
  #version = -1;
  #claims: Claims | string = "";
  /** Extended resources that stand for devices. */
  #resources: readonly string[] = [];
  /** By those a node does not offer itself: the claims, with one for these. */
  readonly #withExtended = new Map<string, Claims>();
  readonly #budgets = new SearchBudgets();
  #budget = this.#budgets.next();
  /** By row: what was found for the node as it was. */
  #found: ({ facts: NodeFacts; verdict: Rejection | undefined } | undefined)[] = [];

  constructor(podClass: PodClass, cluster: ClusterView) {
    this.#podClass = podClass;
    this.#cluster = cluster;
  }

  refresh(): "active" | "idle" | ClusterRejection {
    const { devices } = this.#cluster;
    if (this.#version !== devices.version) {
      this.#version = devices.version;
      this.#claims = readClaims(this.#podClass, devices);
      this.#resources = deviceResources(this.#podClass, devices);
      this.#withExtended.clear();
      this.#found = [];
      this.#budget = this.#budgets.next();
    }
    if (typeof this.#claims === "string") return { plugin: NAME, message: this.#claims };
    return this.#podClass.deviceClaims.length + this.#resources.length > 0 ? "active" : "idle";
  }

  filter(row: number): Rejection | undefined {
    const facts = this.#cluster.nodes.facts[row];
    if (!facts) return NOT_ALLOCATABLE;
    const known = this.#found[row];
    if (known?.facts === facts) return known.verdict;
    const { devices } = this.#cluster;
    const result = decide(this.#claimsOn(row), { facts, devices, budget: this.#budget });
    const verdict = Array.isArray(result) ? undefined : result;
    this.#found[row] = { facts, verdict };
    return verdict;
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
  const made = claims.pending.map(({ claim }, i) => ({ claim, allocation: allocations[i]! }));
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
      ...claims.allocated.flatMap(({ claim }) =>
        isReservedFor(claim, pod) ? [] : [statusOp(claim.metadata, pod, undefined)],
      ),
    ],
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
    }),
  };
}

const isReservedFor = ({ status }: ResourceClaim, { metadata }: PendingPod): boolean =>
  status?.reservedFor?.some(({ uid }) => uid === metadata.uid) ?? false;

/** Gives back an allocation that keeps the pod where it cannot be, if nobody else uses it. */
function postFilter(
  pod: PendingPod,
  { devices }: ClusterView,
  { rejected }: { rejected: boolean },
): { ops: WriteOp[]; message: string } {
  const { podClass } = pod.pending;
  const before = devices.extendedClaimOf(pod.metadata.uid ?? "");
  if (before) return { ops: removeOps(before), message: "deletion of ResourceClaim completed" };
  const claims = podClass.deviceClaims.length > 0 ? readClaims(podClass, devices) : "";
  // Upstream says so of every pod, whether it has claims or not.
  if (typeof claims === "string") return { ops: [], message: "no new claims to deallocate" };
  const ours = ({ claim }: Claims["allocated"][number]): boolean =>
    (claim.status?.reservedFor ?? []).every(({ uid }) => uid === pod.metadata.uid);
  const held = rejected && claims.allocated.find((each) => each.reachableFrom && ours(each));
  if (!held) return { ops: [], message: "still not schedulable" };
  return { ops: [deallocateOp(held.claim)], message: "deallocation of ResourceClaim completed" };
}

/** Whether a claim made from a template is this pod's, and no other pod's of the same name. */
function isOwn(pod: PendingPod, ref: DeviceClaimRef, devices: Devices): boolean {
  if (!ref.isGenerated || ref.claimName === undefined) return true;
  const claim = devices.claim(`${pod.footprint.namespace}/${ref.claimName}`);
  return (
    claim?.metadata.ownerReferences?.some(({ controller, uid }) => controller && uid === pod.metadata.uid) ?? false
  );
}

export const dynamicResources = ({
  bindingTimeoutMs,
}: DynamicResourcesArgs): PreEnqueuePlugin & ClusterFilterPlugin & ReservePlugin => ({
  name: NAME,
  holdsBack: (pod, { devices }) =>
    pod.pending.podClass.deviceClaims.some(
      (ref) => typeof findClaim(pod.footprint.namespace, ref, devices) === "string" || !isOwn(pod, ref, devices),
    ),
  prepare: (podClass, cluster) =>
    podClass.deviceClaims.length + podClass.deviceWishes.length > 0 ? new Filter(podClass, cluster) : undefined,
  retryAfter(change, { footprint, deviceClaims, deviceWishes }) {
    if (change.what === "node added") return true;
    if (change.what === "node changed") return change.labels || (change.allocatable && deviceWishes.length > 0);
    if (change.what !== "device changed") return false;
    return change.freed || deviceClaims.some(({ claimName }) => change.claim === `${footprint.namespace}/${claimName}`);
  },
  reserve: (pod, row, cluster) => reserve(pod, row, { cluster, timeoutMs: bindingTimeoutMs }),
  postFilter,
});
