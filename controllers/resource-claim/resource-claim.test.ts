import { describe, expect, it } from "vitest";
import type { Pod } from "../../kinds/core/v1-types.ts";
import { registry } from "../../kinds/registry.ts";
import type { ResourceClaim, ResourceClaimTemplate } from "../../kinds/resource/v1-types.ts";
import { seededRandom } from "../../machinery/meta/random.ts";
import { controlledBy, metadata, pod } from "../../test/fakes/cluster-objects.ts";
import type { Plan } from "../runner/controller.ts";
import { View } from "../view/view.ts";
import { resourceClaimController } from "./controller.ts";
import { FINALIZER, planResourceClaim } from "./plan-claim.ts";
import { POD_CLAIM_NAME, planPodClaims } from "./plan-pod.ts";

const resourceClaims = [{ name: "gpu", resourceClaimTemplateName: "gpus" }];
const owner = pod("p", { spec: { resourceClaims } });
const claim = (name: string, more: { metadata?: object; status?: object } = {}): ResourceClaim =>
  ({
    apiVersion: "resource.k8s.io/v1",
    kind: "ResourceClaim",
    metadata: metadata(name, more.metadata),
    spec: {},
    status: more.status ?? {},
  }) as ResourceClaim;
const template = {
  metadata: metadata("gpus"),
  spec: { metadata: { labels: { a: "b" } }, spec: { devices: { requests: [] } } },
} as unknown as ResourceClaimTemplate;
const consumer = (name: string, uid = `uid-of-${name}`) => ({ resource: "pods", name, uid });
const steps = ({ actions }: Plan) =>
  actions.map(
    ({ op }) => `${op.verb} ${op.resource}${"subresource" in op && op.subresource ? `/${op.subresource}` : ""}`,
  );

