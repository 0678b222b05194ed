import { describe, expect, it } from "vitest";
import { type Answer, startApi, type TestApi } from "../api/in-process.ts";

const GROUP = "/apis/admissionregistration.k8s.io/v1";
const DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments";
const onDeployments = {
  resourceRules: [
    { apiGroups: ["apps"], apiVersions: ["v1"], operations: ["CREATE", "UPDATE"], resources: ["deployments"] },
  ],
};

const made = async (answer: Promise<Answer>): Promise<Answer["body"]> => {
  const { status, text, body } = await answer;
  expect(status, text).toBe(201);
  return body;
};

async function validated(
  api: TestApi,
  spec: object,
  binding: object = { validationActions: ["Deny"] },
  name = "policy.example.com",
): Promise<void> {
  const policy = { metadata: { name }, spec: { matchConstraints: onDeployments, ...spec } };
  await made(api.create(`${GROUP}/validatingadmissionpolicies`, policy));
  const bound = { metadata: { name: `binding-of-${name}` }, spec: { policyName: name, ...binding } };
  await made(api.create(`${GROUP}/validatingadmissionpolicybindings`, bound));
}

async function mutated(api: TestApi, mutation: object, more: object = {}, name = "policy.example.com"): Promise<void> {
  const spec = { matchConstraints: onDeployments, reinvocationPolicy: "Never", mutations: [mutation], ...more };
  await made(api.create(`${GROUP}/mutatingadmissionpolicies`, { metadata: { name }, spec }));
  const bound = { metadata: { name: `binding-of-${name}` }, spec: { policyName: name } };
  await made(api.create(`${GROUP}/mutatingadmissionpolicybindings`, bound));
}

const applied = (expression: string) => ({ patchType: "ApplyConfiguration", applyConfiguration: { expression } });
const jsonPatch = (expression: string) => ({ patchType: "JSONPatch", jsonPatch: { expression } });

const deployment = (name: string, replicas = 1, more: object = {}) => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name, ...more },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: "c", image: "i" }] } },
  },
});

