import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Node, PersistentVolume } from "../../kinds/core/v1-types.ts";
import type { VolumeAttachment } from "../../kinds/storage/v1-types.ts";
import { metadata, node, pod } from "../../test/fakes/cluster-objects.ts";
import type { Plan } from "../runner/controller.ts";
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
