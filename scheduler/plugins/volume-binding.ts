/**
 * Volumes of a pod's claims must be in reach of its node; claims that wait for their first consumer are given a volume
 * there, or have one made.
 * Source: https://kubernetes.io/docs/concepts/storage/storage-classes/#volume-binding-mode
 */
import type { WriteOp } from "../../machinery/cluster/contract.ts";
import type { ClusterView } from "../framework/cluster-view.ts";
import type { NodeFacts } from "../framework/node-table.ts";
import type {
  ClusterFilterPlugin,
  ClusterRejection,
  PreparedFilter,
  Rejection,
  Reservation,
  ReservePlugin,
} from "../framework/plugin.ts";
import type { PodClass } from "../framework/pod-class.ts";
import type { PendingPod } from "../framework/queued-pod.ts";
import { type Claim, claimKey, type Volume } from "../framework/storage.ts";
import { OPTIONS } from "../framework/writes.ts";
import { chooseVolume } from "./volume-match.ts";

const NAME = "VolumeBinding";

const rejection = (reason: string): Rejection => ({ plugin: NAME, reasons: [reason], podsInTheWay: false });
const OUT_OF_REACH = rejection("node(s) didn't match PersistentVolume's node affinity");
const NO_VOLUME = rejection("node(s) didn't find available persistent volumes to bind");
const NO_SPACE = rejection("node(s) did not have enough free storage");
const NO_SUCH_VOLUME = rejection("node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)");

const NO_PROVISIONER = "kubernetes.io/no-provisioner";

export interface VolumeBindingArgs {
  bindTimeoutSeconds: number;
}

/** What a pod's claims need on a node. */
interface Decision {
  bindings: { volume: Volume; claim: Claim }[];
  provisions: Claim[];
}

/** A pod's claims, by what is to be done for them. */
interface Claims {
  bound: Claim[];
  waiting: Claim[];
}

/** Sorts a pod's claims; a text says why the pod can be nowhere. */
function readClaims({ footprint, ephemeralClaims }: PodClass, { storage }: ClusterView): Claims | string {
  const claims: Claims = { bound: [], waiting: [] };
  let isImmediate = false;
  for (const name of footprint.claims) {
    const claim = storage.claims.get(claimKey({ namespace: footprint.namespace, name }));
    const isEphemeral = ephemeralClaims.includes(name);
    if (!claim) {
      return isEphemeral
        ? `waiting for ephemeral volume controller to create the persistentvolumeclaim "${name}"`
        : `persistentvolumeclaim "${name}" not found`;
    }
    if (claim.isLost)
      return `persistentvolumeclaim "${name}" bound to non-existent persistentvolume "${claim.volumeName}"`;
    if (claim.deleting) return `persistentvolumeclaim "${name}" is being deleted`;
    if (isEphemeral && (claim.ownerPod === undefined || !name.startsWith(`${claim.ownerPod}-`)))
      return `PVC ${claimKey(claim)} was not created for pod (pod is not owner)`;
    if (claim.isBound) {
      claims.bound.push(claim);
      continue;
    }
    const volumeClass = storage.classes.get(claim.className);
    if (claim.className !== "" && !volumeClass) return `storageclass.storage.k8s.io "${claim.className}" not found`;
    if (volumeClass?.waitsForConsumer && claim.volumeName === "") claims.waiting.push(claim);
    else isImmediate = true;
  }
  return isImmediate ? "pod has unbound immediate PersistentVolumeClaims" : claims;
}

/** How the claims can be satisfied on a node, or why they cannot. */
function decide({ bound, waiting }: Claims, facts: NodeFacts, { storage }: ClusterView): Decision | Rejection {
  for (const { volumeName } of bound) {
    const volume = storage.volumes.get(volumeName);
    if (!volume) return NO_SUCH_VOLUME;
    if (volume.reachableFrom && !volume.reachableFrom(facts)) return OUT_OF_REACH;
  }
  const decision: Decision = { bindings: [], provisions: [] };
  const chosen = new Set<Volume>();
  // The smallest first: the larger volumes stay for those that need them.
  for (const claim of [...waiting].sort((a, b) => a.sizeBytes - b.sizeBytes)) {
    const selected = storage.selectedNodeOf(claim);
    if (selected !== undefined && selected !== facts.name) return NO_VOLUME;
    const volume = selected === undefined ? chooseVolume({ claim, facts, storage, taken: chosen }) : undefined;
    if (volume) {
      chosen.add(volume);
      decision.bindings.push({ volume, claim });
    } else decision.provisions.push(claim);
  }
  for (const claim of decision.provisions) {
    const volumeClass = storage.classes.get(claim.className);
    const isMade = volumeClass && volumeClass.provisioner !== "" && volumeClass.provisioner !== NO_PROVISIONER;
    if (!isMade || (volumeClass.allowed && !volumeClass.allowed(facts.labels))) return NO_VOLUME;
    if (!storage.driversWithCapacity.has(volumeClass.provisioner)) continue;
    const hasSpace = [...storage.capacities.values()].some(
      ({ className, limitBytes, reachableFrom }) =>
        className === claim.className && limitBytes >= claim.sizeBytes && reachableFrom(facts.labels),
    );
    if (!hasSpace) return NO_SPACE;
  }
  return decision;
}

const isRejection = (result: Decision | Rejection): result is Rejection => "reasons" in result;

class Filter implements PreparedFilter {
  readonly #podClass: PodClass;
  readonly #cluster: ClusterView;
  #version = -1;
  #claims: Claims | string = "";