describe("planPodClaims", () => {
  const plan = (
    it: Pod,
    seen: { claims?: ResourceClaim[]; owned?: ResourceClaim[]; template?: ResourceClaimTemplate } = {},
  ) =>
    planPodClaims({
      pod: it,
      claim: (name) => seen.claims?.find(({ metadata }) => metadata.name === name),
      template: () => ("template" in seen ? seen.template : template),
      owned: seen.owned ?? [],
      random: seededRandom(1),
    });
  const named = (name: string, edits: Parameters<typeof pod>[1] = {}) =>
    pod("p", {
      ...edits,
      spec: { resourceClaims, ...edits.spec },
      status: { phase: "Pending", resourceClaimStatuses: [{ name: "gpu", resourceClaimName: name }] },
    });

  it("[RC1] makes the claim, and then says so in the pod's status", () => {
    const { actions } = plan(owner);
    expect(actions[0]?.op).toMatchObject({
      verb: "create",
      object: {
        metadata: {
          generateName: "p-gpu-",
          labels: { a: "b" },
          annotations: { [POD_CLAIM_NAME]: "gpu" },
          ...controlledBy(owner),
        },
        spec: { devices: { requests: [] } },
      },
    });
    const { name } = (actions[0]!.op as unknown as { object: { metadata: { name: string } } }).object.metadata;
    expect(actions[1]).toMatchObject({
      op: {
        subresource: "status",
        patch: { status: { resourceClaimStatuses: [{ name: "gpu", resourceClaimName: name }] } },
      },
      needs: 0,
    });
    expect(actions[0]?.failureEvent?.({ message: "no" } as never)?.message).toBe(
      "PodResourceClaim gpu: create ResourceClaim : no",
    );
  });

  it("[RC2] takes the one that was made but not told of", () => {
    const orphan = claim("p-gpu-x", { metadata: { ...controlledBy(owner), annotations: { [POD_CLAIM_NAME]: "gpu" } } });
    expect(steps(plan(owner, { owned: [orphan] }))).toEqual(["patch pods/status"]);
  });

  it.each([
    {
      name: "[RC3] is there: nothing",
      pod: named("c"),
      claims: [claim("c", { metadata: controlledBy(owner) })],
      steps: [],
    },
    {
      name: "[RC4] is gone: another",
      pod: named("c"),
      claims: [],
      steps: ["create resourceclaims.resource.k8s.io", "patch pods/status"],
    },
    {
      name: "[RC5] is another's: another",
      pod: named("c"),
      claims: [claim("c")],
      steps: ["create resourceclaims.resource.k8s.io", "patch pods/status"],
    },
    {
      name: "[RC6] the user's own claim: nothing",
      pod: pod("p", { spec: { resourceClaims: [{ name: "gpu", resourceClaimName: "c" }] } }),
      claims: [],
      steps: [],
    },
    {
      name: "[RC7] not for a pod that is going",
      pod: pod("p", { metadata: { deletionTimestamp: "x" }, spec: { resourceClaims } }),
      claims: [],
      steps: [],
    },
    {
      name: "[RC8] on a node already: reserves what is allocated",
      pod: pod("p", { spec: { nodeName: "n", resourceClaims: [{ name: "gpu", resourceClaimName: "c" }] } }),
      claims: [claim("c", { status: { allocation: {}, reservedFor: [consumer("q")] } })],
      steps: ["patch resourceclaims.resource.k8s.io/status"],
    },
    {
      name: "[RC9] reserved already: nothing",
      pod: pod("p", { spec: { nodeName: "n", resourceClaims: [{ name: "gpu", resourceClaimName: "c" }] } }),
      claims: [claim("c", { status: { allocation: {}, reservedFor: [consumer("p")] } })],
      steps: [],
    },
  ])("$name", ({ pod, claims, steps: wanted }) => {
    expect(steps(plan(pod, { claims }))).toEqual(wanted);
  });

  it("[RC10] tells of a template that is missing", () => {
    expect(plan(owner, { template: undefined as never }).events?.[0]).toMatchObject({
      type: "Warning",
      reason: "FailedResourceClaimCreation",
      message:
        'PodResourceClaim gpu: resource claim template "gpus": resourceclaimtemplate.resource.k8s.io "gpus" not found',
    });
  });

  it("[RC11] shortens both names alike", () => {
    const long = pod("p".repeat(60), {
      spec: { resourceClaims: [{ name: "g".repeat(60), resourceClaimTemplateName: "gpus" }] },
    });
    const { generateName } = (
      plan(long).actions[0]!.op as unknown as { object: { metadata: { generateName: string } } }
    ).object.metadata;
    expect(generateName).toBe(`${"p".repeat(28)}-${"g".repeat(28)}`);
  });
});

