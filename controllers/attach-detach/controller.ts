import type { Node, PersistentVolume, PersistentVolumeClaim, Pod } from "../../kinds/core/v1-types.ts";
import type { CSIDriver, VolumeAttachment } from "../../kinds/storage/v1-types.ts";
import type { Change } from "../../machinery/cluster/feed-cache.ts";
import { deepEqual } from "../../machinery/meta/equality.ts";
import { isReady } from "../node/eviction-rate.ts";
import { isOutOfService } from "../node/taints.ts";
import { type Controller, keyOf, NOTHING, type Question, splitKey } from "../runner/controller.ts";
import { claimKeysOf } from "../view/claim-names.ts";
import { CSI_DRIVERS, NODES, PERSISTENT_VOLUMES, PODS, VOLUME_ATTACHMENTS, VOLUME_CLAIMS } from "../view/resources.ts";
import type { View } from "../view/view.ts";
import { isFinished } from "../workload/pods.ts";
import { forgetGone, planGoneNode } from "./gone-node.ts";
import { AttachmentNames } from "./names.ts";
import { placeOf, planAttachments, type Wanted } from "./plan.ts";

const KEEP_TERMINATED = "volumes.kubernetes.io/keep-terminated-pod-volumes";
/** The form of the names that are given here. */
const MADE_HERE = /^csi-[0-9a-f]{64}$/;

/** Has CSI volumes attached to the nodes of the pods that use them, and detached again. Keys are node names. */
export function attachDetachController(): Controller {
  const names = new AttachmentNames();
  /** What was last told of an attachment, by its uid. Lost with the process, and told again. */
  const told = new Map<string, string>();
  return {
    name: "attachdetach-controller",
    eventSource: "attachdetach-controller",
    watches: {
      [PODS]: ({ object }: Change<Pod>) =>
        object.spec.nodeName && claimKeysOf(object).length > 0 ? [object.spec.nodeName] : undefined,
      [VOLUME_CLAIMS]: ({ object, previous }: Change<PersistentVolumeClaim>, view) =>
        object.spec.volumeName === previous?.spec.volumeName && object.status?.phase === previous?.status?.phase
          ? undefined
          : nodesUsing(keyOf(object), view),
      [PERSISTENT_VOLUMES]: ({ type, object }: Change<PersistentVolume>, view) =>
        type === "added" && object.spec.csi ? nodesOf(object, view) : undefined,
      [VOLUME_ATTACHMENTS]: attachmentChanged,
      // Its volumes may need no attaching any more.
      [CSI_DRIVERS]: ({ object }: Change<CSIDriver>, view) => nodesWith(object.metadata.name ?? "", view),
      [NODES]: ({ type, object, previous }: Change<Node>, view) => {
        const name = object.metadata.name ?? "";
        const isSame = type === "changed" && previous && deepEqual(aspects(object), aspects(previous));
        return isSame || view.volumeAttachments.by("node", name).size === 0 ? undefined : [name];
      },
    },
    plan(name, view, { nowMs, answers }) {
      names.learn(answers);
      const node = view.nodes.get("", name);
      const there = [...view.volumeAttachments.by("node", name)].filter(({ metadata }) =>
        MADE_HERE.test(metadata.name ?? ""),
      );
      const volumes = volumesOn(name, view, node);
      if (!node) {
        const isWanted = ({ spec }: VolumeAttachment) => volumes.has(spec.source.persistentVolumeName ?? "");
        return planGoneNode({ attachments: there, isWanted, nowMs });
      }
      const asks: Question[] = [];
      const wanted: Wanted[] = [];
      for (const { volume, pods } of volumes.values()) {
        const known = names.get(placeOf(volume, name));
        if (known === undefined) asks.push(names.question(placeOf(volume, name)));
        else wanted.push({ volume, pods, name: known });
      }
      if (asks.length > 0) return { actions: [], asks };
      const attachments = there.map((attachment) => {
        const { persistentVolumeName = "" } = attachment.spec.source;
        return { attachment, volume: view.persistentVolumes.get("", persistentVolumeName) };
      });
      const hasNothing = !node.status?.volumesAttached?.length;
      if (wanted.length === 0 && attachments.length === 0 && hasNothing) return NOTHING;
      const isBack = forgetGone(there);
      if (isBack.length > 0) return { actions: isBack };
      return planAttachments({
        node,
        lostSinceMs: lostSinceMs(node),
        isOutOfService: isOutOfService(node),
        wanted,
        attachments,
        attachmentsOf: (volume) => view.volumeAttachments.by("volume", volume),
        isNews: ({ metadata }, message) => {
          const isNews = told.get(metadata.uid ?? "") !== message;
          told.set(metadata.uid ?? "", message);
          return isNews;
        },
        nowMs,
      });
    },
  };

  function* attachmentChanged({ type, object }: Change<VolumeAttachment>, view: View): Generator<string> {
    yield object.spec.nodeName;
    if (type !== "deleted") return;
    told.delete(object.metadata.uid ?? "");
    // Another node may have waited for it.
    const volume = view.persistentVolumes.get("", object.spec.source.persistentVolumeName ?? "");
    if (volume) yield* nodesOf(volume, view);
  }
}

const aspects = (node: Node): unknown => [
  isReady(node),
  isOutOfService(node),
  node.status?.volumesInUse,
  node.status?.volumesAttached,
];

function lostSinceMs(node: Node): number | undefined {
  if (isReady(node)) return undefined;
  const since = node.status?.conditions?.find(({ type }) => type === "Ready")?.lastTransitionTime;
  return since === undefined ? undefined : Date.parse(since);
}

function* nodesUsing(claim: string, view: View): Generator<string> {
  for (const { spec } of view.pods.by("claim", claim)) if (spec.nodeName) yield spec.nodeName;
}

const nodesOf = ({ spec: { claimRef } }: PersistentVolume, view: View): Iterable<string> =>
  claimRef ? nodesUsing(`${claimRef.namespace}/${claimRef.name}`, view) : [];

function* nodesWith(driver: string, view: View): Generator<string> {
  for (const { spec } of view.volumeAttachments.values()) if (spec.attacher === driver) yield spec.nodeName;
}

/** The attachable volumes that pods on a node use, by their names; `node` is undefined when it is gone. */
function volumesOn(
  name: string,
  view: View,
  node: Node | undefined,
): Map<string, { volume: PersistentVolume; pods: Pod[] }> {
  const keepsTerminated = node?.metadata.annotations?.[KEEP_TERMINATED] === "true";
  const found = new Map<string, { volume: PersistentVolume; pods: Pod[] }>();
  for (const pod of view.pods.by("node", name)) {
    if (isFinished(pod) && !keepsTerminated) continue;
    for (const key of claimKeysOf(pod)) {
      const { namespace, name: claimName } = splitKey(key);
      const claim = view.volumeClaims.get(namespace, claimName);
      if (claim?.status?.phase !== "Bound") continue;
      const volume = view.persistentVolumes.get("", claim.spec.volumeName ?? "");
      const driver = volume?.spec.csi?.driver;
      if (!volume || !driver || view.csiDrivers.get("", driver)?.spec.attachRequired === false) continue;
      const entry = found.get(volume.metadata.name ?? "");
      if (entry) entry.pods.push(pod);
      else found.set(volume.metadata.name ?? "", { volume, pods: [pod] });
    }
  }
  return found;
}
