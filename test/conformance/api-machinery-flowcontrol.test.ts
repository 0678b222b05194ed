import { beforeEach, describe, expect, it } from "vitest";
import { startApi, type TestApi } from "../api/in-process.ts";
import { discovered, ok, supportsApiOperations } from "./kit.ts";

const GROUP = "flowcontrol.apiserver.k8s.io/v1";
let api: TestApi;
beforeEach(async () => {
  api = await startApi();
});

const CONDITION = (type: string) => ({ type, status: "True", reason: "Test", message: "by a test" });

/** The status is read, updated and patched through its own subresource; the spec stays. */
async function hasStatus(path: string, type: string): Promise<void> {
  const object = ok(await api.get(`${path}/status`));
  object.status.conditions = [CONDITION(type)];
  const updated = ok(await api.replace(`${path}/status`, object));
  expect(updated.status.conditions).toMatchObject([CONDITION(type)]);
  const status = { conditions: [{ ...CONDITION(type), message: "patched" }] };
  const patched = ok(
    await api.patch(`${path}/status`, { metadata: { annotations: { patchedstatus: "true" } }, status }),
  );
  expect(patched.status.conditions[0].message).toBe("patched");
  expect(patched.metadata.annotations).toMatchObject({ patchedstatus: "true" });
  expect(patched.spec).toEqual(object.spec);
}

describe("[sig-api-machinery] API priority and fairness", () => {
  it("should support FlowSchema API operations [Conformance]", async () => {
    await discovered(api, GROUP, ["flowschemas", "flowschemas/status"]);
    const path = `/apis/${GROUP}/flowschemas`;
    const make = (name: string) => ({
      apiVersion: GROUP,
      kind: "FlowSchema",
      metadata: { name },
      spec: {
        matchingPrecedence: 10_000,
        priorityLevelConfiguration: { name: "global-default" },
        distinguisherMethod: { type: "ByUser" },
        rules: [
          {
            subjects: [{ kind: "User", user: { name: "example-e2e-non-existent-user" } }],
            nonResourceRules: [{ verbs: ["*"], nonResourceURLs: ["*"] }],
          },
        ],
      },
    });
    await supportsApiOperations(api, path, make);
    ok(await api.create(path, make("with-status")), 201);
    await hasStatus(`${path}/with-status`, "Dangling");
  });

  it("should support PriorityLevelConfiguration API operations [Conformance]", async () => {
    await discovered(api, GROUP, ["prioritylevelconfigurations", "prioritylevelconfigurations/status"]);
    const path = `/apis/${GROUP}/prioritylevelconfigurations`;
    const make = (name: string) => ({
      apiVersion: GROUP,
      kind: "PriorityLevelConfiguration",
      metadata: { name },
      spec: { type: "Limited", limited: { nominalConcurrencyShares: 2, limitResponse: { type: "Reject" } } },
    });
    await supportsApiOperations(api, path, make);
    ok(await api.create(path, make("with-status")), 201);
    await hasStatus(`${path}/with-status`, "FakeCondition");
  });

  it("should ensure that requests can be classified by adding FlowSchema and PriorityLevelConfiguration", async () => {
    const headersOf = async (user: string) => {
      const { headers } = await api.get("/version", { as: { user, groups: ["system:authenticated"] } });
      return [headers.get("x-kubernetes-pf-flowschema-uid"), headers.get("x-kubernetes-pf-prioritylevel-uid")];
    };
    const before = await headersOf("noxu");
    const spec = { type: "Limited", limited: { nominalConcurrencyShares: 1, limitResponse: { type: "Reject" } } };
    const level = ok(
      await api.create(`/apis/${GROUP}/prioritylevelconfigurations`, { metadata: { name: "e2e" }, spec }),
      201,
    );
    const rules = [
      {
        subjects: [{ kind: "User", user: { name: "noxu" } }],
        nonResourceRules: [{ verbs: ["*"], nonResourceURLs: ["*"] }],
      },
    ];
    const schema = ok(
      await api.create(`/apis/${GROUP}/flowschemas`, {
        metadata: { name: "e2e" },
        spec: { matchingPrecedence: 1000, priorityLevelConfiguration: { name: "e2e" }, rules },
      }),
      201,
    );
    expect(await headersOf("noxu")).toEqual([schema.metadata.uid, level.metadata.uid]);
    expect(await headersOf("foo")).toEqual(before);
    ok(await api.delete(`/apis/${GROUP}/flowschemas/e2e`));
    expect(await headersOf("noxu")).toEqual(before);
  });
});
