/** Objects that describe admission and extension, as resources: what they do is tested where it is done. */
import { beforeEach, describe, expect, it } from "vitest";
import { startApi, type TestApi } from "../api/in-process.ts";
import { discovered, ok, supportsApiOperations } from "./kit.ts";

const GROUP_VERSION = "admissionregistration.k8s.io/v1";
const AT = `/apis/${GROUP_VERSION}`;
let api: TestApi;
beforeEach(async () => {
  api = await startApi();
});

const matchConstraints = {
  resourceRules: [{ apiGroups: ["apps"], apiVersions: ["v1"], operations: ["CREATE"], resources: ["deployments"] }],
};

describe("[sig-api-machinery] ValidatingAdmissionPolicy [Privileged:ClusterAdmin]", () => {
  const policy = (name: string) => ({
    apiVersion: GROUP_VERSION,
    kind: "ValidatingAdmissionPolicy",
    metadata: { name },
    spec: { matchConstraints, validations: [{ expression: "object.spec.replicas <= 100" }] },
  });

  it("should support ValidatingAdmissionPolicy API operations [Conformance]", async () => {
    await discovered(api, GROUP_VERSION, ["validatingadmissionpolicies", "validatingadmissionpolicies/status"]);
    await supportsApiOperations(api, `${AT}/validatingadmissionpolicies`, policy);
  });

  it("should support ValidatingAdmissionPolicy API operations [Conformance]: its status", async () => {
    const at = `${AT}/validatingadmissionpolicies/one/status`;
    ok(await api.create(`${AT}/validatingadmissionpolicies`, policy("one")), 201);
    const condition = {
      type: "Ready",
      status: "True",
      reason: "r",
      message: "m",
      lastTransitionTime: "2026-01-01T00:00:00Z",
    };
    const patched = ok(await api.patch(at, { status: { conditions: [condition] } }));
    expect(patched.status.conditions).toEqual([condition]);
    const updated = ok(await api.replace(at, { ...patched, status: { observedGeneration: 1 } }));
    expect(ok(await api.get(at)).status).toEqual({ observedGeneration: 1 });
    expect(updated.spec).toEqual(patched.spec);
  });

  it("should support ValidatingAdmissionPolicyBinding API operations [Conformance]", async () => {
    await discovered(api, GROUP_VERSION, ["validatingadmissionpolicybindings"]);
    await supportsApiOperations(api, `${AT}/validatingadmissionpolicybindings`, (name) => ({
      apiVersion: GROUP_VERSION,
      kind: "ValidatingAdmissionPolicyBinding",
      metadata: { name },
      spec: { policyName: "replicalimit-policy.example.com", validationActions: ["Deny"] },
    }));
  });
});

describe("[sig-api-machinery] MutatingAdmissionPolicy [Privileged:ClusterAdmin]", () => {
  it("should support MutatingAdmissionPolicy API operations [Conformance]", async () => {
    await discovered(api, GROUP_VERSION, ["mutatingadmissionpolicies"]);
    await supportsApiOperations(api, `${AT}/mutatingadmissionpolicies`, (name) => ({
      apiVersion: GROUP_VERSION,
      kind: "MutatingAdmissionPolicy",
      metadata: { name },
      spec: {
        matchConstraints,
        reinvocationPolicy: "Never",
        mutations: [
          {
            patchType: "ApplyConfiguration",
            applyConfiguration: { expression: "Object{spec: Object.spec{replicas: 1}}" },
          },
        ],
      },
    }));
  });

  it("should support MutatingAdmissionPolicyBinding API operations [Conformance]", async () => {
    await discovered(api, GROUP_VERSION, ["mutatingadmissionpolicybindings"]);
    await supportsApiOperations(api, `${AT}/mutatingadmissionpolicybindings`, (name) => ({
      apiVersion: GROUP_VERSION,
      kind: "MutatingAdmissionPolicyBinding",
      metadata: { name },
      spec: { policyName: "policy.example.com" },
    }));
  });
});

describe("[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin]", () => {
  it("should include webhook resources in discovery documents [Conformance]", async () => {
    await discovered(api, GROUP_VERSION, ["mutatingwebhookconfigurations", "validatingwebhookconfigurations"]);
  });
});

describe("[sig-api-machinery] CustomResourceDefinition resources [Privileged:ClusterAdmin]", () => {
  it("should include custom resource definition resources in discovery documents [Conformance]", async () => {
    await discovered(api, "apiextensions.k8s.io/v1", ["customresourcedefinitions"]);
  });
});
