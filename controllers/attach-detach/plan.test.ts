import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Node, PersistentVolume } from "../../kinds/core/v1-types.ts";
import { registry } from "../../kinds/registry.ts";
import type { CSIDriver, VolumeAttachment } from "../../kinds/storage/v1-types.ts";
import { metadata, node, pod } from "../../test/fakes/cluster-objects.ts";
import type { Plan } from "../runner/controller.ts";
import { View } from "../view/view.ts";
import { attachDetachController } from "./controller.ts";
import { forgetGone, planGoneNode } from "./gone-node.ts";
import { attachmentName } from "./names.ts";
import { MAX_WAIT_MS, planAttachments, type SeenNode, type Wanted } from "./plan.ts";

const NOW = Date.parse("2026-01-01T00:00:00Z");
const volume = (accessModes = ["ReadWriteOnce"]): PersistentVolume =>
  ({
    metadata: metadata("v"),
    spec: { accessModes, csi: { driver: "d", volumeHandle: "h" } },
  }) as unknown as PersistentVolume;
const attachment = (status: object = { attached: true }, more: object = {}, nodeName = "n"): VolumeAttachment =>
  ({
    apiVersion: "storage.k8s.io/v1",
    kind: "VolumeAttachment",
    metadata: metadata("csi-1", { namespace: "", ...more }),
    spec: { attacher: "d", nodeName, source: { persistentVolumeName: "v" } },
    status,
  }) as VolumeAttachment;
const NAME = "kubernetes.io/csi/d^h";
const wanted = (accessModes?: string[]): Wanted => ({ volume: volume(accessModes), name: "csi-1", pods: [pod("p")] });
const having = (status: object): Node => node("n", { status });
const ATTACHED = { volumesAttached: [{ name: NAME, devicePath: "" }] };

const plan = (seen: Partial<SeenNode>): Plan =>
  planAttachments({
    node: having({}),
    lostSinceMs: undefined,
    isOutOfService: false,
    wanted: [],
    attachments: [],
    attachmentsOf: () => [],
    isNews: () => true,
    nowMs: NOW,
    ...seen,
  });
const steps = ({ actions }: Plan) => actions.map(({ op }) => `${op.verb} ${op.resource.split(".")[0]}`);
const told = ({ events = [] }: Plan) => events.map(({ type, reason }) => `${type} ${reason}`);
const ours = (made: VolumeAttachment) => [{ attachment: made, volume: volume() }];

describe("planAttachments", () => {
  it("[AD1] the attachment is named as the other side expects it", async () => {
    const hash = createHash("sha256").update("hdn").digest("hex");
    expect(await attachmentName({ driver: "d", volumeHandle: "h", nodeName: "n" })).toBe(`csi-${hash}`);
  });

  it("[AD2] attaches what pods want", () => {
    const { actions } = plan({ wanted: [wanted()] });
    expect(actions[0]?.op).toMatchObject({
      verb: "create",
      object: {
        metadata: { name: "csi-1" },
        spec: { attacher: "d", nodeName: "n", source: { persistentVolumeName: "v" } },
      },
    });
  });

  it("[AD3] once attached, the node says so, and the pods hear of it", () => {
    const seen = { wanted: [wanted()], attachments: ours(attachment()) };
    const first = plan(seen);
    expect(first.actions[0]?.op).toMatchObject({ subresource: "status", patch: { status: ATTACHED } });
    expect(told(first)).toEqual(["Normal SuccessfulAttachVolume"]);
    expect(plan({ ...seen, node: having(ATTACHED) })).toEqual({ actions: [] });
  });

  it.each([
    {
      name: "[AD4] waits while it is being attached",
      attachments: ours(attachment({ attached: false })),
      steps: [],
      told: [],
    },
    {
      name: "[AD5] tells why it cannot",
      attachments: ours(attachment({ attached: false, attachError: { message: "no" } })),
      steps: [],
      told: ["Warning FailedAttachVolume"],
    },
    {
      name: "[AD6] another node has it exclusively",
      attachmentsOf: () => [attachment({}, {}, "m")],
      steps: [],
      told: ["Warning FailedAttachVolume"],
    },
    {
      name: "[AD7] another node may have it too",
      modes: ["ReadWriteMany"],
      attachmentsOf: () => [attachment({}, {}, "m")],
      steps: ["create volumeattachments"],
      told: [],
    },
  ])("$name", ({ steps: wants, told: hears, modes, ...seen }) => {
    const made = plan({ wanted: [wanted(modes)], ...seen });
    expect([steps(made), told(made)]).toEqual([wants, hears]);
  });

  const inUse = { ...ATTACHED, volumesInUse: [NAME] };
  it.each([
    {
      name: "[AD8] detaches what nobody wants, and the node says so first",
      node: having(ATTACHED),
      steps: ["patch nodes", "delete volumeattachments"],
    },
    { name: "[AD9] not while the node uses it", node: having(inUse), steps: ["patch nodes"] },
    {
      name: "[AD10] a lost node is given time",
      node: having(inUse),
      lostSinceMs: NOW,
      steps: ["patch nodes"],
      againAtMs: NOW + MAX_WAIT_MS,
    },
    {
      name: "[AD11] and no more than that",
      node: having(inUse),
      lostSinceMs: NOW - MAX_WAIT_MS,
      steps: ["patch nodes", "delete volumeattachments"],
    },
    {
      name: "[AD12] one out of service uses nothing",
      node: having(inUse),
      lostSinceMs: NOW,
      isOutOfService: true,
      steps: ["patch nodes", "delete volumeattachments"],
    },
    {
      name: "[AD13] not twice",
      node: having({}),
      attachments: ours(attachment({ attached: true }, { deletionTimestamp: "x" })),
      steps: [],
    },
  ])("$name", ({ steps: wants, againAtMs, ...seen }) => {
    const made = plan({ attachments: ours(attachment()), ...seen });
    expect([steps(made), made.againAtMs]).toEqual([wants, againAtMs]);
  });
});

