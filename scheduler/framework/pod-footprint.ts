/**
 * What a pod takes from its node, and what others see of it. Pods on nodes are kept by this alone: tolerations, node
 * affinity and the like matter no more once a pod is placed.
 */
import type { Container, Pod, PodSpec, Volume } from "../../kinds/core/v1-types.ts";
import { actualSpec } from "./actual-requests.ts";
import { compileTermsOf, type Labels, type PodTerms } from "./affinity-terms.ts";
import { Interner } from "./interner.ts";
import { podRequests } from "./pod-requests.ts";
import type { ResourceColumns } from "./resources.ts";

export interface HostPort {
  /** "TCP/8080" */
  protocolPort: string;
  /** "0.0.0.0": on every address. */
  ip: string;
}

/** What a node gives to a pod. */
export interface PodLoad {
  /** Columns asked for with an amount above 0, and the amounts. */
  readonly requestColumns: readonly number[];
  readonly requestAmounts: readonly number[];
  /** cpu and memory as scoring counts them. */
  readonly scoredCpuMilli: number;
  readonly scoredMemoryBytes: number;
  readonly hostPorts: readonly HostPort[];
}

export interface PodFootprint extends PodLoad {
  readonly namespace: string;
  readonly labels: Labels;
  readonly priority: number;
  readonly terms: PodTerms;
  /** Names of claims, in the pod's namespace. */
  readonly claims: readonly string[];
  /** Volumes that matter to scheduling without a claim: disks that cannot be on a node twice. */
  readonly disks: readonly Volume[];
}

export class PodFootprints {
  readonly #columns: ResourceColumns;
  readonly #interner: Interner<PodFootprint>;
  readonly #onAdd: (footprint: PodFootprint) => void;

  constructor(
    columns: ResourceColumns,
    listener: { onAdd(footprint: PodFootprint): void; onDrop(footprint: PodFootprint): void },
  ) {
    this.#columns = columns;
    this.#onAdd = listener.onAdd;
    this.#interner = new Interner(listener.onDrop);
  }

  get size(): number {
    return this.#interner.size;
  }

  of(pod: Pod): PodFootprint {
    const spec = actualSpec(pod) ?? { containers: [] };
    const claims = claimsOf(pod);
    const disks = disksOf(spec);
    return this.#interner.of(keyOf(pod, spec, claims, disks), () => {
      const footprint = { ...loadOf(spec, this.#columns), ...sightOf(pod), claims, disks };
      this.#onAdd(footprint);
      return footprint;
    });
  }

  use(footprint: PodFootprint): void {
    this.#interner.use(footprint);
  }

  release(footprint: PodFootprint): void {
    this.#interner.release(footprint);
  }
}

/** @param spec with the requests that count */
const keyOf = ({ metadata }: Pod, spec: PodSpec, claims: readonly string[], disks: readonly Volume[]): string =>
  JSON.stringify([
    metadata.namespace,
    metadata.labels,
    spec.priority,
    loadKey(spec),
    spec.affinity?.podAffinity,
    spec.affinity?.podAntiAffinity,
    claims.length > 0 ? claims : 0,
    disks.length > 0 ? disks : 0,
  ]);

/** Everything a load is made of. */
export const loadKey = (spec: PodSpec | undefined): unknown => [
  spec?.containers.map(containerKey),
  spec?.initContainers?.map(containerKey),
  spec?.overhead,
  spec?.resources?.requests,
];

const containerKey = ({ resources, restartPolicy, ports }: Container): unknown => {
  const hostPorts = ports
    ?.filter(({ hostPort }) => hostPort)
    .map((port) => [port.protocol, port.hostPort, port.hostIP]);
  return [resources?.requests, restartPolicy, hostPorts?.length ? hostPorts : undefined];
};

export function loadOf(spec: PodSpec, columns: ResourceColumns): PodLoad {
  const { requests, scoredCpuMilli, scoredMemoryBytes } = podRequests(spec);
  const asked = [...requests].filter(([, amount]) => amount > 0);
  return {
    requestColumns: asked.map(([name]) => columns.of(name)),
    requestAmounts: asked.map(([, amount]) => amount),
    scoredCpuMilli,
    scoredMemoryBytes,
    hostPorts: hostPortsOf(spec),
  };
}

function sightOf({ metadata, spec }: Pod): Pick<PodFootprint, "namespace" | "labels" | "priority" | "terms"> {
  const pod = { namespace: metadata.namespace ?? "", labels: metadata.labels ?? {} };
  return { ...pod, priority: spec?.priority ?? 0, terms: compileTermsOf(spec ?? { containers: [] }, pod) };
}

function hostPortsOf(spec: PodSpec): HostPort[] {
  const sidecars = (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === "Always");
  return [...spec.containers, ...sidecars].flatMap(({ ports = [] }) =>
    ports.flatMap(({ hostPort, hostIP, protocol }) =>
      hostPort ? [{ protocolPort: `${protocol || "TCP"}/${hostPort}`, ip: hostIP || "0.0.0.0" }] : [],
    ),
  );
}

const NONE: readonly never[] = [];

/** A generic ephemeral volume's claim is named after the pod and the volume. */
function claimsOf({ metadata, spec }: Pod): readonly string[] {
  if (!spec?.volumes?.some(({ persistentVolumeClaim, ephemeral }) => persistentVolumeClaim || ephemeral)) return NONE;
  return spec.volumes.flatMap(({ name, persistentVolumeClaim, ephemeral }) => {
    if (persistentVolumeClaim) return [persistentVolumeClaim.claimName];
    return ephemeral ? [`${metadata.name}-${name}`] : [];
  });
}

const isDisk = ({ gcePersistentDisk, awsElasticBlockStore, rbd, iscsi }: Volume): boolean =>
  (gcePersistentDisk ?? awsElasticBlockStore ?? rbd ?? iscsi) !== undefined;

const disksOf = (spec: PodSpec): readonly Volume[] => (spec.volumes?.some(isDisk) ? spec.volumes.filter(isDisk) : NONE);