describe("[sig-api-machinery] ValidatingAdmissionPolicy [Privileged:ClusterAdmin]", () => {
  it("should validate against a Deployment [Conformance]", async () => {
    const api = await startApi();
    const validations = [
      {
        expression: "object.spec.replicas > 1",
        messageExpression: "'wants more than 1, has ' + string(object.spec.replicas)",
      },
      { expression: "object.spec.replicas > 2", message: "three at least" },
    ];
    await validated(api, { validations });
    const refused = await api.create(DEPLOYMENTS, deployment("one", 1));
    expect(refused.status).toBe(422);
    const message =
      "deployments.apps \"one\" is forbidden: ValidatingAdmissionPolicy 'policy.example.com' with binding 'binding-of-policy.example.com' denied request: wants more than 1, has 1";
    expect(refused.body).toMatchObject({
      reason: "Invalid",
      message,
      details: { name: "one", group: "apps", kind: "deployments" },
    });
    expect((await api.create(DEPLOYMENTS, deployment("two", 2))).body.message).toContain(
      "denied request: three at least",
    );
    await made(api.create(DEPLOYMENTS, deployment("three", 3)));
    expect((await api.patch(`${DEPLOYMENTS}/three`, { spec: { replicas: 1 } })).status).toBe(422);
    // Others are none of its business.
    await made(api.create("/api/v1/namespaces/default/configmaps", { metadata: { name: "c" } }));
    await api.delete(`${GROUP}/validatingadmissionpolicybindings/binding-of-policy.example.com`);
    await made(api.create(DEPLOYMENTS, deployment("one", 1)));
  });

  it("should allow expressions to refer variables. [Conformance]", async () => {
    const api = await startApi();
    await validated(api, {
      variables: [
        { name: "replicas", expression: "object.spec.replicas" },
        { name: "oddReplicas", expression: "variables.replicas % 2 == 1" },
      ],
      validations: [
        { expression: "variables.replicas > 1" },
        { expression: "variables.oddReplicas", reason: "Forbidden" },
      ],
    });
    expect((await api.create(DEPLOYMENTS, deployment("one", 1))).body.message).toContain(
      "denied request: failed expression: variables.replicas > 1",
    );
    const even = await api.create(DEPLOYMENTS, deployment("two", 2));
    expect([even.status, even.body.reason]).toEqual([403, "Forbidden"]);
    await made(api.create(DEPLOYMENTS, deployment("three", 3)));
  });

  it.each([
    {
      name: "an expression that makes no sense",
      spec: { validations: [{ expression: "object.spec.replicas >" }] },
      path: "spec.validations[0].expression",
      says: "Syntax error",
    },
    {
      name: "one that is no condition",
      spec: { validations: [{ expression: "'yes'" }] },
      path: "spec.validations[0].expression",
      says: "must evaluate to bool",
    },
    {
      name: "a message that is no text",
      spec: { validations: [{ expression: "true", messageExpression: "1" }] },
      path: "spec.validations[0].messageExpression",
      says: "must evaluate to string",
    },
    {
      name: "a variable that is not there",
      spec: { validations: [{ expression: "variables.x" }] },
      path: "spec.validations[0].expression",
      says: "undefined field 'x'",
    },
    {
      name: "parameters without a kind",
      spec: { validations: [{ expression: "params.x" }] },
      path: "spec.validations[0].expression",
      says: "undeclared reference to 'params'",
    },
  ])("refuses $name", async ({ spec, path, says }) => {
    const api = await startApi();
    const policy = { metadata: { name: "p" }, spec: { matchConstraints: onDeployments, ...spec } };
    const { status, body } = await api.create(`${GROUP}/validatingadmissionpolicies`, policy);
    expect(status).toBe(422);
    expect(body.details.causes).toMatchObject([{ field: path, reason: "FieldValueInvalid" }]);
    expect(body.message).toContain(says);
  });

  it("warns where it should not deny, and fails as its failurePolicy says", async () => {
    const api = await startApi();
    const validations = [{ expression: "object.metadata.labels.team == 'a'" }];
    await validated(api, { validations, failurePolicy: "Ignore" }, { validationActions: ["Warn", "Audit"] }, "warns");
    const labelled = await api.create(DEPLOYMENTS, deployment("b", 1, { labels: { team: "b" } }));
    expect(labelled.status).toBe(201);
    expect(labelled.headers.get("warning")).toContain(
      "Validation failed for ValidatingAdmissionPolicy 'warns' with binding 'binding-of-warns': failed expression",
    );
    // The expression fails where there are no labels.
    expect((await made(api.create(DEPLOYMENTS, deployment("none")))).metadata.name).toBe("none");
    await validated(api, { validations }, undefined, "denies");
    expect((await api.create(DEPLOYMENTS, deployment("other"))).body.message).toContain(
      "resulted in error: no such key: labels",
    );
  });

  it("looks at conditions, parameters, namespaces and rights", async () => {
    const api = await startApi();
    await made(
      api.create("/api/v1/namespaces/default/configmaps", { metadata: { name: "limits" }, data: { most: "3" } }),
    );
    await validated(
      api,
      {
        paramKind: { apiVersion: "v1", kind: "ConfigMap" },
        matchConditions: [{ name: "not-exempt", expression: "!object.metadata.name.startsWith('big')" }],
        validations: [
          { expression: "object.spec.replicas <= int(params.data.most)" },
          { expression: "namespaceObject.metadata.name == 'default' && request.namespace == 'default'" },
          { expression: "authorizer.group('').resource('pods').namespace('default').check('list').allowed()" },
          { expression: "authorizer.requestResource.check('delete').allowed()" },
        ],
      },
      { validationActions: ["Deny"], paramRef: { name: "limits", parameterNotFoundAction: "Deny" } },
    );
    expect((await api.create(DEPLOYMENTS, deployment("four", 4))).status).toBe(422);
    await made(api.create(DEPLOYMENTS, deployment("big", 40)));
    await made(api.create(DEPLOYMENTS, deployment("three", 3)));
    await api.delete("/api/v1/namespaces/default/configmaps/limits");
    expect((await api.create(DEPLOYMENTS, deployment("two", 2))).body.message).toContain(
      "no params found for policy binding",
    );
  });
});