describe("planGoneNode", () => {
  const gone = (agoMs: number) => {
    const since = new Date(NOW - agoMs).toISOString().replace(".000", "");
    return attachment({ attached: true }, { annotations: { "kedge.dev/node-gone-since": since } });
  };

  it.each([
    { name: "[AD20] notes since when", made: attachment(), steps: ["patch"], againAtMs: NOW + MAX_WAIT_MS },
    { name: "[AD21] waits", made: gone(60_000), steps: [], againAtMs: NOW - 60_000 + MAX_WAIT_MS },
    { name: "[AD22] then detaches", made: gone(MAX_WAIT_MS), steps: ["delete"] },
    { name: "[AD23] not while pods of the node are there", made: gone(MAX_WAIT_MS), isWanted: true, steps: [] },
  ])("$name", ({ made, steps: wants, againAtMs, isWanted = false }) => {
    const result = planGoneNode({ attachments: [made], isWanted: () => isWanted, nowMs: NOW });
    expect([result.actions.map(({ op }) => op.verb), result.againAtMs]).toEqual([wants, againAtMs]);
  });

  it("[AD24] a node that comes back starts anew", () => {
    expect(forgetGone([attachment()])).toEqual([]);
    expect(forgetGone([gone(0)])[0]?.op).toMatchObject({
      patch: { metadata: { annotations: { "kedge.dev/node-gone-since": null } } },
    });
  });
});

describe("Attach-detach controller", () => {
  it("[AD30] looks after the volumes of a node that is gone", () => {
    const controller = attachDetachController();
    const view = new View(registry);
    const made = attachment({ attached: true }, { name: `csi-${"0".repeat(64)}` });
    view.volumeAttachments.put(made);
    const keys = controller.watches.nodes!({ type: "deleted", resource: "nodes", object: node("n") }, view);
    expect([...keys!]).toEqual(["n"]);
    const { actions } = controller.plan("n", view, { nowMs: NOW, random: () => 0, attempts: 0, failures: [] });
    expect(actions.map(({ op }) => `${op.verb} ${op.resource}`)).toEqual(["patch volumeattachments.storage.k8s.io"]);
  });

  it("[AD31] detaches what needs no attaching any more, once its driver says so", () => {
    const controller = attachDetachController();
    const view = new View(registry);
    view.nodes.put(node("n"));
    view.volumeAttachments.put(attachment({ attached: true }, { name: `csi-${"0".repeat(64)}` }));
    const { attacher: name } = attachment().spec;
    const driver = { metadata: metadata(name, { namespace: "" }), spec: { attachRequired: false } } as CSIDriver;
    const change = { type: "added" as const, resource: "csidrivers.storage.k8s.io", object: driver };
    expect([...controller.watches[change.resource]!(change, view)!]).toEqual(["n"]);
    const { actions } = controller.plan("n", view, { nowMs: NOW, random: () => 0, attempts: 0, failures: [] });
    expect(actions.map(({ op }) => `${op.verb} ${op.resource}`)).toEqual(["delete volumeattachments.storage.k8s.io"]);
  });
});
