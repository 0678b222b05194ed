/** Metrics and the audit log. */
import { describe, expect, it } from "vitest";
import { decodeRemote, encodeRemote } from "../../edge-api/observe/audit/remote.ts";
import { auditedAnswer } from "../../edge-api/worker/audit-answer.ts";
import { configMap, pod, START_MS, startApi } from "./in-process.ts";

const MAPS = "/api/v1/namespaces/default/configmaps";

describe("/metrics", () => {
  it("[MX1] counts requests by code, times them, and what is stored", async () => {
    const api = await startApi();
    await api.get("/metrics");
    await api.create(MAPS, configMap("a"));
    await api.get(`${MAPS}/a`);
    await api.get(`${MAPS}/a`);
    await api.get(`${MAPS}/none`);
    const { text, headers } = await api.get("/metrics");
    expect(headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    const labels = (verb: string, scope: string) =>
      `component="apiserver",dry_run="",group="",resource="configmaps",scope="${scope}",subresource="",verb="${verb}",version="v1"`;
    expect(text).toContain(`apiserver_request_total{code="200",${labels("GET", "resource")}} 2\n`);
    expect(text).toContain(`apiserver_request_total{code="404",${labels("GET", "resource")}} 1\n`);
    expect(text).toContain(`apiserver_request_total{code="201",${labels("POST", "resource")}} 1\n`);
    expect(text).toContain(`apiserver_request_duration_seconds_bucket{${labels("GET", "resource")},le="+Inf"} 3\n`);
    expect(text).toContain(`apiserver_request_duration_seconds_count{${labels("GET", "resource")}} 3\n`);
    expect(text).toContain(`apiserver_current_inflight_requests{request_kind="readOnly"} 1\n`);
    const stored = Number(/apiserver_storage_objects\{resource="configmaps"\} (\d+)/.exec(text)?.[1]);
    await api.delete(`${MAPS}/a`);
    const after = (await api.get("/metrics")).text;
    expect(Number(/apiserver_storage_objects\{resource="configmaps"\} (\d+)/.exec(after)?.[1])).toBe(stored - 1);
  });

  it("[MX2] counts open watches and what they were sent", async () => {
    const api = await startApi();
    const response = await api.raw("GET", `${MAPS}?watch=1`);
    await api.create(MAPS, configMap("a"));
    const { text } = await api.get("/metrics");
    expect(text).toMatch(/apiserver_longrunning_requests\{[^}]*resource="configmaps"[^}]*\} 1\n/);
    expect(text).toMatch(/apiserver_watch_events_total\{group="",resource="configmaps",version="v1"\} [1-9]/);
    expect(text).toMatch(
      /apiserver_watch_events_sizes_bucket\{group="",resource="configmaps",version="v1",le="1024"\} [1-9]/,
    );
    await response.body?.cancel();
  });

  it("[MX4] labels requests as kube-apiserver does", async () => {
    const api = await startApi();
    const applied = { body: configMap("b"), contentType: "application/apply-patch+yaml" };
    await api.request("PATCH", `${MAPS}/b?fieldManager=m`, applied);
    await api.get("/api/v1/configmaps");
    await api.get("/livez/ping");
    await api.get("/api/v1/endpoints", { as: { user: "system:kube-scheduler", groups: ["system:masters"] } });
    await api.get("/api/v1/pods", { as: { user: "u", groups: ["system:authenticated"] } });
    const { text } = await api.get("/metrics");
    const line = (labels: string, count: number) =>
      expect(text).toContain(
        `apiserver_request_total{${labels.replace("@", 'component="apiserver",dry_run=""')}} ${count}\n`,
      );
    line('code="201",@,group="",resource="configmaps",scope="resource",subresource="",verb="APPLY",version="v1"', 1);
    line('code="200",@,group="",resource="configmaps",scope="cluster",subresource="",verb="LIST",version="v1"', 1);
    line('code="200",@,group="",resource="",scope="",subresource="/livez",verb="GET",version=""', 1);
    expect(text).toContain('apiserver_storage_list_total{group="",resource="configmaps"} 1\n');
    expect(text).toContain(
      'apiserver_requested_deprecated_apis{group="",version="v1",resource="endpoints",subresource="",removed_release=""} 1\n',
    );
    expect(text).toContain('authenticated_user_requests{username="system:kube-scheduler"} 1\n');
    expect(text).toContain('authorization_attempts_total{result="denied"} 1\n');
    // Every family says what it is, once.
    const names = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names)
      expect(text).toMatch(new RegExp(`^# HELP ${name} \\[(STABLE|BETA|ALPHA)\\] |process_start`, "m"));
  });

  it("[MX5] what the objects around it count is added; one that does not answer is left out", async () => {
    const api = await startApi();
    await api.create(MAPS, configMap("a"));
    api.services.around = {
      owns: (storage) => storage !== "configmaps",
      programs: () => [
        { metrics: async () => "# HELP workqueue_depth d\n# TYPE workqueue_depth gauge\nworkqueue_depth 3\n" },
        { metrics: () => Promise.reject(new Error("asleep")) },
      ],
    };
    const { status, text } = await api.get("/metrics");
    expect(status).toBe(200);
    expect(text).toContain("workqueue_depth 3\n");
    expect(text).not.toContain('apiserver_storage_objects{resource="configmaps"}');
    expect(api.errors).toEqual([new Error("asleep")]);
  });

  it("[MX7] component statuses: who answers is well", async () => {
    const api = await startApi();
    api.services.around = {
      owns: () => true,
      programs: () => [
        { component: "controller-manager", metrics: async () => "" },
        { component: "scheduler", metrics: () => Promise.reject(new Error("asleep")) },
        { metrics: async () => "" },
      ],
    };
    const at = "/api/v1/componentstatuses";
    const { body } = await api.get(at, { headers: { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" } });
    expect(body.rows.map(({ cells }: { cells: string[] }) => cells)).toEqual([
      ["controller-manager", "Healthy", "ok", ""],
      ["scheduler", "Unhealthy", "", "it does not answer"],
      ["etcd-0", "Healthy", "ok", ""],
    ]);
    expect((await api.get(`${at}/etcd-0`)).body).toEqual({
      kind: "ComponentStatus",
      apiVersion: "v1",
      metadata: { name: "etcd-0" },
      conditions: [{ type: "Healthy", status: "True", message: "ok" }],
    });
    const missing = await api.get(`${at}/kubelet`);
    expect([missing.status, missing.body.message]).toEqual([404, 'componentstatuses "kubelet" not found']);
    expect((await api.get(`${at}?watch=1`)).status).toBe(405);
  });

  it("[MX6] /metrics/slis tells of each health check how it is and how often it was asked", async () => {
    const api = await startApi();
    await api.get("/livez");
    const { text, headers } = await api.get("/metrics/slis");
    expect(headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(text).toContain('kubernetes_healthcheck{name="etcd",type="readyz"} 1\n');
    expect(text).toContain('kubernetes_healthchecks_total{name="ping",status="success",type="livez"} 2\n');
    api.services.env.store.get = () => {
      throw new Error("disk on fire");
    };
    const after = (await api.get("/metrics/slis")).text;
    expect(after).toContain('kubernetes_healthcheck{name="etcd",type="readyz"} 0\n');
    expect(after).toContain('kubernetes_healthchecks_total{name="etcd",status="error",type="readyz"} 1\n');
  });

  it("[MX8] counts what each admission plugin did, and all of them together", async () => {
    const api = await startApi();
    const runsOf = async (labels: string) => {
      const { text } = await api.get("/metrics");
      const line = text.split("\n").find((line) => line.startsWith(`apiserver_admission_${labels} `));
      return Number(line?.split(" ").at(-1) ?? 0);
    };
    const runs = [
      'controller_admission_duration_seconds_count{name="NamespaceLifecycle",type="admit",operation="CREATE",rejected="false"}',
      'controller_admission_duration_seconds_count{name="NamespaceLifecycle",type="admit",operation="CREATE",rejected="true"}',
      'controller_admission_duration_seconds_bucket{name="ResourceQuota",type="validate",operation="CREATE",rejected="false",le="0.005"}',
      'step_admission_duration_seconds_count{type="admit",operation="CREATE",rejected="true"}',
      'step_admission_duration_seconds_count{type="validate",operation="CREATE",rejected="false"}',
      'controller_admission_duration_seconds_count{name="PodSecurity",type="validate",operation="CREATE",rejected="false"}',
    ];
    const before = await Promise.all(runs.map(runsOf));
    await api.create(MAPS, configMap("a"));
    await api.create(MAPS, configMap("b"));
    await api.create("/api/v1/namespaces/none/configmaps", configMap("c"));
    const after = await Promise.all(runs.map(runsOf));
    expect(after.map((count, i) => count - before[i]!)).toEqual([2, 1, 2, 1, 2, 0]);
  });

  it("[MX9] counts what policies and the Pod Security Standards found", async () => {
    const api = await startApi();
    const group = "/apis/admissionregistration.k8s.io/v1";
    const rules = [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["configmaps"] }];
    await api.create(`${group}/validatingadmissionpolicies`, {
      metadata: { name: "p" },
      spec: { matchConstraints: { resourceRules: rules }, validations: [{ expression: "object.data.a == 'b'" }] },
    });
    await api.create(`${group}/validatingadmissionpolicybindings`, {
      metadata: { name: "b" },
      spec: { policyName: "p", validationActions: ["Deny", "Audit"] },
    });
    await api.create(MAPS, configMap("a", { data: { a: "c" } }));
    await api.create(MAPS, configMap("a", { data: {} }));
    await api.create(MAPS, configMap("a", { data: { a: "b" } }));
    const labels = {
      "pod-security.kubernetes.io/enforce": "baseline",
      "pod-security.kubernetes.io/enforce-version": "v1.99",
      "pod-security.kubernetes.io/warn": "restricted",
    };
    const pods = "/api/v1/namespaces/default/pods";
    await api.create("/api/v1/namespaces/default/serviceaccounts", { metadata: { name: "default" } });
    await api.create(pods, pod("a", { hostNetwork: true }));
    await api.patch("/api/v1/namespaces/default", { metadata: { labels } });
    await api.create(pods, pod("b"));
    await api.create(pods, pod("c", { hostNetwork: true }));
    const { text } = await api.get("/metrics");
    const lines = text.split("\n").filter((line) => /^(pod_security_eval|apiserver_validating)/.test(line));
    const of = (decision: string, mode: string, level: string, version: string) =>
      `pod_security_evaluations_total{decision="${decision}",mode="${mode}",policy_level="${level}",policy_version="${version}",request_operation="create",resource="pod",subresource=""} 1`;
    const check = (action: string, error: string) =>
      `apiserver_validating_admission_policy_check_total{enforcement_action="${action}",error_type="${error}",policy="p",policy_binding="b"} 1`;
    expect(lines).toEqual([
      check("deny", "no_error"),
      check("audit", "no_error"),
      check("deny", "invalid_error"),
      check("audit", "invalid_error"),
      of("allow", "enforce", "privileged", "latest"),
      of("allow", "enforce", "baseline", "future"),
      of("deny", "warn", "restricted", "latest"),
      of("deny", "enforce", "baseline", "future"),
    ]);
  });

  it("[MX10] measures answers to reads; counts requests by the level of their audit", async () => {
    const api = await startApi({
      auditPolicy: "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: Metadata}]",
    });
    await api.create(MAPS, configMap("a", { data: { k: "x".repeat(2000) } }));
    const { text: read } = await api.get(`${MAPS}/a`);
    const { text } = await api.get("/metrics");
    const labels =
      'component="apiserver",group="",resource="configmaps",scope="resource",subresource="",verb="GET",version="v1"';
    expect(text).toContain(`apiserver_response_sizes_bucket{${labels},le="1000"} 0\n`);
    expect(text).toContain(`apiserver_response_sizes_bucket{${labels},le="10000"} 1\n`);
    expect(text).toContain(`apiserver_response_sizes_sum{${labels}} ${read.length}\n`);
    expect(text).toContain('apiserver_audit_level_total{level="Metadata"} 3\n');
  });

  it("[MX3] is not for everybody", async () => {
    const api = await startApi();
    expect((await api.get("/metrics", { as: { user: "u", groups: ["system:authenticated"] } })).status).toBe(403);
  });
});

describe("audit log", () => {
  const policyOf = (level: string, resources: string[]): string =>
    JSON.stringify({
      apiVersion: "audit.k8s.io/v1",
      kind: "Policy",
      rules: [{ level, resources: [{ group: "", resources }] }],
    });
  const started = async (level: string, resources = ["configmaps"]) => {
    const lines: string[] = [];
    const api = await startApi({
      auditPolicy: policyOf(level, resources),
      auditWrite: (line) => void lines.push(line),
    });
    // biome-ignore lint/suspicious/noExplicitAny: events are looked into
    const events = (): any[] => lines.map((line) => JSON.parse(line));
    return { api, events };
  };

  it("[AU1] who did what, when, with which answer", async () => {
    const { api, events } = await started("Metadata");
    await api.create(MAPS, configMap("a"), { headers: { "audit-id": "given-1", "user-agent": "kubectl/v1" } });
    await api.get("/api/v1/namespaces");
    expect(events()).toEqual([
      expect.objectContaining({ stage: "RequestReceived", auditID: "given-1" }),
      expect.objectContaining({
        kind: "Event",
        apiVersion: "audit.k8s.io/v1",
        level: "Metadata",
        stage: "ResponseComplete",
        requestURI: MAPS,
        verb: "create",
        user: { username: "admin", groups: ["system:masters", "system:authenticated"] },
        userAgent: "kubectl/v1",
        objectRef: { resource: "configmaps", namespace: "default", name: "a", apiVersion: "v1" },
        responseStatus: { metadata: {}, code: 201 },
        requestReceivedTimestamp: "2026-01-01T00:00:00.000000Z",
      }),
    ]);
    expect(events()[1].requestObject).toBeUndefined();
  });

  it("[AU2] bodies when the level says so, and the request still has its own", async () => {
    const { api, events } = await started("RequestResponse");
    const { status } = await api.create(MAPS, configMap("a", { data: { k: "v" } }));
    expect(status).toBe(201);
    const last = events().at(-1);
    expect(last.requestObject.data).toEqual({ k: "v" });
    expect(last.responseObject.metadata.uid).toBeTruthy();
  });

  it("[AU3] a refusal says why; whom a caller acts as is told", async () => {
    const { api, events } = await started("Metadata");
    await api.get(`${MAPS}/a`, { headers: { "impersonate-user": "jane" } });
    expect(events().at(-1)).toMatchObject({
      user: { username: "admin" },
      impersonatedUser: { username: "jane" },
      authenticationMetadata: { impersonationConstraint: "impersonate:user-info" },
      responseStatus: { code: 403, status: "Failure", reason: "Forbidden", details: { name: "a", kind: "configmaps" } },
      annotations: { "authorization.k8s.io/decision": "forbid", "authorization.k8s.io/reason": "" },
    });
  });

  it("[AU4] a watch starts and ends", async () => {
    const { api, events } = await started("Metadata");
    const response = await api.raw("GET", `${MAPS}?watch=1`);
    expect(events().map(({ stage }) => stage)).toEqual(["RequestReceived", "ResponseStarted"]);
    await response.body?.cancel();
    expect(events().at(-1).stage).toBe("ResponseComplete");
  });

  it("[AU6] what comes from a node begins here; what is told of it later goes with its way", async () => {
    const { api, events } = await started("Metadata", ["*"]);
    await api.create("/api/v1/namespaces/default/serviceaccounts", { metadata: { name: "default" } });
    await api.create("/api/v1/namespaces/default/pods", pod("p", { nodeName: "n1" }));
    const before = events().length;
    const { body } = await api.get("/api/v1/namespaces/default/pods/p/exec?command=ls&stdout=1", {
      headers: { "x-kedge-route": "1", "x-kedge-source-ips": "10.0.0.1,192.0.2.1" },
    });
    const told = events().slice(before);
    expect(told).toMatchObject([{ stage: "RequestReceived", sourceIPs: ["10.0.0.1", "192.0.2.1"] }]);
    expect(body.node).toBe("n1");
    const { auditID, requestURI } = told[0];
    expect(body.audit.event).toMatchObject({ auditID, requestURI, verb: "get", objectRef: { subresource: "exec" } });

    const lines: string[] = [];
    const log = { write: (line: string) => void lines.push(line), nowMs: () => START_MS + 1_500 };
    const answer = auditedAnswer(new Response("some output"), body.audit, log);
    const stages = () => lines.map((line) => JSON.parse(line).stage);
    expect(stages()).toEqual(["ResponseStarted"]);
    expect(await answer.text()).toBe("some output");
    expect(stages()).toEqual(["ResponseStarted", "ResponseComplete"]);
    expect(JSON.parse(lines[1]!)).toMatchObject({
      auditID,
      responseStatus: { code: 200 },
      requestReceivedTimestamp: "2026-01-01T00:00:00.000000Z",
      stageTimestamp: "2026-01-01T00:00:01.500000Z",
    });
    // As long as a command may be: what a socket must keep stays small.
    const uri = `/${"x".repeat(20_000)}`;
    const kept = encodeRemote({ ...body.audit, event: { ...body.audit.event, requestURI: uri } });
    expect(kept.length).toBeLessThan(6_000);
    expect(decodeRemote(kept).event.requestURI).toBe(uri.slice(0, 2_000));
  });

  it("[AU8] a watch over a WebSocket: what is told of its end stays with the socket", async () => {
    const { api, events } = await started("Metadata", ["*"]);
    let kept = "";
    api.services.acceptWatch = ({ audit = "" }) => {
      kept = audit;
      return new Response(null, { status: 299 });
    };
    await api.get("/api/v1/pods?watch=1", {
      headers: { upgrade: "websocket", "impersonate-user": "jane", "impersonate-group": "system:masters" },
    });
    expect(
      events()
        .map(({ stage }: { stage: string }) => stage)
        .slice(-2),
    ).toEqual(["RequestReceived", "ResponseStarted"]);
    const { event, omitStages } = decodeRemote(kept);
    expect([event.auditID, omitStages]).toEqual([events().at(-1).auditID, []]);
    expect(event).toMatchObject({ verb: "watch", user: { username: "admin" }, impersonatedUser: { username: "jane" } });
  });

  it("[AU7] what the plugins and the issuer of tokens note", async () => {
    const { api, events } = await started("Metadata", ["*"]);
    await api.create("/api/v1/namespaces/default/serviceaccounts", { metadata: { name: "default" } });
    const { annotations } = events().at(-1);
    expect(annotations).toEqual({ "authorization.k8s.io/decision": "allow", "authorization.k8s.io/reason": "" });
    const security = "pod-security.kubernetes.io/";
    await api.create("/api/v1/namespaces/default/pods", pod("free"));
    expect(events().at(-1).annotations[`${security}enforce-policy`]).toBe("privileged:latest");
    await api.patch("/api/v1/namespaces/default", {
      metadata: { labels: { [`${security}enforce`]: "baseline", [`${security}audit`]: "restricted" } },
    });
    await api.create("/api/v1/namespaces/default/pods", pod("p"));
    expect(events().at(-1).annotations[`${security}enforce-policy`]).toBe("baseline:latest");
    // Nothing is enforced on what makes pods of a template.
    const template = { metadata: { labels: { a: "b" } }, spec: (pod("p") as { spec: object }).spec };
    await api.create("/api/v1/namespaces/default/replicationcontrollers", {
      metadata: { name: "r" },
      spec: { selector: { a: "b" }, template },
    });
    const { annotations: noted } = events().at(-1);
    expect(Object.keys(noted).filter((key) => key.startsWith(security))).toEqual([`${security}audit-violations`]);
    await api.create("/api/v1/namespaces/default/serviceaccounts/default/token", { spec: {} });
    expect(events().at(-1).annotations["authentication.kubernetes.io/issued-credential-id"]).toMatch(/^JTI=/);
  });

  it("[AU9] old tokens and old versions are noted", async () => {
    const { api, events } = await started("Metadata", ["*"]);
    await api.create("/api/v1/namespaces/default/serviceaccounts", { metadata: { name: "a" } });
    const noted = () => events().at(-1).annotations;
    const warnAfter = Math.floor(api.services.env.clock.now() / 1000);
    const as = { user: "system:serviceaccount:default:a", groups: [], warnAfter };
    await api.get("/api/v1/endpoints", { as });
    expect(noted()).not.toHaveProperty("authentication.k8s.io/stale-token");
    api.advance(70_000);
    await api.get("/api/v1/endpoints", { as });
    expect(noted()).toMatchObject({
      "authentication.k8s.io/stale-token": `subject: ${as.user}, seconds after warning threshold: 70`,
    });
    await api.get("/api/v1/endpoints");
    expect(noted()).toMatchObject({ "k8s.io/deprecated": "true" });
  });

  it("[AU5] every answer carries the id the client gave, or one of its own", async () => {
    const api = await startApi();
    expect((await api.get("/version", { headers: { "audit-id": "mine" } })).headers.get("audit-id")).toBe("mine");
    expect((await api.get("/version")).headers.get("audit-id")).toMatch(/^[\da-f-]{36}$/);
  });
});
