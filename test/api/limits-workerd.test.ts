/** Limits in a real workerd: its stack, its sockets, its turns of the event loop. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MAX_DEPTH } from "../../machinery/codec/json.ts";
import { ADMIN_TOKEN, startWorker, type WorkerUnderTest } from "./workerd.ts";

const NAMESPACE = "/api/v1/namespaces/default";
const REVISIONS = "/apis/apps/v1/namespaces/default/controllerrevisions";
const FLOW = "/apis/flowcontrol.apiserver.k8s.io/v1";
const ADMIN = { authorization: `Bearer ${ADMIN_TOKEN}` };

let worker: WorkerUnderTest;

beforeAll(async () => {
  worker = await startWorker();
});
afterAll(() => worker?.stop());

interface Call {
  body?: string | ReadableStream<Uint8Array> | object;
  headers?: { [name: string]: string };
}

async function call(method: string, path: string, { body, headers = ADMIN }: Call = {}) {
  const isPlain = typeof body === "object" && !(body instanceof ReadableStream);
  const response = await fetch(worker.url + path, {
    method,
    headers: { ...(body !== undefined && { "content-type": "application/json" }), ...headers },
    ...(body !== undefined && { body: isPlain ? JSON.stringify(body) : body, duplex: "half" }),
  } as RequestInit);
  return { status: response.status, text: await response.text(), headers: response.headers };
}

describe("limits in workerd", () => {
  it("[LW1] what is nested as deep as may be is written, read in every encoding and patched without ending the stack", async () => {
    const nested = (depth: number): string => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;
    const path = `${REVISIONS}/deep`;
    const body = `{"metadata":{"name":"deep"},"revision":1,"data":${nested(MAX_DEPTH - 2)}}`;
    expect((await call("POST", REVISIONS, { body })).status).toBe(201);
    for (const accept of ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"]) {
      expect([accept, (await call("GET", path, { headers: { ...ADMIN, accept } })).status]).toEqual([accept, 200]);
    }
    const patch = `{"data":${nested(MAX_DEPTH - 2)}}`;
    for (const [type, text] of [
      ["application/merge-patch+json", patch],
      ["application/strategic-merge-patch+json", patch],
      ["application/json-patch+json", `[{"op":"replace","path":"/data","value":${nested(MAX_DEPTH - 2)}}]`],
      [
        "application/apply-patch+yaml",
        `{"apiVersion":"apps/v1","kind":"ControllerRevision","revision":2,${patch.slice(1)}`,
      ],
    ]) {
      const headers = { ...ADMIN, "content-type": type! };
      const { status, text: answer } = await call(
        "PATCH",
        path + (type!.includes("apply") ? "?fieldManager=me&force=true" : ""),
        { body: text!, headers },
      );
      expect([type, status, status < 300 ? "" : answer]).toEqual([type, 200, ""]);
    }
    const deeper = await call("POST", REVISIONS, { body: `{"data":${nested(MAX_DEPTH)}}` });
    expect([deeper.status, JSON.parse(deeper.text).message]).toEqual([
      400,
      expect.stringContaining("exceeded max depth"),
    ]);
  });

  it("[LW6] a selector may be long, as kube-apiserver takes it", async () => {
    const names = Array.from({ length: 3_000 }, (_, i) => `name-${String(i).padStart(12, "0")}`).join(",");
    const { status, text } = await call("GET", `${NAMESPACE}/configmaps?labelSelector=app+in+(${names})`);
    expect([status, JSON.parse(text).kind]).toEqual([200, "ConfigMapList"]);
  });

  it("[LW2] a body of unknown length is read up to 3 MiB", async () => {
    let sent = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent++;
        if (sent > 80) controller.close();
        else controller.enqueue(new Uint8Array(64 * 1024).fill(32));
      },
    });
    const { status, text } = await call("POST", `${NAMESPACE}/configmaps`, { body });
    expect([status, JSON.parse(text).message]).toEqual([413, "Request entity too large: limit is 3145728"]);
  });

  it("[LW3] who floods one level waits and is refused; others are served meanwhile", async () => {
    for (const name of ["flood", "quiet"]) {
      await call("POST", `${NAMESPACE}/serviceaccounts`, { body: { metadata: { name } } });
    }
    const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "view" };
    const subjects = [{ kind: "Group", apiGroup: "rbac.authorization.k8s.io", name: "system:serviceaccounts" }];
    await call("POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", {
      body: { metadata: { name: "all" }, roleRef, subjects },
    });
    const queuing = { queues: 1, handSize: 1, queueLengthLimit: 5 };
    const limited = {
      nominalConcurrencyShares: 0,
      borrowingLimitPercent: 0,
      limitResponse: { type: "Queue", queuing },
    };
    await call("POST", `${FLOW}/prioritylevelconfigurations`, {
      body: { metadata: { name: "tiny" }, spec: { type: "Limited", limited } },
    });
    const rules = [
      {
        subjects: [{ kind: "ServiceAccount", serviceAccount: { name: "flood", namespace: "default" } }],
        resourceRules: [{ verbs: ["*"], apiGroups: ["*"], resources: ["*"], namespaces: ["*"] }],
      },
    ];
    const made = await call("POST", `${FLOW}/flowschemas`, {
      body: {
        metadata: { name: "flood" },
        spec: { matchingPrecedence: 50, priorityLevelConfiguration: { name: "tiny" }, rules },
      },
    });
    const { uid } = JSON.parse(made.text).metadata;
    const headersOf = async (name: string) => {
      const { text } = await call("POST", `${NAMESPACE}/serviceaccounts/${name}/token`, { body: {} });
      return { authorization: `Bearer ${JSON.parse(text).status.token}` };
    };
    const [flood, quiet] = [await headersOf("flood"), await headersOf("quiet")];
    const get = (headers: { [name: string]: string }) => call("GET", `${NAMESPACE}/configmaps`, { headers });
    const [flooded, others] = await Promise.all([
      Promise.all(Array.from({ length: 150 }, () => get(flood))),
      Promise.all(Array.from({ length: 30 }, () => get(quiet))),
    ]);
    const count = (answers: { status: number }[], code: number) =>
      answers.filter(({ status }) => status === code).length;
    expect(count(others, 200)).toBe(30);
    expect(count(flooded, 200) + count(flooded, 429)).toBe(150);
    expect(count(flooded, 200)).toBeGreaterThan(0);
    expect(count(flooded, 429)).toBeGreaterThan(50);
    expect(flooded[0]!.headers.get("x-kubernetes-pf-flowschema-uid")).toBe(uid);
    // What is no longer asked for is served again.
    expect((await get(flood)).status).toBe(200);
    const metrics = await call("GET", "/metrics");
    expect(metrics.text).toMatch(
      /apiserver_flowcontrol_dispatched_requests_total\{flow_schema="flood",priority_level="tiny"\} [1-9]/,
    );
  });

  it("[LW5] a repeated get tells its schema however it is answered", async () => {
    const schema = async () => JSON.parse((await call("GET", `${FLOW}/flowschemas/exempt`)).text).metadata.uid;
    const uid = await schema();
    for (let i = 0; i < 4; i++) {
      const { headers } = await call("GET", `${NAMESPACE}`);
      expect(headers.get("x-kubernetes-pf-flowschema-uid")).toBe(uid);
    }
  });

  it("[LW4] events are classified too, in their own object", async () => {
    const { headers } = await call("GET", `${NAMESPACE}/events`);
    const exempt = JSON.parse((await call("GET", `${FLOW}/flowschemas/exempt`)).text);
    expect(headers.get("x-kubernetes-pf-flowschema-uid")).toBe(exempt.metadata.uid);
  });
});
