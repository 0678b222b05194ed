import type { PersistentVolume, PersistentVolumeClaim } from "../../kinds/core/v1-types.ts";
import { type Action, type EventDraft, NOTHING, type Plan } from "../runner/controller.ts";
import { phaseOp, unbindActions } from "./bind.ts";
import { modeOf } from "./match.ts";

const PROVISIONED_BY = "pv.kubernetes.io/provisioned-by";
const MIGRATED_TO = "pv.kubernetes.io/migrated-to";
const BUILT_IN_PREFIX = "kubernetes.io/";

/**
 * Decides what one volume needs: its phase, to be unbound, or to be reclaimed.
 *
 * @param claim the one its claimRef names
 */
export function planVolume(options: {
  volume: PersistentVolume;
  claim: PersistentVolumeClaim | undefined;
  nowMs: number;
}): Plan {
  const { volume, nowMs } = options;
  const { claimRef } = volume.spec;
  if (!claimRef?.uid) return phase(volume, "Available", nowMs);
  const claim = options.claim?.metadata.uid === claimRef.uid ? options.claim : undefined;
  if (!claim) return release(volume, nowMs);
  if (!claim.spec.volumeName) {
    if (modeOf(volume) === modeOf(claim)) return NOTHING;
    const message = `Cannot bind PersistentVolume to requested PersistentVolumeClaim ${JSON.stringify(claim.metadata.name)} due to incompatible volumeMode.`;
    return { actions: [], events: [warning(volume, "VolumeMismatch", message)] };
  }
  if (claim.spec.volumeName === volume.metadata.name) return phase(volume, "Bound", nowMs);
  // The claim has got another volume.
  const { annotations = {} } = volume.metadata;
  const isSpare = annotations[PROVISIONED_BY] !== undefined && volume.spec.persistentVolumeReclaimPolicy === "Delete";
  return isSpare ? release(volume, nowMs) : { actions: unbindActions(volume, nowMs) };
}

function phase(volume: PersistentVolume, wanted: "Available" | "Bound", nowMs: number): Plan {
  const op = phaseOp(volume, wanted, nowMs);
  return { actions: op ? [{ op }] : [] };
}

/** Whoever made the volume deletes it once it is released; we make none, so we delete none. */
function release(volume: PersistentVolume, nowMs: number): Plan {
  const isReleased = volume.status?.phase === "Released" || volume.status?.phase === "Failed";
  const failure = reclaimFailure(volume);
  if (failure) {
    const op = phaseOp(volume, "Failed", nowMs, failure.message);
    return { actions: op ? [{ op, event: failure }] : [] };
  }
  const op = isReleased ? undefined : phaseOp(volume, "Released", nowMs);
  const actions: Action[] = op ? [{ op }] : [];
  return { actions };
}

/** Why the volume's policy cannot be followed; undefined when there is nothing for us to do. */
function reclaimFailure(volume: PersistentVolume): EventDraft | undefined {
  const { annotations = {}, name } = volume.metadata;
  if (annotations[MIGRATED_TO]) return undefined;
  switch (volume.spec.persistentVolumeReclaimPolicy ?? "Retain") {
    case "Retain":
      return undefined;
    case "Delete": {
      const maker = annotations[PROVISIONED_BY];
      if (maker && !maker.startsWith(BUILT_IN_PREFIX)) return undefined;
      const message = `error getting deleter volume plugin for volume ${JSON.stringify(name)}: no volume plugin matched`;
      return warning(volume, "VolumeFailedDelete", message);
    }
    case "Recycle":
      return warning(volume, "VolumeFailedRecycle", "No recycler plugin found for the volume!");
    default:
      return warning(volume, "VolumeUnknownReclaimPolicy", "Volume has an unrecognized PersistentVolumeReclaimPolicy");
  }
}

const warning = (about: PersistentVolume, reason: string, message: string): EventDraft => ({
  about,
  type: "Warning",
  reason,
  message,
});
