/**
 * What a pending pod asks of a node, whatever is on other nodes. Pods alike share one shape, and one judgement of every
 * node.
 */
import type { Pod, Toleration } from "../../kinds/core/v1-types.ts";
import { Interner } from "./interner.ts";
import { compileLabels, compileTerm, compileTerms, type NodeMatcher, namedNodes } from "./node-selector.ts";
import { loadKey, loadOf, type PodLoad } from "./pod-footprint.ts";
import type { ResourceColumns } from "./resources.ts";

export interface PreferredTerm {
  weight: number;
  matches: NodeMatcher;
}

export interface PodShape extends PodLoad {
  readonly schedulerName: string;
  /** spec.nodeName, for judging where a pod may be that already names its node; pending pods have none. */
  readonly requestedNode: string | undefined;
  readonly priority: number;
  readonly tolerations: readonly Toleration[];
  readonly nodeSelector: NodeMatcher | undefined;
  readonly requiredAffinity: NodeMatcher | undefined;
  readonly preferredAffinity: readonly PreferredTerm[];
  /** The only nodes required affinity can match; undefined: any may. */
  readonly namedNodes: readonly string[] | undefined;
}

export class PodShapes {
  readonly #columns: ResourceColumns;
  readonly #interner = new Interner<PodShape>();

  constructor(columns: ResourceColumns) {
    this.#columns = columns;
  }

  get size(): number {
    return this.#interner.size;
  }

  /** The one shape of all pods like this. */
  of(pod: Pod): PodShape {
    return this.#interner.of(keyOf(pod), () => makeShape(pod, this.#columns));
  }

  use(shape: PodShape): void {
    this.#interner.use(shape);
  }

  release(shape: PodShape): void {
    this.#interner.release(shape);
  }
}

/** Everything a shape is made of, as text. */
const keyOf = ({ spec }: Pod): string =>
  JSON.stringify([
    spec?.schedulerName,
    spec?.priority,
    loadKey(spec),
    spec?.nodeSelector,
    spec?.affinity?.nodeAffinity,
    spec?.tolerations,
  ]);

function makeShape({ spec = { containers: [] } }: Pod, columns: ResourceColumns): PodShape {
  const affinity = spec.affinity?.nodeAffinity;
  const required = affinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  return {
    ...loadOf(spec, columns),
    schedulerName: spec.schedulerName ?? "default-scheduler",
    requestedNode: undefined,
    priority: spec.priority ?? 0,
    tolerations: spec.tolerations ?? [],
    nodeSelector: compileLabels(spec.nodeSelector),
    requiredAffinity: required && compileTerms(required),
    preferredAffinity: (affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(
      ({ weight, preference }) => ({ weight, matches: compileTerm(preference) }),
    ),
    namedNodes: required && namedNodes(required),
  };
}
