/** Events in their own object, in a real workerd: rights, namespaces, watches and evictions. */
import { WebSocket } from "undici";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { KubeObject } from "../../machinery/meta/object.ts";
import { ADMIN_TOKEN, startWorker, type WorkerUnderTest } from "./workerd.ts";

const ADMIN = { authorization: `Bearer ${ADMIN_TOKEN}` };
let worker: WorkerUnderTest;

beforeAll(async () => {
  worker = await startWorker();
});
afterAll(() => worker?.stop());

type Answer = KubeObject & { items?: KubeObject[]; status?: { token?: string }; reason?: string; message?: string };
const call = async (method: string, at: string, body?: object, headers: { [name: string]: string } = ADMIN) => {
  const response = await fetch(worker.url + at, {
    method,
    headers: {
      ...headers,
      ...(body && { "content-type": method === "PATCH" ? "application/merge-patch+json" : "application/json" }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: (text.startsWith("{") ? JSON.parse(text) : { text }) as Answer };
};
const eventsOf = (namespace: string) => `/api/v1/namespaces/${namespace}/events`;
const event = (name: string, namespace: string, more = {}) => ({
  metadata: { name },
  involvedObject: { kind: "Pod", namespace, name: "web", uid: `uid-of-${name}` },
  type: "Normal",
  reason: "Tested",
  message: "It was tested.",
  source: { component: "tester" },
  ...more,
});
const makeNamespace = (name: string) => call("POST", "/api/v1/namespaces", { metadata: { name } });
/** Asks until the answer is the one that is waited for; the test's own time limit ends it. */
const until = async <T>(ask: () => Promise<T>, isIt: (answer: T) => boolean): Promise<T> => {
  for (;;) {
    const answer = await ask();
    if (isIt(answer)) return answer;
  }
};
async function tokenOf(namespace: string, account: string): Promise<{ authorization: string }> {
  await call("POST", `/api/v1/namespaces/${namespace}/serviceaccounts`, { metadata: { name: account } });
  const at = `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`;
  return { authorization: `Bearer ${(await call("POST", at, { spec: {} })).body.status?.token}` };
}

describe("events", () => {
  it("[EV1] are written, read, selected, changed and deleted under both of their groups", async () => {
    expect((await call("POST", eventsOf("default"), event("a", "default"))).status).toBe(201);
    expect((await call("POST", eventsOf("default"), event("b", "default", { type: "Warning" }))).status).toBe(201);
    const names = async (query: string) =>
      (await call("GET", `${eventsOf("default")}?${query}`)).body.items?.map(({ metadata }) => metadata.name);
    expect(await names("fieldSelector=reason%3DTested,type%3DWarning")).toEqual(["b"]);
    expect(await names("fieldSelector=involvedObject.uid%3Duid-of-a")).toEqual(["a"]);
    const newer = "/apis/events.k8s.io/v1/namespaces/default/events/a";
    expect((await call("GET", newer)).body).toMatchObject({ regarding: { name: "web" }, note: "It was tested." });
    expect((await call("PATCH", `${eventsOf("default")}/a`, { count: 2 })).body).toMatchObject({ count: 2 });
    expect((await call("DELETE", newer)).status).toBe(200);
    expect((await call("GET", newer)).status).toBe(404);
    expect((await call("GET", "/api/v1/events?fieldSelector=involvedObject.uid%3Duid-of-b")).body.items).toHaveLength(
      1,
    );
  });

  it("[EV12] that come together are told apart: by who writes, where, and whether they are right", async () => {
    await makeNamespace("together");
    const account = await tokenOf("together", "nobody");
    const asked = Array.from({ length: 32 }, (_, i) => {
      if (i % 8 === 5) return call("POST", eventsOf("together"), event(`t-${i}`, "elsewhere"));
      if (i % 8 === 6) return call("POST", eventsOf("missing"), event(`t-${i}`, "missing"));
      if (i % 8 === 7) return call("POST", eventsOf("together"), event(`t-${i}`, "together"), account);
      return call("POST", eventsOf("together"), event(`t-${i}`, "together"));
    });
    const answers = await Promise.all(asked);
    const codes = [201, 201, 201, 201, 201, 422, 404, 403];
    expect(answers.map(({ status }) => status)).toEqual(asked.map((_, i) => codes[i % 8]));
    for (const [i, { status, body }] of answers.entries())
      if (status === 201) expect(body.metadata.name).toBe(`t-${i}`);
    expect((await call("GET", eventsOf("together"))).body.items).toHaveLength(20);
  });

  it("[EV2] are not counted in the revisions of all else", async () => {
    const revision = async () => (await call("GET", "/api/v1/namespaces/kube-public")).body.metadata.resourceVersion;
    const list = async () =>
      Number((await call("GET", "/api/v1/configmaps?limit=1")).body.metadata.resourceVersion) -
      Number(await revision());
    // Until the controllers have done what a new cluster needs.
    const before = await until(list, (found) => found > 0);
    for (let i = 0; i < 20; i++) await call("POST", eventsOf("default"), event(`c-${i}`, "default"));
    expect((await list()) - before).toBeLessThan(20);
  });

  it("[EV3] a namespace made just now takes them, one that is not there or is going does not", async () => {
    for (let i = 0; i < 5; i++) {
      await makeNamespace(`new-${i}`);
      expect((await call("POST", eventsOf(`new-${i}`), event("a", `new-${i}`))).status).toBe(201);
    }
    expect((await call("POST", eventsOf("none"), event("a", "none"))).body).toMatchObject({
      reason: "NotFound",
      message: 'namespaces "none" not found',
    });
  });

  it("[EV4] rights are those of RBAC, from the moment on at which they are given", async () => {
    const someone = await tokenOf("default", "someone");
    const refused = await call("GET", eventsOf("default"), undefined, someone);
    expect(refused.status).toBe(403);
    expect(refused.body.message).toBe(
      'events is forbidden: User "system:serviceaccount:default:someone" cannot list resource "events" in API group "" in the namespace "default"',
    );
    const binding = {
      metadata: { name: "readers" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "view" },
      subjects: [{ kind: "ServiceAccount", name: "someone", namespace: "default" }],
    };
    const bindings = "/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings";
    await call("POST", bindings, binding);
    expect((await call("GET", eventsOf("default"), undefined, someone)).status).toBe(200);
    expect((await call("POST", eventsOf("default"), event("x", "default"), someone)).status).toBe(403);
    await call("DELETE", `${bindings}/readers`);
    await until(
      () => call("GET", eventsOf("default"), undefined, someone),
      ({ status }) => status === 403,
    );
  });

  it("[EV5] a token whose account is gone is none", async () => {
    const gone = await tokenOf("default", "gone");
    await call("DELETE", "/api/v1/namespaces/default/serviceaccounts/gone");
    expect((await call("GET", eventsOf("default"), undefined, gone)).status).toBe(401);
  });

  it("[EV6] outlive an eviction, and so does what is known of rights", async () => {
    await call("POST", eventsOf("default"), event("kept", "default"));
    await worker.crash("EventStore");
    expect((await call("GET", `${eventsOf("default")}/kept`)).status).toBe(200);
    expect((await call("POST", eventsOf("none"), event("a", "none"))).status).toBe(404);
    // What happened while it was away reaches it too.
    await worker.crash("EventStore");
    await makeNamespace("later");
    await worker.crash("ClusterStore");
    expect((await call("POST", eventsOf("later"), event("a", "later"))).status).toBe(201);
  });

  it("[EV9] are admitted by the policies of the cluster", async () => {
    const admission = "/apis/admissionregistration.k8s.io/v1";
    const name = "quiet-events";
    const rules = [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["events"] }];
    const spec = {
      matchConstraints: { resourceRules: rules },
      validations: [{ expression: "object.reason != 'Noise'" }],
    };
    await call("POST", `${admission}/validatingadmissionpolicies`, { metadata: { name }, spec });
    const binding = { metadata: { name }, spec: { policyName: name, validationActions: ["Deny"] } };
    await call("POST", `${admission}/validatingadmissionpolicybindings`, binding);
    let i = 0;
    const noise = () => call("POST", eventsOf("default"), event(`noise-${i++}`, "default", { reason: "Noise" }));
    const refused = await until(noise, ({ status }) => status !== 201);
    expect(refused.status).toBe(422);
    expect(refused.body.message).toContain("ValidatingAdmissionPolicy 'quiet-events'");
    expect((await call("POST", eventsOf("default"), event("told", "default"))).status).toBe(201);
  });

  it("[EV11] policies about them find their parameters, as they are now", async () => {
    const admission = "/apis/admissionregistration.k8s.io/v1";
    const name = "worded-events";
    await makeNamespace("worded");
    const maps = "/api/v1/namespaces/worded/configmaps";
    await call("POST", maps, { metadata: { name: "words" }, data: { forbidden: "Shout" } });
    const rules = [{ apiGroups: [""], apiVersions: ["v1"], operations: ["*"], resources: ["events"] }];
    const spec = {
      paramKind: { apiVersion: "v1", kind: "ConfigMap" },
      matchConstraints: {
        resourceRules: rules,
        namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "worded" } },
      },
      validations: [{ expression: "object == null || object.reason != params.data.forbidden" }],
    };
    await call("POST", `${admission}/validatingadmissionpolicies`, { metadata: { name }, spec });
    const paramRef = { name: "words", namespace: "worded", parameterNotFoundAction: "Deny" };
    const binding = { metadata: { name }, spec: { policyName: name, validationActions: ["Deny"], paramRef } };
    await call("POST", `${admission}/validatingadmissionpolicybindings`, binding);
    let i = 0;
    const tell = (reason: string) => call("POST", eventsOf("worded"), event(`${name}-${i++}`, "worded", { reason }));
    const refused = await until(
      () => tell("Shout"),
      ({ status }) => status !== 201,
    );
    expect(refused.body.message).toContain(
      "failed expression: object == null || object.reason != params.data.forbidden",
    );
    expect((await tell("Whisper")).status).toBe(201);
    await call("PATCH", `${maps}/words`, { data: { forbidden: "Whisper" } });
    expect([(await tell("Shout")).status, (await tell("Whisper")).status]).toEqual([201, 422]);
    await call("DELETE", `${maps}/words`);
    expect((await tell("Shout")).body.message).toContain("no params found for policy binding");
  });

  it("[EV10] a watch over a WebSocket outlives the object's memory", async () => {
    const made = await call("POST", eventsOf("default"), event("seen", "default"));
    const from = made.body.metadata.resourceVersion;
    const query = `watch=1&fieldSelector=reason%3DTested&resourceVersion=${from}`;
    const socket = new WebSocket(`${worker.url.replace("http", "ws")}${eventsOf("default")}?${query}`, {
      headers: ADMIN,
    } as never);
    const seen: string[] = [];
    socket.onmessage = ({ data }) => void seen.push(JSON.parse(String(data)).object.metadata.name);
    await new Promise<void>((resolve, reject) => {
      socket.onopen = () => resolve();
      socket.onerror = () => reject(new Error("the watch could not be opened"));
    });
    await worker.hibernate("EventStore");
    await call("POST", eventsOf("default"), event("woken", "default"));
    await worker.hibernate("EventStore");
    await call("POST", eventsOf("default"), event("again", "default"));
    await until(
      async () => new Promise((resolve) => setImmediate(() => resolve(seen.length))),
      (count) => count === 2,
    );
    expect(seen).toEqual(["woken", "again"]);
    socket.close();
  });

  it("[EV7] go with their namespace", async () => {
    await makeNamespace("old");
    for (let i = 0; i < 10; i++) await call("POST", eventsOf("old"), event(`o-${i}`, "old"));
    await call("DELETE", "/api/v1/namespaces/old");
    await until(
      () => call("GET", "/api/v1/namespaces/old"),
      ({ status }) => status === 404,
    );
    expect((await call("GET", eventsOf("old"))).body.items).toEqual([]);
    expect((await call("POST", eventsOf("old"), event("late", "old"))).status).toBe(404);
  });

  it("[EV8] a watch sees what the controllers tell", async () => {
    const stop = new AbortController();
    const response = await fetch(
      `${worker.url}${eventsOf("default")}?watch=1&fieldSelector=reason%3DScalingReplicaSet`,
      {
        headers: ADMIN,
        signal: stop.signal,
      },
    );
    const labels = { app: "told" };
    await call("POST", "/apis/apps/v1/namespaces/default/deployments", {
      metadata: { name: "told" },
      spec: {
        replicas: 1,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [{ name: "a", image: "x" }] } },
      },
    });
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    while (!text.includes("\n")) text += (await reader.read()).value ?? "";
    expect(JSON.parse(text.split("\n")[0]!)).toMatchObject({
      type: "ADDED",
      object: {
        involvedObject: { kind: "Deployment", name: "told", apiVersion: "apps/v1" },
        source: { component: "deployment-controller" },
        message: expect.stringMatching(/^Scaled up replica set told-[a-z0-9]+ from 0 to 1$/),
      },
    });
    stop.abort();
  });
});
