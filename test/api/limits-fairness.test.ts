/** API Priority and Fairness as clients see it. */
import { beforeEach, describe, expect, it } from "vitest";
import type { Identity } from "../../edge-api/access/identity.ts";
import { ok } from "../conformance/kit.ts";
import { configMap, startApi, type TestApi } from "./in-process.ts";

const GROUP = "/apis/flowcontrol.apiserver.k8s.io/v1";
const MAPS = "/api/v1/namespaces/default/configmaps";
const alice: Identity = { user: "alice", groups: ["system:authenticated"] };

let api: TestApi;

beforeEach(async () => {
  api = await startApi();
  const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" };
  const subjects = [{ kind: "User", apiGroup: "rbac.authorization.k8s.io", name: "alice" }];
  const body = { metadata: { name: "alice" }, roleRef, subjects };
  ok(await api.create("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", body), 201);
});

const settled = () => new Promise((resolve) => setImmediate(resolve));
const uidOf = async (path: string): Promise<string> => ok(await api.get(`${GROUP}/${path}`)).metadata.uid;

describe("flow control objects", () => {
  it("[PF1] are there from the start, and none dangles", async () => {
    const schemas = ok(await api.get(`${GROUP}/flowschemas`)).items;
    expect(schemas.map(({ metadata }: { metadata: { name: string } }) => metadata.name)).toEqual([
      "catch-all",
      "endpoint-controller",
      "exempt",
      "global-default",
      "kube-controller-manager",
      "kube-scheduler",
      "kube-system-service-accounts",
      "probes",
      "service-accounts",
      "system-leader-election",
      "system-node-high",
      "system-nodes",
      "workload-leader-election",
    ]);
    for (const { metadata, status } of schemas) {
      expect(metadata.annotations).toEqual({ "apf.kubernetes.io/autoupdate-spec": "true" });
      expect(status.conditions).toMatchObject([{ type: "Dangling", status: "False", reason: "Found" }]);
    }
    expect(ok(await api.get(`${GROUP}/prioritylevelconfigurations`)).items).toHaveLength(8);
  });

  it("[PF2] come back when they are deleted; mandatory ones cannot be changed", async () => {
    ok(await api.delete(`${GROUP}/flowschemas/catch-all`));
    ok(await api.delete(`${GROUP}/prioritylevelconfigurations/workload-low`));
    await settled();
    ok(await api.get(`${GROUP}/flowschemas/catch-all`));
    ok(await api.get(`${GROUP}/prioritylevelconfigurations/workload-low`));
    const refused = await api.patch(`${GROUP}/flowschemas/exempt`, { spec: { matchingPrecedence: 5 } });
    expect(refused.status).toBe(422);
    expect(refused.body.message).toContain("spec of 'exempt' must equal the fixed value");
  });

  it("[PF3] suggested ones are put right unless they say otherwise", async () => {
    const path = `${GROUP}/prioritylevelconfigurations/workload-low`;
    const shares = async () => ok(await api.get(path)).spec.limited.nominalConcurrencyShares;
    ok(await api.patch(path, { spec: { limited: { nominalConcurrencyShares: 7 } } }));
    await settled();
    expect(await shares()).toBe(100);
    const annotations = { "apf.kubernetes.io/autoupdate-spec": "false" };
    ok(await api.patch(path, { metadata: { annotations }, spec: { limited: { nominalConcurrencyShares: 7 } } }));
    await settled();
    expect(await shares()).toBe(7);
  });

  it("[PF4] a schema is told when its level comes and goes", async () => {
    const path = `${GROUP}/flowschemas`;
    const spec = { priorityLevelConfiguration: { name: "mine" }, matchingPrecedence: 3000, rules: [] };
    const dangling = (body: { status: { conditions: { status: string }[] } }) => body.status.conditions[0]?.status;
    expect(dangling(ok(await api.create(path, { metadata: { name: "a" }, spec }), 201))).toBe("True");
    const level = {
      metadata: { name: "mine" },
      spec: { type: "Limited", limited: { limitResponse: { type: "Reject" } } },
    };
    ok(await api.create(`${GROUP}/prioritylevelconfigurations`, level), 201);
    await settled();
    expect(dangling(ok(await api.get(`${path}/a`)))).toBe("False");
    ok(await api.delete(`${GROUP}/prioritylevelconfigurations/mine`));
    await settled();
    const { conditions } = ok(await api.get(`${path}/a`)).status;
    expect(conditions).toMatchObject([
      {
        reason: "NotFound",
        message:
          'This FlowSchema references the PriorityLevelConfiguration object named "mine" but there is no such object',
      },
    ]);
  });

  it.each([
    [
      "an exempt level of another name",
      "prioritylevelconfigurations",
      { type: "Exempt" },
      "type must be 'Exempt' if and only if `name` is 'exempt'",
    ],
    [
      "too many queues",
      "prioritylevelconfigurations",
      { type: "Limited", limited: { limitResponse: { type: "Queue", queuing: { queues: 10_000_001, handSize: 1 } } } },
      "must not be greater than 10000000",
    ],
    [
      "too large a hand",
      "prioritylevelconfigurations",
      { type: "Limited", limited: { limitResponse: { type: "Queue", queuing: { queues: 1024, handSize: 8 } } } },
      "required entropy bits of deckSize 1024 and handSize 8 should not be greater than 60",
    ],
    [
      "an unknown verb",
      "flowschemas",
      rules({ resourceRules: [{ verbs: ["eat"], apiGroups: ["*"], resources: ["*"], namespaces: ["*"] }] }),
      'Unsupported value: ["eat"]',
    ],
    [
      "all verbs and another",
      "flowschemas",
      rules({ nonResourceRules: [{ verbs: ["*", "get"], nonResourceURLs: ["*"] }] }),
      "if '*' is present, must not specify other verbs",
    ],
    [
      "a URL with a wildcard inside",
      "flowschemas",
      rules({ nonResourceRules: [{ verbs: ["*"], nonResourceURLs: ["/a*b"] }] }),
      "wildcard can only do suffix matching",
    ],
    [
      "a subject that says no name",
      "flowschemas",
      {
        ...rules({}),
        rules: [{ subjects: [{ kind: "User" }], nonResourceRules: [{ verbs: ["*"], nonResourceURLs: ["*"] }] }],
      },
      "user is required when subject kind is 'User'",
    ],
  ])("[PF5] refuses %s", async (_name, resource, spec, message) => {
    const { status, body } = await api.create(`${GROUP}/${resource}`, { metadata: { name: "bad" }, spec });
    expect(status).toBe(422);
    expect(body.message).toContain(message);
  });
});

