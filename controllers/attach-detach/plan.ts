import type { Node, PersistentVolume, Pod } from "../../kinds/core/v1-types.ts";
import type { VolumeAttachment } from "../../kinds/storage/v1-types.ts";
import { deepEqual } from "../../machinery/meta/equality.ts";
import type { Action, EventDraft, Plan } from "../runner/controller.ts";
import { createOp, deleteOp, patchOp } from "../runner/ops.ts";
import { NODES, VOLUME_ATTACHMENTS } from "../view/resources.ts";
import { type Place, uniqueName } from "./names.ts";

/** Only one node at a time may have a volume with no other modes than these. */
const EXCLUSIVE = ["ReadWriteOnce", "ReadWriteOncePod"];
/** A volume that a node says it uses is taken from it only after this time, and only if the node does not answer. */
export const MAX_WAIT_MS = 360_000;

/** A volume that pods on the node use. */
export interface Wanted {
  volume: PersistentVolume;
  name: string;
  pods: readonly Pod[];
}

export interface SeenNode {
  node: Node;
  /** When it was seen to be not ready; undefined while it is ready. */
  lostSinceMs: number | undefined;
  isOutOfService: boolean;
  wanted: readonly Wanted[];
  /** Those on the node that were made here, with their volumes as far as these are still there. */
  attachments: readonly { attachment: VolumeAttachment; volume: PersistentVolume | undefined }[];
  /** All attachments of one volume, wherever. */
  attachmentsOf(volume: string): Iterable<VolumeAttachment>;
  /** Whether this has been told of the attachment already. */
  isNews(attachment: VolumeAttachment, message: string): boolean;
  nowMs: number;
}

export const placeOf = ({ spec: { csi } }: PersistentVolume, nodeName: string): Place => ({
  driver: csi?.driver ?? "",
  volumeHandle: csi?.volumeHandle ?? "",
  nodeName,
});

/** Decides which CSI volumes a node gets and loses, and what its status says it has. */
export function planAttachments(seen: SeenNode): Plan {
  const { node, wanted, attachments, nowMs } = seen;
  const actions: Action[] = [];
  const events: EventDraft[] = [];
  const existing = new Map(attachments.map((one) => [one.attachment.metadata.name ?? "", one]));
  const had = node.status?.volumesAttached ?? [];
  const has: { name: string; devicePath: string }[] = [];
  const came: EventDraft[] = [];
  for (const want of wanted) {
    const attachment = existing.get(want.name)?.attachment;
    existing.delete(want.name);
    if (!attachment) {
      const result = attach(seen, want);
      if ("op" in result) actions.push(result);
      else events.push(...result.events);
      continue;
    }
    const { attached, attachError } = attachment.status ?? { attached: false };
    const volume = want.volume.metadata.name;
    if (attachError && !attached) {
      const message = `AttachVolume.Attach failed for volume "${volume}" : ${attachError.message ?? ""}`;
      if (seen.isNews(attachment, message)) events.push(...tell(want.pods, "FailedAttachVolume", message));
    }
    if (!attached || attachment.metadata.deletionTimestamp) continue;
    const name = uniqueName(placeOf(want.volume, node.metadata.name ?? ""));
    has.push({ name, devicePath: "" });
    if (!had.some((other) => other.name === name))
      came.push(...tell(want.pods, "SuccessfulAttachVolume", `AttachVolume.Attach succeeded for volume "${volume}" `));
  }
  let againAtMs: number | undefined;
  for (const { attachment, volume } of existing.values()) {
    if (attachment.metadata.deletionTimestamp) continue;
    const atMs = detachMs(seen, volume);
    if (atMs !== undefined && atMs <= nowMs) actions.push({ op: deleteOp(VOLUME_ATTACHMENTS, attachment) });
    else if (atMs !== undefined && (againAtMs === undefined || atMs < againAtMs)) againAtMs = atMs;
  }
  has.sort((a, b) => (a.name < b.name ? -1 : 1));
  const others = had.filter(({ name }) => !name.startsWith("kubernetes.io/csi/"));
  const volumesAttached = [...others, ...has];
  if (!deepEqual(had, volumesAttached)) {
    const status = { volumesAttached: volumesAttached.length > 0 ? volumesAttached : null };
    // What is no longer said to be attached must be so before it is detached: this comes first.
    actions.unshift({ op: patchOp(NODES, node, { status }, { subresource: "status", version: "any" }) });
  }
  events.push(...came);
  return { actions, ...(events.length > 0 && { events }), ...(againAtMs !== undefined && { againAtMs }) };
}

function attach(seen: SeenNode, { volume, name, pods }: Wanted): Action | { events: EventDraft[] } {
  const nodeName = seen.node.metadata.name ?? "";
  const isExclusive = volume.spec.accessModes?.every((mode) => EXCLUSIVE.includes(mode)) ?? true;
  const elsewhere = isExclusive
    ? [...seen.attachmentsOf(volume.metadata.name ?? "")].find(({ spec }) => spec.nodeName !== nodeName)
    : undefined;
  if (elsewhere) {
    const message = `Multi-Attach error for volume "${volume.metadata.name}" Volume is already exclusively attached to one node and can't be attached to another`;
    return { events: seen.isNews(elsewhere, message) ? tell(pods, "FailedAttachVolume", message) : [] };
  }
  const object = {
    apiVersion: "storage.k8s.io/v1",
    kind: "VolumeAttachment",
    metadata: { name },
    spec: {
      attacher: volume.spec.csi?.driver ?? "",
      nodeName,
      source: { persistentVolumeName: volume.metadata.name ?? "" },
    },
  };
  return { op: createOp(VOLUME_ATTACHMENTS, object), isFine: ({ reason }) => reason === "AlreadyExists" };
}

/** From when on a volume that no pod wants may go, epoch ms; undefined: when the node lets go of it. */
function detachMs({ node, lostSinceMs, isOutOfService }: SeenNode, volume: PersistentVolume | undefined) {
  const name = volume && uniqueName(placeOf(volume, node.metadata.name ?? ""));
  const isUsed = name !== undefined && node.status?.volumesInUse?.includes(name);
  if (!isUsed || isOutOfService) return 0;
  return lostSinceMs === undefined ? undefined : lostSinceMs + MAX_WAIT_MS;
}

const tell = (pods: readonly Pod[], reason: string, message: string): EventDraft[] =>
  pods.map((about) => ({ about, type: reason === "FailedAttachVolume" ? "Warning" : "Normal", reason, message }));