describe("planResourceClaim", () => {
  const held = { metadata: { finalizers: [FINALIZER] } };
  const pods: { [name: string]: Pod } = {
    runs: pod("runs", { spec: { nodeName: "n" } }),
    ended: pod("ended", { status: { phase: "Succeeded" } }),
    never: pod("never", { metadata: { deletionTimestamp: "x" } }),
  };
  const made = (owner: Pod) => claim("c", { metadata: controlledBy(owner) });
  it.each([
    {
      name: "[RC20] used: nothing",
      claim: claim("c", { ...held, status: { allocation: {}, reservedFor: [consumer("runs")] } }),
      steps: [],
    },
    {
      name: "[RC21] one of two has ended",
      claim: claim("c", { ...held, status: { allocation: {}, reservedFor: [consumer("runs"), consumer("ended")] } }),
      steps: ["patch resourceclaims.resource.k8s.io/status"],
      allocated: true,
    },
    {
      name: "[RC22] the last has ended: free",
      claim: claim("c", { ...held, status: { allocation: {}, reservedFor: [consumer("ended")] } }),
      steps: ["patch resourceclaims.resource.k8s.io/status", "patch resourceclaims.resource.k8s.io"],
      allocated: false,
    },
    {
      name: "[RC23] one that will never run does not count",
      claim: claim("c", { status: { reservedFor: [consumer("never")] } }),
      steps: ["patch resourceclaims.resource.k8s.io/status"],
    },
    {
      name: "[RC24] nor one that another has replaced",
      claim: claim("c", { status: { reservedFor: [consumer("runs", "before")] } }),
      steps: ["patch resourceclaims.resource.k8s.io/status"],
    },
    {
      name: "[RC25] allocated before anybody uses it: stays so",
      claim: claim("c", { ...held, status: { allocation: {} } }),
      steps: [],
    },
    {
      name: "[RC26] deleted and unused: free",
      claim: claim("c", { metadata: { finalizers: [FINALIZER], deletionTimestamp: "x" }, status: { allocation: {} } }),
      steps: ["patch resourceclaims.resource.k8s.io/status", "patch resourceclaims.resource.k8s.io"],
      allocated: false,
    },
    {
      name: "[RC27] made for a pod that has ended: goes",
      claim: made(pods.ended!),
      steps: ["delete resourceclaims.resource.k8s.io"],
    },
    { name: "[RC28] made for a pod that runs: stays", claim: made(pods.runs!), steps: [] },
    { name: "[RC29] made for a pod that is gone: left to the garbage collector", claim: made(pod("gone")), steps: [] },
  ])("$name", ({ claim, steps: wanted, allocated }) => {
    const plan = planResourceClaim(claim, (name) => pods[name]);
    expect(steps(plan)).toEqual(wanted);
    if (allocated !== undefined) {
      const { status } = (plan.actions[0]!.op as unknown as { patch: { status: object } }).patch;
      expect("allocation" in status).toBe(!allocated);
    }
  });
});

describe("resourceClaimController", () => {
  const view = new View(registry);
  for (const one of [
    pod("waits", { spec: { resourceClaims: [{ name: "gpu", resourceClaimName: "shared" }] } }),
    pod("placed", { spec: { nodeName: "n", resourceClaims: [{ name: "gpu", resourceClaimName: "shared" }] } }),
    pod("other", { spec: { nodeName: "n", resourceClaims: [{ name: "gpu", resourceClaimName: "another" }] } }),
    pod("made", { spec: { resourceClaims } }),
  ])
    view.pods.put(one);
  const woken = (resource: string, object: { metadata: object }) => [
    ...(resourceClaimController.watches[resource]?.({ type: "added", resource, object }, view) ?? []),
  ];

  it.each([
    { name: "[RC30] allocated: pods on nodes that name it", status: { allocation: {} }, also: ["pod:default/placed"] },
    { name: "[RC31] not allocated: none", status: {}, also: [] },
  ])("$name", ({ status, also }) => {
    expect(woken("resourceclaims.resource.k8s.io", claim("shared", { status }))).toEqual([
      "claim:default/shared",
      ...also,
    ]);
  });

  it("[RC32] a template wakes the pods that name it", () => {
    expect(woken("resourceclaimtemplates.resource.k8s.io", template)).toEqual(["pod:default/made"]);
  });

  it.each([
    {
      name: "[RC33] a pod: itself, and the claim it names",
      is: pod("p", { spec: { resourceClaims: [{ name: "gpu", resourceClaimName: "shared" }] } }),
      wakes: ["pod:default/p", "claim:default/shared"],
    },
    {
      name: "[RC34] one with devices for extended resources: their claim, which is free when it has ended",
      is: pod("ended", {
        status: {
          phase: "Succeeded",
          extendedResourceClaimStatus: { resourceClaimName: "ended-extended-resources-x", requestMappings: [] },
        },
      }),
      wakes: ["claim:default/ended-extended-resources-x"],
    },
    { name: "[RC35] one without claims: nothing", is: pod("plain"), wakes: [] },
  ])("$name", ({ is, wakes }) => {
    expect(woken("pods", is)).toEqual(wakes);
  });
});
