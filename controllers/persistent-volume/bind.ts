import type { PersistentVolume, PersistentVolumeClaim } from "../../kinds/core/v1-types.ts";
import { formatTime } from "../../machinery/clock.ts";
import type { Fields } from "../../machinery/meta/object.ts";
import type { Action } from "../runner/controller.ts";
import { patchOp, statusOp } from "../runner/ops.ts";
import { PERSISTENT_VOLUMES, VOLUME_CLAIMS } from "../view/resources.ts";

/** The claim has had a volume before: without one it is lost. */
export const BIND_COMPLETED = "pv.kubernetes.io/bind-completed";
/** We bound it, not its user: then we may unbind it again. */
export const BOUND_BY_CONTROLLER = "pv.kubernetes.io/bound-by-controller";

type Annotations = { [name: string]: string };

/** What is missing for the two to be bound to each other: volume, its phase, claim, its phase, in this order. */
export function bindActions(volume: PersistentVolume, claim: PersistentVolumeClaim, nowMs: number): Action[] {
  const ops = [
    bindVolume(volume, claim),
    phaseOp(volume, "Bound", nowMs),
    bindClaim(volume, claim),
    statusOp(VOLUME_CLAIMS, claim, boundStatus(volume, claim)),
  ].filter((op) => op !== undefined);
  return ops.map((op, i): Action => ({ op, ...(i > 0 && { needs: i - 1 }) }));
}

function bindVolume(volume: PersistentVolume, claim: PersistentVolumeClaim) {
  const { claimRef } = volume.spec;
  const { namespace, name, uid, resourceVersion } = claim.metadata;
  if (claimRef?.uid === uid) return undefined;
  const annotations: Annotations | undefined = claimRef ? undefined : { [BOUND_BY_CONTROLLER]: "yes" };
  return patchOp(PERSISTENT_VOLUMES, volume, {
    ...(annotations && { metadata: { annotations } }),
    spec: { claimRef: { kind: "PersistentVolumeClaim", apiVersion: "v1", namespace, name, uid, resourceVersion } },
  });
}

function bindClaim(volume: PersistentVolume, claim: PersistentVolumeClaim) {
  const isNamed = claim.spec.volumeName === volume.metadata.name;
  if (isNamed && claim.metadata.annotations?.[BIND_COMPLETED]) return undefined;
  const annotations: Annotations = { [BIND_COMPLETED]: "yes", ...(!isNamed && { [BOUND_BY_CONTROLLER]: "yes" }) };
  const spec = isNamed ? {} : { spec: { volumeName: volume.metadata.name } };
  return patchOp(VOLUME_CLAIMS, claim, { metadata: { annotations }, ...spec });
}

/** A bound claim's capacity is changed by whoever grows its file system, not here. */
function boundStatus({ spec }: PersistentVolume, { status = {} }: PersistentVolumeClaim): Fields {
  const keepsCapacity = status.phase === "Bound" && status.capacity?.storage !== undefined;
  const keepsClass = status.phase === "Bound" || !spec.volumeAttributesClassName;
  return {
    ...status,
    phase: "Bound",
    accessModes: spec.accessModes,
    capacity: keepsCapacity ? status.capacity : spec.capacity,
    ...(!keepsClass && { currentVolumeAttributesClassName: spec.volumeAttributesClassName }),
  };
}

/** Undefined when the volume is in that phase, for the same reason. */
export function phaseOp(
  volume: PersistentVolume,
  phase: "Available" | "Bound" | "Released" | "Failed",
  nowMs: number,
  message?: string,
) {
  const { status = {} } = volume;
  if (status.phase === phase && (message === undefined || status.message === message)) return undefined;
  const changed = status.phase !== phase && { lastPhaseTransitionTime: formatTime(nowMs) };
  const next: Fields = { ...status, phase, ...changed, message, reason: undefined };
  return statusOp(PERSISTENT_VOLUMES, volume, next);
}

/** The volume is free again; one that its user promised to a claim stays promised. */
export function unbindActions(volume: PersistentVolume, nowMs: number): Action[] {
  const isOurs = volume.metadata.annotations?.[BOUND_BY_CONTROLLER] !== undefined;
  const patch: Fields = isOurs
    ? { metadata: { annotations: { [BOUND_BY_CONTROLLER]: null } }, spec: { claimRef: null } }
    : { spec: { claimRef: { uid: null, resourceVersion: null } } };
  const phase = phaseOp(volume, "Available", nowMs);
  return [{ op: patchOp(PERSISTENT_VOLUMES, volume, patch) }, ...(phase ? [{ op: phase, needs: 0 }] : [])];
}
