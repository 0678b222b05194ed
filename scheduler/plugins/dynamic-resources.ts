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
import type { Devices } from "../devices/devices.ts";
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
import { OPTIONS } from "../framework/writes.ts";

const NAME = "DynamicResources";
const FINALIZER = "resource.kubernetes.io/delete-protection";
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
  readonly #budgets = new SearchBudgets();
  #budget = this.#budgets.next();
  /** By row: what was found for the node as it was. */
  #found: ({ facts: NodeFacts; verdict: Rejection | undefined } | undefined)[] = [];

  constructor(podClass: PodClass, cluster: ClusterView) {
    this.#podClass = podClass;
    this.#cluster = cluster;
  }

  refresh(): "active" | ClusterRejection {
    const { devices } = this.#cluster;
    if (this.#version !== devices.version) {
      this.#version = devices.version;
      this.#claims = readClaims(this.#podClass, devices);
      this.#found = [];
      this.#budget = this.#budgets.next();
    }
    return typeof this.#claims === "string" ? { plugin: NAME, message: this.#claims } : "active";
  }

  filter(row: number): Rejection | undefined {
    const facts = this.#cluster.nodes.facts[row];
    if (!facts) return NOT_ALLOCATABLE;
    const known = this.#found[row];
    if (known?.facts === facts) return known.verdict;
    const { devices } = this.#cluster;
    const result = decide(this.#claims as Claims, { facts, devices, budget: this.#budget });
    const verdict = Array.isArray(result) ? undefined : result;
    this.#found[row] = { facts, verdict };
    return verdict;
  }
}

function reserve(
  pod: PendingPod,
  row: number,
  { cluster, timeoutMs }: { cluster: ClusterView; timeoutMs: number },
): Reservation | ClusterRejection | undefined {
  const { podClass } = pod.pending;
  if (podClass.deviceClaims.length === 0) return undefined;
  const { devices, nodes } = cluster;
  const claims = readClaims(podClass, devices);
  const facts = nodes.facts[row];
  if (!facts || typeof claims === "string") return { plugin: NAME, message: String(claims) };
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
      ...made.flatMap(({ claim, allocation }) => [protectOp(claim), statusOp(claim, pod, allocation)]),
      ...claims.allocated.flatMap(({ claim }) => (isReservedFor(claim, pod) ? [] : [statusOp(claim, pod, undefined)])),
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

/** Keeps the claim from going while devices are allocated to it; fails when the claim is not what was looked at. */
const protectOp = ({ metadata }: ResourceClaim): WriteOp => ({
  verb: "patch",
  resource: "resourceclaims.resource.k8s.io",
  namespace: metadata.namespace ?? "",
  name: metadata.name ?? "",
  patchType: "strategic",
  patch: { metadata: { uid: metadata.uid, resourceVersion: metadata.resourceVersion, finalizers: [FINALIZER] } },
  options: OPTIONS,
});

const statusOp = ({ metadata }: ResourceClaim, pod: PendingPod, allocation: AllocationResult | undefined): WriteOp => ({
  verb: "patch",
  resource: "resourceclaims.resource.k8s.io",
  namespace: metadata.namespace ?? "",
  name: metadata.name ?? "",
  subresource: "status",
  patchType: "strategic",
  patch: {
    metadata: { uid: metadata.uid },
    status: {
      ...(allocation && { allocation }),
      reservedFor: [{ resource: "pods", name: pod.metadata.name, uid: pod.metadata.uid }],
    },
  },
  options: OPTIONS,
});

type Result = NonNullable<NonNullable<AllocationResult["devices"]>["results"]>[number];
const hasConditions = ({ bindingConditions = [] }: Result): boolean => bindingConditions.length > 0;

/** Drivers say in the claims' statuses when devices that must be made ready are. */
function progressOf(
  claims: readonly ResourceClaim[],
  devices: Devices,
): ReturnType<NonNullable<Reservation["progress"]>> {
  let isReady = true;
  for (const claim of claims) {
    const { status } = devices.claim(keyOf(claim)) ?? {};
    if (!status?.allocation) return "waiting";
    for (const result of status.allocation.devices?.results?.filter(hasConditions) ?? []) {
      const told = status.devices?.find(
        ({ driver, pool, device, shareID }) =>
          driver === result.driver && pool === result.pool && device === result.device && shareID === result.shareID,
      );
      const isTrue = (type: string): boolean =>
        told?.conditions?.some((condition) => condition.type === type && condition.status === "True") ?? false;
      if (result.bindingFailureConditions?.some(isTrue)) {
        return { failed: `claim ${claim.metadata.name} binding failed for device ${result.device}` };
      }
      if (!result.bindingConditions?.every(isTrue)) isReady = false;
    }
  }
  return isReady ? "done" : "waiting";
}

/** Gives back an allocation that keeps the pod where it cannot be, if nobody else uses it. */
function postFilter(
  pod: PendingPod,
  { devices }: ClusterView,
  { rejected }: { rejected: boolean },
): { ops: WriteOp[]; message: string } {
  const { podClass } = pod.pending;
  const claims = podClass.deviceClaims.length > 0 ? readClaims(podClass, devices) : "";
  // Upstream says so of every pod, whether it has claims or not.
  if (typeof claims === "string") return { ops: [], message: "no new claims to deallocate" };
  const ours = ({ claim }: Claims["allocated"][number]): boolean =>
    (claim.status?.reservedFor ?? []).every(({ uid }) => uid === pod.metadata.uid);
  const held = rejected && claims.allocated.find((each) => each.reachableFrom && ours(each));
  if (!held) return { ops: [], message: "still not schedulable" };
  return { ops: [deallocateOp(held.claim)], message: "deallocation of ResourceClaim completed" };
}

const deallocateOp = ({ metadata }: ResourceClaim): WriteOp => ({
  verb: "patch",
  resource: "resourceclaims.resource.k8s.io",
  namespace: metadata.namespace ?? "",
  name: metadata.name ?? "",
  subresource: "status",
  patchType: "merge",
  patch: {
    metadata: { uid: metadata.uid, resourceVersion: metadata.resourceVersion },
    status: { allocation: null, reservedFor: null },
  },
  options: OPTIONS,
});

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
  prepare: (podClass, cluster) => (podClass.deviceClaims.length > 0 ? new Filter(podClass, cluster) : undefined),
  retryAfter(change, { footprint, deviceClaims }) {
    if (change.what === "node added") return true;
    if (change.what === "node changed") return change.labels;
    if (change.what !== "device changed") return false;
    return change.freed || deviceClaims.some(({ claimName }) => change.claim === `${footprint.namespace}/${claimName}`);
  },
  reserve: (pod, row, cluster) => reserve(pod, row, { cluster, timeoutMs: bindingTimeoutMs }),
  postFilter,
});
