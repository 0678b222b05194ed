import { describe, expect, it } from "vitest";
import { registry } from "../../kinds/registry.ts";
import { metadata, namespace } from "../../test/fakes/cluster-objects.ts";
import { serviceAccountController } from "../service-account/controller.ts";
import { View } from "../view/view.ts";
import { rootCaController } from "./controller.ts";

const seen = { nowMs: 0, random: () => 0, attempts: 0, failures: [] };
const view = (setUp: (view: View) => void = () => {}): View => {
  const made = new View(registry);
  made.namespaces.put(namespace("live"));
  made.namespaces.put(
    namespace("dying", { metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" }, status: { phase: "Terminating" } }),
  );
  setUp(made);
  return made;
};

describe("ServiceAccount default", () => {
  it.each([
    { name: "[SA1] is made in a namespace that lacks it", namespace: "live", has: false, creates: 1 },
    { name: "[SA2] is not made twice", namespace: "live", has: true, creates: 0 },
    { name: "[SA3] nor in a namespace that is being deleted", namespace: "dying", has: false, creates: 0 },
    { name: "[SA4] nor in one that is gone", namespace: "gone", has: false, creates: 0 },
  ])("$name", ({ namespace: ns, has, creates }) => {
    const account = { apiVersion: "v1", kind: "ServiceAccount", metadata: metadata("default", { namespace: "live" }) };
    const { actions } = serviceAccountController.plan(
      ns,
      view((v) => has && v.serviceAccounts.put(account)),
      seen,
    );
    expect(actions).toHaveLength(creates);
    if (creates)
      expect(actions[0]?.op).toMatchObject({
        verb: "create",
        namespace: "live",
        object: { kind: "ServiceAccount", metadata: { name: "default" } },
      });
  });
});

describe("ConfigMap kube-root-ca.crt", () => {
  const controller = rootCaController("PEM");
  const configMap = (data: { [key: string]: string }) => ({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: metadata("kube-root-ca.crt", { namespace: "live" }),
    data,
  });
  const plan = (ns: string, data?: { [key: string]: string }) =>
    controller
      .plan(
        ns,
        view((v) => data && v.configMaps.put(configMap(data))),
        seen,
      )
      .actions.map(({ op }) => op);

  it("[CA1] is made with the certificate", () => {
    expect(plan("live")).toMatchObject([
      { verb: "create", object: { metadata: { name: "kube-root-ca.crt" }, data: { "ca.crt": "PEM" } } },
    ]);
  });

  it("[CA2] is put right when somebody changed it", () => {
    expect(plan("live", { "ca.crt": "other", extra: "x" })).toMatchObject([
      { verb: "patch", patch: { data: { "ca.crt": "PEM", extra: null } } },
    ]);
  });

  it("[CA3] stays when it is right; not made in a namespace that is being deleted", () => {
    expect(plan("live", { "ca.crt": "PEM" })).toEqual([]);
    expect(plan("dying")).toEqual([]);
  });
});
