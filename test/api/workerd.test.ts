import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { WebSocket } from "undici";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ADMIN_TOKEN, startWorker, type WorkerUnderTest } from "./workerd.ts";

const MAPS = "/api/v1/namespaces/default/configmaps";
const ADMIN = { authorization: `Bearer ${ADMIN_TOKEN}` };

let worker: WorkerUnderTest;
let dir: string;

beforeAll(async () => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), "kedge-api-test-"));
  worker = await startWorker(dir);
});

afterAll(async () => {
  await worker?.stop();
  fs.rmSync(dir, { recursive: true, force: true });
});

const call = async (method: string, at: string, body?: object, headers: { [name: string]: string } = ADMIN) => {
  const response = await fetch(worker.url + at, {
    method,
    headers: { ...headers, ...(body && { "content-type": "application/json" }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, text, headers: response.headers };
};
// Controllers make config maps too: ours are labelled.
const make = (name: string) => call("POST", MAPS, { metadata: { name, labels: { test: "yes" } } });
const OURS = "labelSelector=test%3Dyes";
const revisionOf = (text: string): number => Number(JSON.parse(text).metadata.resourceVersion);

describe("the Worker", () => {
  it("[K1] answers health and version to anybody, and nothing else", async () => {
    expect((await call("GET", "/readyz", undefined, {})).text).toBe("ok");
    expect(JSON.parse((await call("GET", "/version", undefined, {})).text)).toMatchObject({ major: "1", minor: "36" });
    for (const at of ["/api", MAPS, "/kedge/v1/nodes/n/tunnel", "/api/v1/namespaces/default/pods/p/log"]) {
      const { status, text } = await call("GET", at, undefined, {});
      expect([status, JSON.parse(text).reason]).toEqual([403, "Forbidden"]);
    }
    const { text } = await call("GET", MAPS, undefined, { authorization: "Basic cm9vdDpyb290" });
    expect(JSON.parse(text).message).toBe(
      'configmaps is forbidden: User "system:anonymous" cannot list resource "configmaps" in API group "" in the namespace "default"',
    );
    const unknown = await call("GET", "/readyz", undefined, { authorization: "Bearer wrong", "audit-id": "mine" });
    expect([unknown.status, unknown.headers.get("audit-id")]).toEqual([401, "mine"]);
    const unnamed = await call("GET", "/readyz", undefined, { authorization: "Bearer wrong" });
    expect(unnamed.headers.get("audit-id")).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("[K2] does not believe what a client says of itself", async () => {
    const { text } = await call("POST", `${MAPS.replace("configmaps", "serviceaccounts")}`, {
      metadata: { name: "sa" },
    });
    expect(JSON.parse(text).kind).toBe("ServiceAccount");
    const asked = await call("POST", "/api/v1/namespaces/default/serviceaccounts/sa/token", { spec: {} });
    const token = JSON.parse(asked.text).status.token as string;
    const forged = JSON.stringify({ user: "root", groups: ["system:masters"] });
    for (const extra of [{}, { upgrade: "websocket", connection: "Upgrade" }]) {
      const { status } = await call("GET", MAPS, undefined, {
        authorization: `Bearer ${token}`,
        "x-kedge-identity": forged,
        ...(Object.keys(extra).length > 0 && { "impersonate-user": "system:anonymous" }),
      });
      expect(status).toBe(403);
    }
  });

  it("[K3] a node may open its own tunnel only", async () => {
    const asked = await call("POST", "/kedge/v1/nodes/n1/token");
    const authorization = `Bearer ${JSON.parse(asked.text).token}`;
    const other = await call("GET", "/kedge/v1/nodes/n2/tunnel", undefined, { authorization });
    expect(other.status).toBe(403);
    expect((await call("GET", "/kedge/v1/nodes/n1/tunnel", undefined, ADMIN)).status).toBe(403);
  });

  it("[K4] signs a node's certificate request for names of its own", async () => {
    const asked = await call("POST", "/kedge/v1/nodes/n1/token");
    const authorization = `Bearer ${JSON.parse(asked.text).token}`;
    const sign = async (names: string) => {
      const response = await fetch(`${worker.url}/kedge/v1/nodes/n1/certificate`, {
        method: "POST",
        headers: { authorization },
        body: await certificateRequest(names.split(",")),
      });
      return { status: response.status, text: await response.text() };
    };
    const good = await sign("kubernetes.default.svc,n1");
    expect(good.status).toBe(201);
    const { X509Certificate } = await import("node:crypto");
    const [leaf, authority] = good.text
      .split(/(?<=-----END CERTIFICATE-----)\n/)
      .map((pem) => pem && new X509Certificate(pem));
    expect((leaf as InstanceType<typeof X509Certificate>).subjectAltName).toBe("DNS:kubernetes.default.svc, DNS:n1");
    expect(
      (leaf as InstanceType<typeof X509Certificate>).verify(
        (authority as InstanceType<typeof X509Certificate>).publicKey,
      ),
    ).toBe(true);
    expect((await sign("example.com")).status).toBe(400);
  });

  it("[K6] large answers are compressed for those who take it, also as protobuf, and nobody sees how", async () => {
    const body = { metadata: { name: "large" }, data: { text: "kedge ".repeat(40_000) } };
    expect((await call("POST", MAPS, body)).status).toBe(201);
    const plain = await call("GET", `${MAPS}/large`, undefined, { ...ADMIN, "accept-encoding": "identity" });
    expect(plain.headers.get("content-encoding")).toBeNull();
    const packed = await call("GET", MAPS, undefined, { ...ADMIN, "accept-encoding": "gzip" });
    expect(packed.headers.get("content-encoding")).toBe("gzip");
    expect(packed.headers.get("x-kedge-large")).toBeNull();
    expect(JSON.parse(packed.text).kind).toBe("ConfigMapList");
    expect((await call("GET", `${MAPS}/none`, undefined, { ...ADMIN, "accept-encoding": "gzip" })).status).toBe(404);
    const response = await fetch(`${worker.url}${MAPS}`, {
      headers: { ...ADMIN, accept: "application/vnd.kubernetes.protobuf", "accept-encoding": "gzip" },
    });
    const bytes = Buffer.from(await response.arrayBuffer());
    expect(bytes.subarray(0, 4).toString("latin1")).toBe("k8s\0");
    await call("DELETE", `${MAPS}/large`);
  });

  it("[K8] each of many that ask at once gets its own answer", async () => {
    const wrong: string[] = [];
    const ask = async (client: number) => {
      for (let i = 0; i < 20; i++) {
        const name = `at-once-${client}-${i}`;
        const { status, text } = i % 8 === 0 ? await make(name) : await call("GET", `${MAPS}/${name}`);
        if (status !== (i % 8 === 0 ? 201 : 404) || !text.includes(`"${name}"`)) wrong.push(`${status} ${text}`);
      }
    };
    await Promise.all(Array.from({ length: 16 }, (_, client) => ask(client)));
    expect(wrong).toEqual([]);
  });

  it("[K9] the object's end while many ask is told to each of them, and the next are served", async () => {
    const asked = Array.from({ length: 12 }, (_, i) => make(`ended-${i}`).catch((error: Error) => error));
    await worker.crash();
    for (const answer of await Promise.all(asked)) {
      if (answer instanceof Error) throw answer;
      expect([201, 500, 503]).toContain(answer.status);
    }
    expect((await make("afterwards")).status).toBe(201);
  });

  it("[K7] what is read over and over is never older than the last write that was answered", async () => {
    let answered = revisionOf((await make("hot")).text);
    let isDone = false;
    const seen = new Set<number>();
    const read = async () => {
      while (!isDone) {
        const before = answered;
        const revision = revisionOf((await call("GET", `${MAPS}/hot`)).text);
        expect(revision).toBeGreaterThanOrEqual(before);
        seen.add(revision);
      }
    };
    const readers = [read(), read(), read(), read()];
    for (let i = 0; i < 16; i++) {
      const patch = { data: { i: String(i) } };
      const headers = { ...ADMIN, "content-type": "application/merge-patch+json" };
      const response = await fetch(`${worker.url}${MAPS}/hot`, {
        method: "PATCH",
        headers,
        body: JSON.stringify(patch),
      });
      answered = revisionOf(await response.text());
      if (i % 4 === 0) await Promise.all([1, 2, 3, 4].map(() => call("GET", `${MAPS}/hot`)));
    }
    isDone = true;
    await Promise.all(readers);
    expect(seen.size).toBeGreaterThan(3);
  });

  it("[K11] who loses a right is refused what he has just been given", async () => {
    const rbac = "/apis/rbac.authorization.k8s.io/v1/namespaces/default";
    await make("shown");
    await call("POST", "/api/v1/namespaces/default/serviceaccounts", { metadata: { name: "reader" } });
    const { text } = await call("POST", "/api/v1/namespaces/default/serviceaccounts/reader/token", { spec: {} });
    const reader = { authorization: `Bearer ${JSON.parse(text).status.token}` };
    const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "view" };
    await call("POST", `${rbac}/rolebindings`, {
      metadata: { name: "reader" },
      roleRef,
      subjects: [{ kind: "ServiceAccount", name: "reader" }],
    });
    await call("POST", "/api/v1/namespaces", { metadata: { name: "other" } });
    const statusOf = async (path: string) => (await call("GET", path, undefined, reader)).status;
    for (let i = 0; i < 4; i++) {
      expect(await statusOf(`${MAPS}/shown`)).toBe(200);
      expect(await statusOf("/api/v1/namespaces/default")).toBe(200);
      expect(await statusOf("/api/v1/namespaces/other")).toBe(403);
      expect(await statusOf("/api/v1/namespaces/other/configmaps/shown")).toBe(403);
    }
    await call("DELETE", `${rbac}/rolebindings/reader`);
    expect((await call("GET", `${MAPS}/shown`, undefined, reader)).status).toBe(403);
  });

  it("[K10] what was just written is given as it was answered, laid out for people, and not once it is gone", async () => {
    for (let i = 0; i < 4; i++) {
      const { text } = await make(`fresh-${i}`);
      expect((await call("GET", `${MAPS}/fresh-${i}`)).text).toBe(text);
      const laidOut = await call("GET", `${MAPS}/fresh-${i}`, undefined, { ...ADMIN, "user-agent": "curl/8.0" });
      expect(laidOut.text).toBe(`${JSON.stringify(JSON.parse(text), null, 2)}\n`);
      await call("DELETE", `${MAPS}/fresh-${i}`);
      expect((await call("GET", `${MAPS}/fresh-${i}`)).status).toBe(404);
    }
  });

  it("[K12] warnings keep their letters, whatever the language", async () => {
    const { headers } = await call("POST", `${MAPS}?dryRun=All`, {
      metadata: { name: "warned" },
      "n\u00e9\u4e16\n": 1,
    });
    const warning = Buffer.from(headers.get("warning") ?? "", "latin1").toString("utf8");
    expect(warning).toBe('299 - "unknown field \\"n\u00e9\u4e16?\\""');
  });

  it("[K5] what needs a node goes to it, or says that it cannot", async () => {
    await call("POST", MAPS.replace("configmaps", "serviceaccounts"), { metadata: { name: "default" } });
    const spec = { nodeName: "far", containers: [{ name: "c", image: "i" }] };
    await call("POST", MAPS.replace("configmaps", "pods"), { metadata: { name: "p" }, spec });
    const { status, text } = await call("GET", "/api/v1/namespaces/default/pods/p/log");
    expect(status).toBeGreaterThanOrEqual(500);
    expect(JSON.parse(text).kind).toBe("Status");
    expect((await call("GET", "/api/v1/namespaces/default/pods/nope/log")).status).toBe(404);
    await call("POST", MAPS.replace("configmaps", "pods"), {
      metadata: { name: "q" },
      spec: { schedulerName: "none", containers: spec.containers },
    });
    const { status: unsaid, text: nothing } = await call("GET", "/api/v1/namespaces/default/pods/q/log");
    expect([unsaid, nothing]).toEqual([204, ""]);
  });
});

async function certificateRequest(names: string[]): Promise<string> {
  await import("reflect-metadata");
  const x509 = await import("@peculiar/x509");
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    keys: keys as never,
    signingAlgorithm: algorithm,
    extensions: [new x509.SubjectAlternativeNameExtension(names.map((value) => ({ type: "dns", value })))],
  });
  return request.toString("pem");
}

interface Watch {
  next(): Promise<{ type: string; object: { metadata: { name: string; resourceVersion: string } } }>;
  closed: Promise<void>;
  close(): void;
}

/** A watch over a WebSocket; resolves once it is open. */
async function watchSocket(query: string): Promise<Watch> {
  const socket = new WebSocket(`${worker.url.replace("http", "ws")}${MAPS}?watch=true&${OURS}${query}`, {
    headers: ADMIN,
  } as never);
  const events: string[] = [];
  let wake: (() => void) | undefined;
  socket.onmessage = ({ data }) => {
    events.push(String(data));
    wake?.();
  };
  const closed = new Promise<void>((resolve) => {
    socket.onclose = () => resolve();
  });
  await new Promise<void>((resolve, reject) => {
    socket.onopen = () => resolve();
    socket.onerror = ({ error }) => reject(error ?? new Error("the watch could not be opened"));
  });
  return {
    async next() {
      while (events.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      return JSON.parse(events.shift()!);
    },
    closed,
    close: () => socket.close(),
  };
}

describe("ClusterStore", () => {
  it("[O1] a watch over a WebSocket outlives the object's memory, without a gap or a double", async () => {
    const start = revisionOf((await make("before")).text);
    const watch = await watchSocket(`&resourceVersion=${start}`);
    await make("awake");
    expect((await watch.next()).object.metadata.name).toBe("awake");
    await worker.hibernate();
    await make("woken");
    await make("again");
    expect((await watch.next()).object.metadata.name).toBe("woken");
    await worker.hibernate();
    expect((await watch.next()).object.metadata.name).toBe("again");
    await call("DELETE", `${MAPS}/again`);
    expect(await watch.next()).toMatchObject({ type: "DELETED", object: { metadata: { name: "again" } } });
    watch.close();
  });

  it("[O2] what was answered is there after a crash, and revisions go on", async () => {
    const names = Array.from({ length: 30 }, (_, i) => `crash-${i}`);
    const answers = await Promise.all(names.map(make));
    await worker.crash();
    for (const [i, name] of names.entries()) expect((await call("GET", `${MAPS}/${name}`)).text).toBe(answers[i]!.text);
    const newest = Math.max(...answers.map(({ text }) => revisionOf(text)));
    expect(revisionOf((await make("after-crash")).text)).toBeGreaterThan(newest);
  });

  it("[O3] a watch that ended with a crash goes on from its last revision", async () => {
    const start = revisionOf((await make("seen")).text);
    const first = await watchSocket(`&resourceVersion=${start}`);
    await worker.crash();
    await first.closed;
    await make("missed");
    const second = await watchSocket(`&resourceVersion=${start}`);
    expect((await second.next()).object.metadata.name).toBe("missed");
    second.close();
  });

  it("[O4] tokens and keys stay the same after a crash", async () => {
    const asked = await call("POST", "/kedge/v1/nodes/keep/token");
    const authorization = `Bearer ${JSON.parse(asked.text).token}`;
    await worker.crash();
    const { status } = await call("GET", "/api/v1/nodes", undefined, { authorization });
    expect(status).toBe(200);
  });

  it("[O5] a chunked watch is heard at once", async () => {
    const start = revisionOf((await make("chunk-0")).text);
    const abort = new AbortController();
    const response = await fetch(`${worker.url}${MAPS}?watch=true&${OURS}&resourceVersion=${start}`, {
      headers: { ...ADMIN, "accept-encoding": "gzip" },
      signal: abort.signal,
    });
    expect(response.status).toBe(200);
    await make("chunk-1");
    const { value } = await response.body!.getReader().read();
    expect(new TextDecoder().decode(value)).toContain("chunk-1");
    abort.abort();
  });

  it("[O6] controllers follow: a Deployment gets its pods", async () => {
    const template = { metadata: { labels: { app: "w" } }, spec: { containers: [{ name: "c", image: "i" }] } };
    await call("POST", "/apis/apps/v1/namespaces/default/deployments", {
      metadata: { name: "w" },
      spec: { replicas: 2, selector: { matchLabels: { app: "w" } }, template },
    });
    await expect
      .poll(async () => JSON.parse((await call("GET", "/api/v1/pods?labelSelector=app%3Dw")).text).items.length, {
        timeout: 30_000,
      })
      .toBe(2);
  });
});