describe("[sig-api-machinery] MutatingAdmissionPolicy [Privileged:ClusterAdmin]", () => {
  it("should mutate a Deployment [Conformance]", async () => {
    const api = await startApi();
    await mutated(api, applied("Object{ spec: Object.spec{ replicas: object.spec.replicas + 4 } }"));
    const created = await made(api.create(DEPLOYMENTS, deployment("web", 1)));
    expect(created.spec.replicas).toBe(5);
    expect(created.spec.template).toEqual((await api.get(`${DEPLOYMENTS}/web`)).body.spec.template);
  });

  it("should mutate a Deployment with annotations [Conformance]", async () => {
    const api = await startApi();
    await mutated(
      api,
      jsonPatch(`[
        JSONPatch{op: "test", path: "/spec/replicas", value: object.spec.replicas},
        JSONPatch{op: "add", path: "/metadata/annotations", value: {}},
        JSONPatch{op: "add", path: "/metadata/annotations/" + jsonpatch.escapeKey("example.com/by"), value: "policy"}
      ]`),
    );
    expect((await made(api.create(DEPLOYMENTS, deployment("web", 1)))).metadata.annotations).toMatchObject({
      "example.com/by": "policy",
    });
  });

  it("adds to lists by their keys, with defaults, one policy after the other", async () => {
    const api = await startApi();
    const sidecar = 'Object.spec.template.spec.containers{name: "sidecar", image: "s"}';
    const template = `Object.spec.template{spec: Object.spec.template.spec{containers: [${sidecar}]}}`;
    await mutated(api, applied(`Object{spec: Object.spec{template: ${template}}}`), {}, "a");
    const count = "string(object.spec.template.spec.containers.size())";
    await mutated(api, applied(`Object{metadata: Object.metadata{labels: {"containers": ${count}}}}`), {}, "b");
    const { spec, metadata } = await made(api.create(DEPLOYMENTS, deployment("web", 1)));
    expect(metadata.labels).toEqual({ containers: "2" });
    expect(spec.template.spec.containers).toMatchObject([
      { name: "c" },
      { name: "sidecar", terminationMessagePath: "/dev/termination-log" },
    ]);
  });

  it.each([
    {
      name: "an atomic list",
      expression:
        'Object{spec: Object.spec{template: Object.spec.template{spec: Object.spec.template.spec{containers: [Object.spec.template.spec.containers{name: "c", command: ["x"]}]}}}}',
      says: "may not mutate atomic arrays, maps or structs: .spec.template.spec.containers[0].command",
    },
    {
      name: "a field that is not there",
      expression: "Object{spec: Object.spec{size: 1}}",
      says: 'unknown field \\"spec.size\\"',
    },
  ])("denies what mutates $name", async ({ expression, says }) => {
    const api = await startApi();
    await mutated(api, applied(expression));
    const { status, text, body } = await api.create(DEPLOYMENTS, deployment("web", 1));
    expect([status, body.reason]).toEqual([403, "Invalid"]);
    expect(body.message).toMatch(
      /^policy 'policy.example.com' with binding 'binding-of-policy.example.com' denied request: /,
    );
    expect(text).toContain(says);
    expect((await api.get(`${DEPLOYMENTS}/web`)).status).toBe(404);
  });
});

