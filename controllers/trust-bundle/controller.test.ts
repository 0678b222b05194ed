import { expect, it } from "vitest";
import type { ClusterTrustBundle } from "../../kinds/generated/api/certificates-v1beta1.ts";
import { registry } from "../../kinds/registry.ts";
import { metadata } from "../../test/fakes/cluster-objects.ts";
import type { Answer } from "../runner/controller.ts";
import { View } from "../view/view.ts";
import { API_SERVER_SIGNER, planTrustBundle, trustBundlePublisher } from "./controller.ts";

const bundle = (name: string, trustBundle: string): ClusterTrustBundle =>
  ({ metadata: metadata(name, { namespace: "" }), spec: { signerName: API_SERVER_SIGNER, trustBundle } }) as never;

it.each([
  { name: "[TB1] none yet: it is made", own: [], does: ["create"] },
  { name: "[TB2] as it should be: nothing", own: [bundle("b", "CA")], does: [] },
  { name: "[TB3] somebody has changed it: it is put right", own: [bundle("b", "other")], does: ["patch b"] },
  {
    name: "[TB4] those of former days go",
    own: [bundle("a", "old"), bundle("b", "CA"), bundle("c", "older")],
    does: ["delete a", "delete c"],
  },
])("$name", ({ own, does }) => {
  const { actions } = planTrustBundle({ name: "b", certificates: "CA", own });
  const said = actions.map(({ op }) =>
    op.verb === "create" ? op.verb : `${op.verb} ${(op as { name: string }).name}`,
  );
  expect(said).toEqual(does);
});

it("[TB5] is named after signer and content", async () => {
  const publisher = trustBundlePublisher("CA");
  const seen = { nowMs: 0, random: () => 0, attempts: 0, failures: [] };
  const view = new View(registry);
  const [question] = publisher.plan("bundle", view, seen).asks!;
  const answers = new Map<string, Answer>([["name", { ok: true, value: await question!.ask() }]]);
  const [action] = publisher.plan("bundle", view, { ...seen, answers }).actions;
  expect(action?.op).toMatchObject({
    verb: "create",
    // The first 12 bytes of what `printf CA | sha256sum` says.
    object: { metadata: { name: "kubernetes.io:kube-apiserver-serving:4b650e5c4785025dee7bd65e" } },
  });
});