function rules(rule: object): object {
  const subjects = [{ kind: "Group", group: { name: "g" } }];
  return {
    priorityLevelConfiguration: { name: "global-default" },
    matchingPrecedence: 50,
    rules: [{ subjects, ...rule }],
  };
}

describe("requests", () => {
  it("[PF6] are told their schema and level", async () => {
    const { headers } = await api.get(MAPS, { as: alice });
    expect(headers.get("x-kubernetes-pf-flowschema-uid")).toBe(await uidOf("flowschemas/global-default"));
    expect(headers.get("x-kubernetes-pf-prioritylevel-uid")).toBe(
      await uidOf("prioritylevelconfigurations/global-default"),
    );
    const refused = await api.get(MAPS, { as: { user: "bob", groups: ["system:authenticated"] } });
    expect(refused.status).toBe(403);
    expect(refused.headers.has("x-kubernetes-pf-flowschema-uid")).toBe(true);
  });

  /** So many at once that neither seats nor queues suffice; each waits for its commit. */
  const flood = (count: number, as: Identity) =>
    Promise.all(Array.from({ length: count }, (_, i) => api.create(MAPS, configMap(`${as.user}-${i}`), { as })));

  it("[PF7] beyond what a level takes are refused with 429, Retry-After and upstream's words; nothing of them is written", async () => {
    // Nobody may wait at this level.
    const reject = {
      type: "Limited",
      limited: {
        nominalConcurrencyShares: 1,
        lendablePercent: 0,
        borrowingLimitPercent: 0,
        limitResponse: { type: "Reject" },
      },
    };
    ok(await api.create(`${GROUP}/prioritylevelconfigurations`, { metadata: { name: "tiny" }, spec: reject }), 201);
    const spec = {
      ...rules({ resourceRules: [{ verbs: ["*"], apiGroups: ["*"], resources: ["*"], namespaces: ["*"] }] }),
      priorityLevelConfiguration: { name: "tiny" },
    } as unknown as { rules: { subjects: object[] }[] };
    spec.rules[0]!.subjects = [{ kind: "User", user: { name: "alice" } }];
    ok(await api.create(`${GROUP}/flowschemas`, { metadata: { name: "alice" }, spec }), 201);

    const answers = await flood(20, alice);
    const refused = answers.filter(({ status }) => status === 429);
    const written = answers.filter(({ status }) => status === 201);
    expect(written.length).toBeGreaterThan(0);
    expect(refused.length).toBe(20 - written.length);
    expect(refused[0]).toMatchObject({ text: "Too many requests, please try again later.\n" });
    expect(refused[0]!.headers.get("retry-after")).toBe("1");
    expect(refused[0]!.headers.get("content-type")).toBe("text/plain; charset=utf-8");
    const { items } = ok(await api.get(MAPS));
    expect(
      items.filter(({ metadata }: { metadata: { name: string } }) => metadata.name.startsWith("alice")),
    ).toHaveLength(written.length);
    const { text } = await api.get("/metrics");
    expect(text).toContain(
      `apiserver_flowcontrol_rejected_requests_total{flow_schema="alice",priority_level="tiny",reason="concurrency-limit"} ${refused.length}`,
    );
    expect(text).toContain(
      `apiserver_flowcontrol_dispatched_requests_total{flow_schema="alice",priority_level="tiny"} ${written.length}`,
    );
  });

  it("[PF8] what waits is shown to who may look, in upstream's tables", async () => {
    const { text } = await api.get("/debug/api_priority_and_fairness/dump_priority_levels");
    const [head, ...lines] = text.trimEnd().split("\n");
    expect(head).toMatch(/^PriorityLevelName, +ActiveQueues, +IsIdle, +IsQuiescing, +WaitingRequests, /);
    expect(lines).toHaveLength(8);
    expect(lines.find((line) => line.startsWith("exempt"))).toMatch(/^exempt, +<none>, +<none>, /);
    expect((await api.get("/debug/api_priority_and_fairness/dump_requests")).text).toMatch(
      /^PriorityLevelName, +FlowSchemaName, /,
    );
    expect((await api.get("/debug/api_priority_and_fairness/other")).status).toBe(404);
    const nobody = { user: "bob", groups: ["system:authenticated"] };
    expect((await api.get("/debug/api_priority_and_fairness/dump_queues", { as: nobody })).status).toBe(403);
  });
});