describe("what policies see of a request", () => {
  const on = (group: string, version: string, resource: string, ...operations: string[]) => ({
    resourceRules: [{ apiGroups: [group], apiVersions: [version], operations, resources: [resource] }],
  });
  /** Refuses everything, and tells what it saw. */
  const telling = (matchConstraints: object) => ({
    matchConstraints,
    variables: [{ name: "r", expression: "request" }],
    validations: [
      {
        expression: "false",
        messageExpression: `[variables.r.kind.group, variables.r.kind.version, variables.r.kind.kind,
          variables.r.resource.version, variables.r.resource.resource,
          has(variables.r.subResource) ? variables.r.subResource : '', variables.r.requestKind.version,
          variables.r.options.kind, object.kind].join(' ')`,
      },
    ],
  });
  const said = ({ status, body }: Answer): string => {
    expect(status).toBe(422);
    return body.message.split("denied request: ")[1];
  };

  it("[VP1] of a workload's scale: the Scale; who looks at the workload is not asked", async () => {
    const api = await startApi();
    await made(api.create(DEPLOYMENTS, deployment("web")));
    await validated(api, telling(on("apps", "v1", "deployments/scale", "UPDATE")));
    const scaled = await api.patch(`${DEPLOYMENTS}/web/scale`, { spec: { replicas: 3 } });
    expect(said(scaled)).toBe("autoscaling v1 Scale v1 deployments scale v1 UpdateOptions Scale");
    expect((await api.patch(`${DEPLOYMENTS}/web`, { spec: { replicas: 3 } })).status).toBe(200);

    const other = await startApi();
    await made(other.create(DEPLOYMENTS, deployment("web")));
    await validated(other, telling(on("apps", "v1", "deployments", "UPDATE")));
    expect((await other.patch(`${DEPLOYMENTS}/web/scale`, { spec: { replicas: 3 } })).status).toBe(200);
  });

  it("[VP8] of a Namespace: it lies in itself, parameters with it", async () => {
    const api = await startApi();
    const config = { metadata: { name: "params" }, data: { team: "a" } };
    await made(api.create("/api/v1/namespaces/default/configmaps", config));
    await validated(
      api,
      {
        matchConstraints: on("", "v1", "namespaces", "UPDATE"),
        paramKind: { apiVersion: "v1", kind: "ConfigMap" },
        validations: [{ expression: "false", messageExpression: "request.namespace + ' ' + params.data.team" }],
      },
      {
        paramRef: { name: "params", parameterNotFoundAction: "Deny" },
        validationActions: ["Deny"],
      },
    );
    const labelled = await api.patch("/api/v1/namespaces/default", { metadata: { labels: { a: "b" } } });
    expect(said(labelled)).toBe("default a");
  });

  it("[VP2] mutations of a scale count", async () => {
    const api = await startApi();
    await made(api.create(DEPLOYMENTS, deployment("web")));
    await mutated(
      api,
      applied("Object{spec: Object.spec{replicas: object.spec.replicas > 5 ? 5 : object.spec.replicas}}"),
      {
        matchConstraints: on("apps", "v1", "deployments/scale", "UPDATE"),
      },
    );
    expect((await api.patch(`${DEPLOYMENTS}/web/scale`, { spec: { replicas: 9 } })).body.spec).toEqual({ replicas: 5 });
    expect((await api.get(`${DEPLOYMENTS}/web`)).body.spec.replicas).toBe(5);
  });

  it("[VP3] of an eviction: the Eviction; what it deletes is no second request", async () => {
    const api = await startApi();
    await made(api.create("/api/v1/namespaces/default/serviceaccounts", { metadata: { name: "default" } }));
    const pods = "/api/v1/namespaces/default/pods";
    await made(api.create(pods, { metadata: { name: "p" }, spec: { containers: [{ name: "c", image: "i" }] } }));
    await validated(api, telling(on("", "v1", "pods", "DELETE")), undefined, "deletes");
    const evicts = "policy v1 Eviction v1 pods eviction v1 CreateOptions Eviction";
    await validated(api, telling(on("", "v1", "pods/eviction", "CREATE")), undefined, "evicts");
    const evict = () =>
      api.create(`${pods}/p/eviction`, { apiVersion: "policy/v1", kind: "Eviction", metadata: { name: "p" } });
    expect(said(await evict())).toBe(evicts);
    await api.delete(`${GROUP}/validatingadmissionpolicybindings/binding-of-evicts`);
    expect((await api.delete(`${pods}/p`)).status).toBe(422);
    expect((await evict()).status).toBe(201);
  });

  it("[VP4] of another version: what it is in the one the rule names", async () => {
    const api = await startApi();
    await validated(api, telling(on("autoscaling", "v1", "horizontalpodautoscalers", "CREATE")));
    await mutated(
      api,
      jsonPatch('[JSONPatch{op: "replace", path: "/spec/targetCPUUtilizationPercentage", value: 44}]'),
      { matchConstraints: on("autoscaling", "v1", "horizontalpodautoscalers", "CREATE") },
    );
    const create = () =>
      api.create("/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers", {
        metadata: { name: "a" },
        spec: {
          maxReplicas: 3,
          scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "d" },
          metrics: [
            { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 70 } } },
          ],
        },
      });
    const seen = "autoscaling v1 HorizontalPodAutoscaler v1 horizontalpodautoscalers  v2 CreateOptions";
    expect(said(await create())).toBe(`${seen} HorizontalPodAutoscaler`);
    await api.delete(`${GROUP}/validatingadmissionpolicybindings/binding-of-policy.example.com`);
    const { spec, apiVersion } = await made(create());
    expect([apiVersion, spec.metrics[0].resource.target.averageUtilization]).toEqual(["autoscaling/v2", 44]);
  });

  it("[VP7] what a policy adds gets what all plugins give; policies that want it are asked again", async () => {
    const api = await startApi();
    const namespace = "/api/v1/namespaces/default";
    await made(api.create(`${namespace}/serviceaccounts`, { metadata: { name: "default" } }));
    const limits = [{ type: "Container", default: { cpu: "1" }, defaultRequest: { cpu: "100m" } }];
    await made(api.create(`${namespace}/limitranges`, { metadata: { name: "l" }, spec: { limits } }));
    const matchConstraints = on("", "v1", "pods", "CREATE");
    // By name the first: it sees the sidecar only when it is asked again.
    const count = "string(object.spec.containers.size())";
    const counted = (key: string) => applied(`Object{metadata: Object.metadata{labels: {"${key}": ${count}}}}`);
    await mutated(api, counted("again"), { matchConstraints, reinvocationPolicy: "IfNeeded" }, "a");
    await mutated(api, counted("once"), { matchConstraints }, "b");
    const sidecar = 'Object.spec.containers{name: "sidecar", image: "s"}';
    await mutated(api, applied(`Object{spec: Object.spec{containers: [${sidecar}]}}`), { matchConstraints }, "c");
    const pod = await made(
      api.create(`${namespace}/pods`, { metadata: { name: "p" }, spec: { containers: [{ name: "c", image: "i" }] } }),
    );
    expect(pod.metadata.labels).toEqual({ again: "2", once: "1" });
    for (const { resources, volumeMounts } of pod.spec.containers) {
      expect(resources.requests).toEqual({ cpu: "100m" });
      expect(volumeMounts).toMatchObject([{ mountPath: "/var/run/secrets/kubernetes.io/serviceaccount" }]);
    }
    expect(pod.spec.volumes).toHaveLength(1);
  });

  it("[VP6] what makes no sense any more refuses, as failurePolicy says", async () => {
    const api = await startApi();
    await validated(api, { validations: [{ expression: "true" }] });
    // As an older version may have stored it.
    const { store } = api.services.env;
    const key = {
      resource: "validatingadmissionpolicies.admissionregistration.k8s.io",
      namespace: "",
      name: "policy.example.com",
    };
    const row = store.get(key)!;
    store.transaction(() =>
      store.update(key, row.revision, () => row.value.replace('"expression":"true"', '"expression":"nonsense("')),
    );
    const { status, body } = await api.create(DEPLOYMENTS, deployment("web"));
    expect([status, body.message]).toEqual([
      422,
      expect.stringContaining("denied request: failed to configure binding: spec.validations[0].expression: "),
    ]);
  });

  it("[VP5] a mutation that fails and may leaves the others of its policy", async () => {
    const api = await startApi();
    const label = jsonPatch('[JSONPatch{op: "add", path: "/metadata/labels", value: {"a": "b"}}]');
    const wrong = jsonPatch('[JSONPatch{op: "remove", path: "/spec/none"}]');
    const policy = {
      metadata: { name: "p" },
      spec: {
        matchConstraints: onDeployments,
        reinvocationPolicy: "Never",
        failurePolicy: "Ignore",
        mutations: [label, wrong],
      },
    };
    await made(api.create(`${GROUP}/mutatingadmissionpolicies`, policy));
    await made(
      api.create(`${GROUP}/mutatingadmissionpolicybindings`, { metadata: { name: "b" }, spec: { policyName: "p" } }),
    );
    expect((await made(api.create(DEPLOYMENTS, deployment("web")))).metadata.labels).toEqual({ a: "b" });
  });
});
