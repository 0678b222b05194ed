/**
 * What placement needs to know of a pod, shared by all pods that are alike: the 3,000 pods of one Deployment are one
 * shape, compiled and scored once.
 */
import type { Container, Pod, PodSpec, Toleration } from "../../kinds/core/v1-types.ts";
import { compileLabels, compileTerm, compileTerms, type NodeMatcher, namedNodes } from "./node-selector.ts";
import { podRequests } from "./pod-requests.ts";
import type { ResourceColumns } from "./resources.ts";

export interface HostPort {
  /** "TCP/8080" */
  protocolPort: string;
  /** "0.0.0.0": on every address. */
  ip: string;
}

export interface PreferredTerm {
  weight: number;
  matches: NodeMatcher;
}

export interface PodShape {
  readonly schedulerName: string;
  /** spec.nodeName, for judging where a pod may be that already names its node; pending pods have none. */
  readonly requestedNode: string | undefined;
  readonly priority: number;
  /** Columns asked for with an amount above 0, and the amounts. */
  readonly requestColumns: readonly number[];
  readonly requestAmounts: readonly number[];
  readonly scoredCpuMilli: number;
  readonly scoredMemoryBytes: number;
  readonly hostPorts: readonly HostPort[];
  readonly tolerations: readonly Toleration[];
  readonly nodeSelector: NodeMatcher | undefined;
  readonly requiredAffinity: NodeMatcher | undefined;
  readonly preferredAffinity: readonly PreferredTerm[];
  /** The only nodes required affinity can match; undefined: any may. */
  readonly namedNodes: readonly string[] | undefined;
}

/** One shape and how many cached pods have it. */
interface Entry {
  key: string;
  shape: PodShape;
  users: number;
}

/** Shapes nobody uses are kept up to this number, then swept. */
const MAX_IDLE_SHAPES = 256;

export class PodShapes {
  readonly #columns: ResourceColumns;
  readonly #byKey = new Map<string, Entry>();
  readonly #byShape = new Map<PodShape, Entry>();
  #idle = 0;

  constructor(columns: ResourceColumns) {
    this.#columns = columns;
  }

  get size(): number {
    return this.#byKey.size;
  }

  /** The one shape of all pods like this. */
  of(pod: Pod): PodShape {
    const key = keyOf(pod.spec ?? { containers: [] });
    const known = this.#byKey.get(key);
    if (known) return known.shape;
    const entry = { key, shape: makeShape(pod.spec ?? { containers: [] }, this.#columns), users: 0 };
    this.#byKey.set(key, entry);
    this.#byShape.set(entry.shape, entry);
    this.#idle++;
    if (this.#idle > MAX_IDLE_SHAPES) this.#sweep(entry);
    return entry.shape;
  }

  use(shape: PodShape): void {
    const entry = this.#byShape.get(shape);
    if (entry && entry.users++ === 0) this.#idle--;
  }

  release(shape: PodShape): void {
    const entry = this.#byShape.get(shape);
    if (entry && --entry.users === 0) this.#idle++;
  }

  #sweep(kept: Entry): void {
    for (const entry of this.#byKey.values()) {
      if (entry.users > 0 || entry === kept) continue;
      this.#byKey.delete(entry.key);
      this.#byShape.delete(entry.shape);
      this.#idle--;
    }
  }
}

/** Everything a shape is made of, as text. */
const keyOf = (spec: PodSpec): string =>
  JSON.stringify([
    spec.schedulerName,
    spec.priority,
    spec.containers.map(containerKey),
    spec.initContainers?.map(containerKey),
    spec.overhead,
    spec.resources?.requests,
    spec.nodeSelector,
    spec.affinity?.nodeAffinity,
    spec.tolerations,
  ]);

const containerKey = ({ resources, restartPolicy, ports }: Container): unknown => {
  const hostPorts = ports
    ?.filter(({ hostPort }) => hostPort)
    .map((port) => [port.protocol, port.hostPort, port.hostIP]);
  return [resources?.requests, restartPolicy, hostPorts?.length ? hostPorts : undefined];
};

function makeShape(spec: PodSpec, columns: ResourceColumns): PodShape {
  const { requests, scoredCpuMilli, scoredMemoryBytes } = podRequests(spec);
  const asked = [...requests].filter(([, amount]) => amount > 0);
  const affinity = spec.affinity?.nodeAffinity;
  const required = affinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  return {
    schedulerName: spec.schedulerName ?? "default-scheduler",
    requestedNode: undefined,
    priority: spec.priority ?? 0,
    requestColumns: asked.map(([name]) => columns.of(name)),
    requestAmounts: asked.map(([, amount]) => amount),
    scoredCpuMilli,
    scoredMemoryBytes,
    hostPorts: hostPortsOf(spec),
    tolerations: spec.tolerations ?? [],
    nodeSelector: compileLabels(spec.nodeSelector),
    requiredAffinity: required && compileTerms(required),
    preferredAffinity: (affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(
      ({ weight, preference }) => ({ weight, matches: compileTerm(preference) }),
    ),
    namedNodes: required && namedNodes(required),
  };
}

function hostPortsOf(spec: PodSpec): HostPort[] {
  const sidecars = (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === "Always");
  return [...spec.containers, ...sidecars].flatMap(({ ports = [] }) =>
    ports.flatMap(({ hostPort, hostIP, protocol }) =>
      hostPort ? [{ protocolPort: `${protocol || "TCP"}/${hostPort}`, ip: hostIP || "0.0.0.0" }] : [],
    ),
  );
}
