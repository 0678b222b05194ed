import type { PersistentVolume, PersistentVolumeClaim } from "../../kinds/core/v1-types.ts";
import type { Change } from "../../machinery/cluster/feed-cache.ts";
import { deepEqual } from "../../machinery/meta/equality.ts";
import { type Controller, keyOf, NOTHING, type Plan, splitKey } from "../runner/controller.ts";
import { PERSISTENT_VOLUMES, STORAGE_CLASSES, VOLUME_CLAIMS } from "../view/resources.ts";
import type { View } from "../view/view.ts";
import { classOf, defaultClass, saysNoClass } from "./classes.ts";
import { planClaim } from "./plan-claim.ts";
import { planVolume } from "./plan-volume.ts";

const CLAIM = "claim:";
const VOLUME = "volume:";
/** After which a claim that was passed over for another looks again. */
const LOOK_AGAIN_MS = 1_000;

/** Binds claims to volumes, and says of volumes and claims what has become of them. */
export function persistentVolumeController(): Controller {
  /**
   * The version at which a volume was given away, and to whom: until the view shows the result, or the write has
   * failed, no other claim is given it. Many claims are planned before anything is written.
   */
  const given = new Map<string, { version: string | undefined; claim: string }>();

  function planClaimKey(key: string, view: View, nowMs: number): Plan {
    const { namespace, name } = splitKey(key);
    const claim = view.volumeClaims.get(namespace, name);
    for (const [volume, { claim: owner }] of given) if (owner === key) given.delete(volume);
    if (!claim) return NOTHING;
    let passedOver = false;
    const plan = planClaim({
      claim,
      volume: view.persistentVolumes.get("", claim.spec.volumeName ?? ""),
      candidates: candidatesFor(claim, key, view),
      storageClass: view.storageClasses.get("", classOf(claim)),
      defaultClass: saysNoClass(claim) ? defaultClass(view.storageClasses.values()) : undefined,
      pods: view.pods.by("claim", key),
      isTaken: ({ metadata }) => {
        const isTaken = given.get(metadata.name ?? "")?.version === metadata.resourceVersion;
        passedOver ||= isTaken;
        return isTaken;
      },
      nowMs,
    });
    const bound = plan.actions.find(({ op }) => op.resource === PERSISTENT_VOLUMES && op.verb === "patch")?.op;
    if (bound?.verb === "patch") {
      const version = view.persistentVolumes.get("", bound.name)?.metadata.resourceVersion;
      given.set(bound.name, { version, claim: key });
    } else if (passedOver) {
      return { ...plan, againAtMs: nowMs + LOOK_AGAIN_MS };
    }
    return plan;
  }

  return {
    name: "persistent-volume-binder",
    eventSource: "persistentvolume-controller",
    watches: {
      [VOLUME_CLAIMS]: claimChanged,
      [PERSISTENT_VOLUMES]: volumeChanged,
      [STORAGE_CLASSES]: ({ object }, view) => claimsOfClass(object.metadata.name ?? "", view),
    },
    plan(key, view, { nowMs }) {
      if (key.startsWith(CLAIM)) return planClaimKey(key.slice(CLAIM.length), view, nowMs);
      const volume = view.persistentVolumes.get("", key.slice(VOLUME.length));
      if (!volume) return NOTHING;
      const { namespace = "", name = "" } = volume.spec.claimRef ?? {};
      return planVolume({ volume, claim: view.volumeClaims.get(namespace, name), nowMs });
    },
  };
}

function* candidatesFor(claim: PersistentVolumeClaim, key: string, view: View): Generator<PersistentVolume> {
  yield* view.persistentVolumes.by("claim", key);
  for (const volume of view.persistentVolumes.by("class", classOf(claim))) if (!volume.spec.claimRef) yield volume;
}

function* claimChanged({ type, object, previous }: Change<PersistentVolumeClaim>, view: View): Generator<string> {
  const key = keyOf(object);
  if (type !== "deleted") yield CLAIM + key;
  for (const name of new Set([object.spec.volumeName, previous?.spec.volumeName])) if (name) yield VOLUME + name;
  for (const volume of view.persistentVolumes.by("claim", key)) yield `${VOLUME}${volume.metadata.name}`;
}

function* volumeChanged({ type, object, previous }: Change<PersistentVolume>, view: View): Generator<string> {
  const name = object.metadata.name ?? "";
  if (type !== "deleted") yield VOLUME + name;
  for (const claim of view.volumeClaims.by("volume", name)) yield CLAIM + keyOf(claim);
  for (const volume of [object, previous]) {
    const { namespace, name: claim } = volume?.spec.claimRef ?? {};
    if (claim && view.volumeClaims.get(namespace ?? "", claim)) yield `${CLAIM}${namespace}/${claim}`;
  }
  const isFree = object.status?.phase === "Available" && !object.spec.claimRef;
  const wasSo = previous?.status?.phase === "Available" && !previous.spec.claimRef && fits(object, previous);
  if (type !== "deleted" && isFree && !wasSo) yield* claimsOfClass(classOf(object), view);
}

/** Nothing changed that a search for a volume looks at. */
const fits = (a: PersistentVolume, b: PersistentVolume): boolean =>
  deepEqual(a.spec, b.spec) && deepEqual(a.metadata.labels, b.metadata.labels);

function* claimsOfClass(name: string, view: View): Generator<string> {
  for (const claim of view.volumeClaims.by("unbound", "")) {
    if (classOf(claim) === name || saysNoClass(claim)) yield CLAIM + keyOf(claim);
  }
}
