import type { PersistentVolume, PersistentVolumeClaim, Pod } from "../../kinds/core/v1-types.ts";
import type { StorageClass } from "../../kinds/storage/v1-types.ts";
import { type Action, type EventDraft, NOTHING, type Plan } from "../runner/controller.ts";
import { patchOp, statusOp } from "../runner/ops.ts";
import { VOLUME_CLAIMS } from "../view/resources.ts";
import { BIND_COMPLETED, bindActions } from "./bind.ts";
import { classOf, saysNoClass, waitsForConsumer } from "./classes.ts";
import { bestMatch, isPromisedTo, mismatch } from "./match.ts";
import { planProvisioning } from "./provision.ts";

/** The scheduler's word where a claim's volume is to be made. */
const SELECTED_NODE = "volume.kubernetes.io/selected-node";

export interface SeenClaim {
  claim: PersistentVolumeClaim;
  /** The volume it names, if there is one. */
  volume: PersistentVolume | undefined;
  /** Those promised to it and those of its class. */
  candidates: Iterable<PersistentVolume>;
  storageClass: StorageClass | undefined;
  defaultClass: StorageClass | undefined;
  /** Pods that use it. */
  pods: Iterable<Pod>;
  isTaken(volume: PersistentVolume): boolean;
  nowMs: number;
}

/** Decides what one claim needs: a volume, one to be made, or word that it has lost its volume. */
export const planClaim = (seen: SeenClaim): Plan =>
  seen.claim.metadata.annotations?.[BIND_COMPLETED] === undefined ? planUnbound(seen) : planBound(seen);

function planUnbound(seen: SeenClaim): Plan {
  const { claim, volume, nowMs } = seen;
  if (claim.metadata.deletionTimestamp) return NOTHING;
  if (!claim.spec.volumeName) return planSearch(seen);
  // Its user wants this very volume: without it, or while another has it, the claim waits.
  if (!volume) return { actions: pending(claim) };
  if (!volume.spec.claimRef) {
    const problem = mismatch(volume, claim);
    if (problem === undefined) return { actions: bindActions(volume, claim, nowMs) };
    const message = `Cannot bind to requested volume ${JSON.stringify(volume.metadata.name)}: ${problem}`;
    return { actions: pending(claim), events: [warning(claim, "VolumeMismatch", message)] };
  }
  return { actions: isPromisedTo(volume, claim) ? bindActions(volume, claim, nowMs) : pending(claim) };
}

function planSearch(seen: SeenClaim): Plan {
  const { claim, candidates, storageClass, defaultClass, isTaken, nowMs } = seen;
  const waits = waitsForConsumer(storageClass);
  const volume = bestMatch({ claim, volumes: candidates, isTaken, waitsForConsumer: waits });
  if (volume) return { actions: bindActions(volume, claim, nowMs) };
  if (saysNoClass(claim) && defaultClass) {
    const spec = { storageClassName: defaultClass.metadata.name };
    return { actions: [{ op: patchOp(VOLUME_CLAIMS, claim, { spec }) }] };
  }
  if (waits && !claim.metadata.annotations?.[SELECTED_NODE])
    return { actions: pending(claim), events: [waiting(seen)] };
  if (classOf(claim) !== "") {
    const { actions, ...told } = planProvisioning(claim, storageClass);
    return { actions: actions.length > 0 ? actions : pending(claim), ...told };
  }
  const message = "no persistent volumes available for this claim and no storage class is set";
  const event: EventDraft = { about: claim, type: "Normal", reason: "FailedBinding", message };
  return { actions: pending(claim), events: [event] };
}

function waiting({ claim, pods }: SeenClaim): EventDraft {
  const names = [...pods].filter(({ spec }) => !spec.nodeName).map(({ metadata }) => metadata.name ?? "");
  const draft = (reason: string, message: string): EventDraft => ({ about: claim, type: "Normal", reason, message });
  if (names.length === 0)
    return draft("WaitForFirstConsumer", "waiting for first consumer to be created before binding");
  const plural = names.length > 1 ? "s" : "";
  return draft("WaitForPodScheduled", `waiting for pod${plural} ${names.sort().join(",")} to be scheduled`);
}

function planBound({ claim, volume, nowMs }: SeenClaim): Plan {
  if (!claim.spec.volumeName)
    return lost(claim, "ClaimLost", "Bound claim has lost reference to PersistentVolume. Data on the volume is lost!");
  if (!volume)
    return lost(claim, "ClaimLost", "Bound claim has lost its PersistentVolume. Data on the volume is lost!");
  const { claimRef } = volume.spec;
  if (claimRef && claimRef.uid !== claim.metadata.uid) {
    const message = "Two claims are bound to the same volume, this one is bound incorrectly";
    return lost(claim, "ClaimMisbound", message);
  }
  return { actions: bindActions(volume, claim, nowMs) };
}

function lost(claim: PersistentVolumeClaim, reason: string, message: string): Plan {
  if (claim.status?.phase === "Lost") return NOTHING;
  const { capacity: _capacity, accessModes: _modes, ...status } = claim.status ?? {};
  const op = statusOp(VOLUME_CLAIMS, claim, { ...status, phase: "Lost" });
  return { actions: op ? [{ op, event: warning(claim, reason, message) }] : [] };
}

function pending(claim: PersistentVolumeClaim): Action[] {
  const { capacity: _capacity, accessModes: _modes, ...status } = claim.status ?? {};
  const op = statusOp(VOLUME_CLAIMS, claim, { ...status, phase: "Pending" });
  return op ? [{ op }] : [];
}

const warning = (about: PersistentVolumeClaim, reason: string, message: string): EventDraft => ({
  about,
  type: "Warning",
  reason,
  message,
});