  constructor(podClass: PodClass, cluster: ClusterView) {
    this.#podClass = podClass;
    this.#cluster = cluster;
  }

  refresh(): "active" | ClusterRejection {
    const { storage } = this.#cluster;
    if (this.#version !== storage.version) {
      this.#version = storage.version;
      this.#claims = readClaims(this.#podClass, this.#cluster);
    }
    return typeof this.#claims === "string" ? { plugin: NAME, message: this.#claims } : "active";
  }

  filter(row: number): Rejection | undefined {
    const facts = this.#cluster.nodes.facts[row];
    if (!facts) return NO_VOLUME;
    const result = decide(this.#claims as Claims, facts, this.#cluster);
    return isRejection(result) ? result : undefined;
  }
}

function reserve(pod: PendingPod, row: number, cluster: ClusterView, timeoutMs: number) {
  const { podClass } = pod.pending;
  if (podClass.footprint.claims.length === 0) return undefined;
  const { storage, nodes } = cluster;
  const facts = nodes.facts[row];
  const claims = readClaims(podClass, cluster);
  if (!facts || typeof claims === "string") return { plugin: NAME, message: String(claims) };
  const decision = decide(claims, facts, cluster);
  if (isRejection(decision)) return { plugin: NAME, message: decision.reasons.join(", ") };
  const { bindings, provisions } = decision;
  if (bindings.length + provisions.length === 0) return undefined;
  for (const { volume, claim } of bindings) storage.promise(volume, claim);
  for (const claim of provisions) storage.select(claim, facts.name);
  const reservation: Reservation = {
    plugin: NAME,
    ops: [...bindings.map(bindOp), ...provisions.map((claim) => selectOp(claim, facts.name))],
    undo: () =>
      storage.release(
        bindings.map(({ volume }) => volume),
        provisions,
      ),
    progress: () => progressOf(decision, facts, cluster),
    timeoutMs,
    timeoutMessage: "binding volumes: context deadline exceeded",
  };
  return reservation;
}

/** Promises the volume to the claim, if nobody has taken it since; the volume controller does the rest. */
const bindOp = ({ volume, claim }: { volume: Volume; claim: Claim }): WriteOp => ({
  verb: "patch",
  resource: "persistentvolumes",
  namespace: "",
  name: volume.name,
  patchType: "merge",
  patch: {
    metadata: {
      resourceVersion: volume.resourceVersion,
      annotations: { "pv.kubernetes.io/bound-by-controller": "yes" },
    },
    spec: {
      claimRef: {
        apiVersion: "v1",
        kind: "PersistentVolumeClaim",
        namespace: claim.namespace,
        name: claim.name,
        uid: claim.uid,
        resourceVersion: claim.resourceVersion,
      },
    },
  },
  options: OPTIONS,
});

/** Has the provisioner make a volume that this node can reach. */
const selectOp = (claim: Claim, node: string): WriteOp => ({
  verb: "patch",
  resource: "persistentvolumeclaims",
  namespace: claim.namespace,
  name: claim.name,
  patchType: "merge",
  patch: { metadata: { uid: claim.uid, annotations: { "volume.kubernetes.io/selected-node": node } } },
  options: OPTIONS,
});

function progressOf(
  { bindings, provisions }: Decision,
  facts: NodeFacts,
  { storage }: ClusterView,
): ReturnType<NonNullable<Reservation["progress"]>> {
  let isDone = true;
  for (const { volume, claim } of bindings) {
    const now = storage.claims.get(claimKey(claim));
    if (!now || now.uid !== claim.uid)
      return { failed: `binding volumes: persistentvolumeclaim "${claim.name}" not found` };
    const holder = storage.volumes.get(volume.name);
    if (!holder) return { failed: `binding volumes: persistentvolume "${volume.name}" not found` };
    if (now.isBound && now.volumeName !== volume.name && !canReach(storage.volumes.get(now.volumeName), facts))
      return { failed: `binding volumes: pv "${now.volumeName}" node affinity doesn't match node "${facts.name}"` };
    if (!now.isBound) isDone = false;
  }
  for (const claim of provisions) {
    const now = storage.claims.get(claimKey(claim));
    if (!now || now.uid !== claim.uid)
      return {
        failed: `binding volumes: failed to check provisioning pvc: persistentvolumeclaim "${claim.name}" not found`,
      };
    // A provisioner that fails takes the annotation away.
    if (storage.selectedNodeOf(now) !== facts.name && !now.isBound)
      return { failed: `binding volumes: provisioning failed for PVC "${claim.name}"` };
    if (now.isBound && !canReach(storage.volumes.get(now.volumeName), facts))
      return { failed: `binding volumes: pv "${now.volumeName}" node affinity doesn't match node "${facts.name}"` };
    if (!now.isBound) isDone = false;
  }
  return isDone ? "done" : "waiting";
}

const canReach = (volume: Volume | undefined, facts: NodeFacts): boolean => volume?.reachableFrom?.(facts) ?? true;

export const volumeBinding = ({ bindTimeoutSeconds }: VolumeBindingArgs): ClusterFilterPlugin & ReservePlugin => ({
  name: NAME,
  prepare: (podClass, cluster) => (podClass.footprint.claims.length > 0 ? new Filter(podClass, cluster) : undefined),
  retryAfter: (change) =>
    change.what === "storage changed" ||
    change.what === "node added" ||
    (change.what === "node changed" && change.labels),
  reserve: (pod, row, cluster) => reserve(pod, row, cluster, bindTimeoutSeconds * 1_000),
});
