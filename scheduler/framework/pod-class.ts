/**
 * Pending pods that are alike in everything the scheduler looks at: tried in one go, explained once, woken together.
 */
import type { Pod, TopologySpreadConstraint } from "../../kinds/core/v1-types.ts";
import { featuresToSchedule } from "../../kinds/scheduling/declared-features.ts";
import { type ContainerWishes, wishesOfContainers } from "../devices/extended-resources.ts";
import { Interner } from "./interner.ts";
import type { PodFootprint, PodFootprints } from "./pod-footprint.ts";
import type { PodShape, PodShapes } from "./pod-shape.ts";

export interface PodOwner {
  apiVersion: string;
  kind: string;
  name: string;
}

/** A claim on devices. */
export interface DeviceClaimRef {
  /** Its name in the pod. */
  name: string;
  /** Name of the ResourceClaim; undefined while it has not been made. */
  claimName: string | undefined;
  /** Made for the pod from a template: it must be the pod's own. */
  isGenerated: boolean;
}

export interface PodClass {
  readonly footprint: PodFootprint;
  readonly shape: PodShape;
  readonly spreadConstraints: readonly TopologySpreadConstraint[];
  /** The controller, whose selector is what pods are spread by when they say nothing. */
  readonly owner: PodOwner | undefined;
  readonly images: readonly string[];
  readonly preemptionPolicy: string | undefined;
  /** Name of its PodGroup. */
  readonly group: string | undefined;
  /** Claims of ephemeral volumes: these must be the pod's own. */
  readonly ephemeralClaims: readonly string[];
  readonly deviceClaims: readonly DeviceClaimRef[];
  /** What its containers ask for, when some of it may be devices. */
  readonly deviceWishes: readonly ContainerWishes[];
  /** What its node must declare. */
  readonly features: readonly string[];
}

export class PodClasses {
  readonly #footprints: PodFootprints;
  readonly #shapes: PodShapes;
  readonly #interner: Interner<PodClass>;
  readonly #ids = new WeakMap<object, number>();
  #lastId = 0;

  /** @param onDrop told of each class no pending pod has any more */
  constructor(footprints: PodFootprints, shapes: PodShapes, onDrop: (podClass: PodClass) => void) {
    this.#footprints = footprints;
    this.#shapes = shapes;
    this.#interner = new Interner((podClass) => {
      shapes.release(podClass.shape);
      footprints.release(podClass.footprint);
      onDrop(podClass);
    });
  }

  of(pod: Pod): PodClass {
    const footprint = this.#footprints.of(pod);
    const shape = this.#shapes.of(pod);
    const parts = partsOf(pod);
    const key = JSON.stringify([this.#idOf(footprint), this.#idOf(shape), parts]);
    return this.#interner.of(key, () => {
      this.#footprints.use(footprint);
      this.#shapes.use(shape);
      return { footprint, shape, ...parts };
    });
  }

  use(podClass: PodClass): void {
    this.#interner.use(podClass);
  }

  release(podClass: PodClass): void {
    this.#interner.release(podClass);
  }

  #idOf(part: object): number {
    let id = this.#ids.get(part);
    if (id === undefined) {
      id = ++this.#lastId;
      this.#ids.set(part, id);
    }
    return id;
  }
}

/** Owners with selectors; others tell nothing, and need not keep pods apart. */
const SELECTING_OWNERS = new Set(["ReplicaSet", "StatefulSet", "ReplicationController"]);

function partsOf({ metadata, spec, status }: Pod): Omit<PodClass, "footprint" | "shape"> {
  const owner = metadata.ownerReferences?.find(({ controller, kind }) => controller && SELECTING_OWNERS.has(kind));
  const containers = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
  const imageVolumes = (spec?.volumes ?? []).flatMap(({ image }) => image?.reference ?? []);
  return {
    spreadConstraints: spec?.topologySpreadConstraints ?? [],
    owner: owner && { apiVersion: owner.apiVersion, kind: owner.kind, name: owner.name },
    images: [...containers.map(({ image }) => image ?? ""), ...imageVolumes],
    preemptionPolicy: spec?.preemptionPolicy,
    group: spec?.schedulingGroup?.podGroupName,
    ephemeralClaims: (spec?.volumes ?? []).flatMap(({ name, ephemeral }) =>
      ephemeral ? [`${metadata.name}-${name}`] : [],
    ),
    deviceClaims: (spec?.resourceClaims ?? []).flatMap(({ name, resourceClaimName }): DeviceClaimRef[] => {
      if (resourceClaimName !== undefined) return [{ name, claimName: resourceClaimName, isGenerated: false }];
      const made = status?.resourceClaimStatuses?.find((each) => each.name === name);
      // Seen to, and none was needed.
      if (made && !made.resourceClaimName) return [];
      return [{ name, claimName: made?.resourceClaimName, isGenerated: true }];
    }),
    deviceWishes: wishesOfContainers(spec ?? { containers: [] }),
    features: featuresToSchedule(spec ?? { containers: [] }),
  };
}
