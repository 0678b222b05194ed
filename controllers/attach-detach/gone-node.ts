import type { VolumeAttachment } from "../../kinds/storage/v1-types.ts";
import { formatTime } from "../../machinery/clock.ts";
import type { Action, Plan } from "../runner/controller.ts";
import { deleteOp, patchOp } from "../runner/ops.ts";
import { VOLUME_ATTACHMENTS } from "../view/resources.ts";
import { MAX_WAIT_MS } from "./plan.ts";

/** On an attachment to a node that is gone: since when that is known. It must outlive whoever counts. */
const GONE_SINCE = "kedge.dev/node-gone-since";

/**
 * Takes volumes from a node that is gone. Nobody says any more whether the machine still writes to them, so that they
 * are given the time a lost node is given; without an end other nodes would wait for them for ever.
 *
 * @param isWanted whether a pod of the node still uses it: the pod garbage collector removes these first
 */
export function planGoneNode(seen: {
  attachments: Iterable<VolumeAttachment>;
  isWanted(attachment: VolumeAttachment): boolean;
  nowMs: number;
}): Plan {
  const { attachments, isWanted, nowMs } = seen;
  const actions: Action[] = [];
  let againAtMs: number | undefined;
  for (const attachment of attachments) {
    if (attachment.metadata.deletionTimestamp || isWanted(attachment)) continue;
    const since = Date.parse(attachment.metadata.annotations?.[GONE_SINCE] ?? "");
    const atMs = (Number.isNaN(since) ? nowMs : since) + MAX_WAIT_MS;
    if (Number.isNaN(since)) actions.push(mark(attachment, formatTime(nowMs)));
    else if (atMs <= nowMs) actions.push({ op: deleteOp(VOLUME_ATTACHMENTS, attachment) });
    if (atMs > nowMs && (againAtMs === undefined || atMs < againAtMs)) againAtMs = atMs;
  }
  return { actions, ...(againAtMs !== undefined && { againAtMs }) };
}

/** For a node that has come back. */
export function forgetGone(attachments: Iterable<VolumeAttachment>): Action[] {
  const marked = [...attachments].filter(
    ({ metadata }) => !metadata.deletionTimestamp && metadata.annotations?.[GONE_SINCE] !== undefined,
  );
  return marked.map((attachment) => mark(attachment, null));
}

const mark = (attachment: VolumeAttachment, since: string | null): Action => ({
  op: patchOp(VOLUME_ATTACHMENTS, attachment, { metadata: { annotations: { [GONE_SINCE]: since } } }),
});
