/** What the conformance tests with real containers share: a cluster of two nodes, asked over its API. */
import fs from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Agent, request } from "undici";
import { expect } from "vitest";
import { parse } from "yaml";
import { eventually, type TestCluster, testCluster } from "../e2e/harness.ts";
import { WEB_IMAGE, webImageArchive } from "../images/busybox.ts";
import { ok } from "./kit.ts";

// biome-ignore lint/suspicious/noExplicitAny: objects of every kind
export type Any = any;

const PATCH_TYPES = {
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
  json: "application/json-patch+json",
};

export interface NodesAnswer {
  status: number;
  headers: Headers;
  text: string;
  body: Any;
}

/** One cluster with two nodes. All calls but `request` throw what the server said when it refuses. */
export interface Nodes {
  cluster: TestCluster;
  request(method: string, path: string, body?: unknown, contentType?: string): Promise<NodesAnswer>;
  get(path: string): Promise<Any>;
  /** @param path of one object */
  patch(path: string, change: unknown, type?: keyof typeof PATCH_TYPES): Promise<Any>;
  /** Reads the object, changes it and writes it back, again and again while others write in between. */
  update(path: string, change: (object: Any) => void): Promise<Any>;
  delete(path: string): Promise<Any>;
  /** Makes a namespace whose pods can be started at once. */
  space(name: string): Promise<Space>;
  nodes(): Promise<{ name: string; address: string }[]>;
  /** What comes and goes from now on, in order: "ADDED a", "DELETED a". @param path of a collection */
  follow(path: string): Promise<{ events(): string[]; stop(): void }>;
  remove(): Promise<void>;
}

/** One namespace. */
export interface Space {
  name: string;
  /** @param resource such as "pods/a" @param groupVersion such as "apps/v1"; default: core */
  path(resource: string, groupVersion?: string): string;
  /** Into this namespace. @returns its path */
  create(object: Any): Promise<string>;
  pods(selector?: string): Promise<Any[]>;
  pod(name: string): Promise<Any>;
  /** Runs a script in a pod. @throws Error when it fails, with what it said */
  sh(pod: string, script: string): Promise<string>;
  /** Waits until as many pods are Running and Ready, and no others are left. @returns them by name */
  ready(count: number, selector?: string): Promise<Any[]>;
  remove(): Promise<void>;
}

const plural = (kind: string): string => kind.toLowerCase() + (kind.endsWith("s") ? "" : "s");

export const isReady = ({ status }: Any): boolean =>
  status?.conditions?.some((each: Any) => each.type === "Ready" && each.status === "True") ?? false;

async function start({ kedge, kubeconfig, port }: TestCluster, archives: readonly Buffer[]): Promise<void> {
  const up = await kedge("up", "--nodes", "2", "--port", String(port));
  expect(up.stderr + up.stdout).toContain("kedge is up");
  for (const [i, archive] of archives.entries()) {
    const file = path.join(path.dirname(kubeconfig), `image-${i}.tar`);
    fs.writeFileSync(file, archive);
    const loaded = await kedge("image", "load", file);
    expect(loaded.exitCode, loaded.stderr).toBe(0);
    fs.rmSync(file);
  }
}

export async function startNodes(
  name: string,
  port: number,
  archives: readonly Buffer[] = [webImageArchive()],
): Promise<Nodes> {
  const cluster = testCluster(name, port);
  try {
    await start(cluster, archives);
  } catch (error) {
    // Nobody else knows of it, and what is left of it would be in the way of all that follows.
    await cluster.remove();
    throw error;
  }
  const kubeconfig = parse(fs.readFileSync(cluster.kubeconfig, "utf8"));
  const { server, "certificate-authority-data": ca } = kubeconfig.clusters[0].cluster;
  const { token } = kubeconfig.users[0].user;
  const dispatcher = new Agent({ connect: { ca: Buffer.from(ca, "base64") }, connections: 32 });

  const call: Nodes["request"] = async (method, url, body, contentType = "application/json") => {
    const answer = await request(server + url, {
      method: method as "GET",
      dispatcher,
      headers: { authorization: `Bearer ${token}`, "content-type": contentType },
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await answer.body.text();
    const headers = new Headers();
    for (const [key, value] of Object.entries(answer.headers)) headers.set(key, String(value));
    const isJson = headers.get("content-type")?.startsWith("application/json") ?? false;
    return { status: answer.statusCode, headers, text, body: isJson && text !== "" ? JSON.parse(text) : undefined };
  };
  const api: Nodes = {
    cluster,
    request: call,
    get: async (url) => ok(await call("GET", url)),
    patch: async (url, change, type = "merge") => ok(await call("PATCH", url, change, PATCH_TYPES[type])),
    async update(url, change) {
      for (;;) {
        const object = ok(await call("GET", url));
        change(object);
        const written = await call("PUT", url, object);
        if (written.body?.reason !== "Conflict") return ok(written);
      }
    },
    delete: async (url) => ok(await call("DELETE", url)),
    space: (space) => makeSpace(api, space),
    async nodes() {
      return ok(await call("GET", "/api/v1/nodes")).items.map(({ metadata, status }: Any) => ({
        name: metadata.name,
        address: status.addresses.find(({ type }: Any) => type === "InternalIP").address,
      }));
    },
    async follow(url) {
      const from = ok(await call("GET", url)).metadata.resourceVersion;
      const { body } = await request(`${server}${url}?watch=1&resourceVersion=${from}`, {
        dispatcher,
        headers: { authorization: `Bearer ${token}` },
        bodyTimeout: 0,
      });
      let text = "";
      body.setEncoding("utf8");
      body.on("data", (chunk: string) => {
        text += chunk;
      });
      // Ended by `stop`.
      body.on("error", () => {});
      const events = () =>
        text
          .split("\n")
          .slice(0, -1)
          .map((line) => JSON.parse(line))
          .filter(({ type }) => type === "ADDED" || type === "DELETED")
          .map(({ type, object }) => `${type} ${object.metadata.name}`);
      return { events, stop: () => void body.destroy() };
    },
    async remove() {
      // Not `close`, which waits for what a test that failed has left open.
      await dispatcher.destroy();
      await cluster.remove();
    },
  };
  return api;
}

/** How often a namespace of a name was asked for: a test that is tried again gets another than its first attempt. */
const asked = new Map<string, number>();

async function makeSpace(api: Nodes, wanted: string): Promise<Space> {
  const attempt = (asked.get(wanted) ?? 0) + 1;
  asked.set(wanted, attempt);
  const name = attempt === 1 ? wanted : `${wanted}-${attempt}`;
  ok(await api.request("POST", "/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name } }), 201);
  const space: Space = {
    name,
    path: (resource, groupVersion) =>
      `${groupVersion === undefined || groupVersion === "v1" ? "/api/v1" : `/apis/${groupVersion}`}/namespaces/${name}/${resource}`,
    async create(object) {
      const to = space.path(plural(object.kind), object.apiVersion);
      const place = `${to}/${object.metadata.name}`;
      let made = await api.request("POST", to, object);
      // What the first attempt of a test left.
      for (let i = 0; made.body?.reason === "AlreadyExists" && i < 100; i++) {
        await api.request("DELETE", `${place}?gracePeriodSeconds=0`);
        await sleep(100);
        made = await api.request("POST", to, object);
      }
      ok(made, 201);
      return place;
    },
    async pods(selector) {
      const query = selector === undefined ? "" : `?labelSelector=${encodeURIComponent(selector)}`;
      return (await api.get(space.path(`pods${query}`))).items;
    },
    pod: (pod) => api.get(space.path(`pods/${pod}`)),
    sh: (pod, script) => api.cluster.kubectl("exec", "-n", name, pod, "--", "sh", "-c", script),
    async ready(count, selector) {
      let last = "";
      try {
        return (await eventually(`${count} ready pods in ${name}`, 90_000, async () => {
          const pods = await space.pods(selector);
          last = pods.map((pod) => `${pod.metadata.name} ${pod.status.phase}`).join(", ");
          return pods.length === count && pods.every((pod) => isReady(pod) && !pod.metadata.deletionTimestamp) && pods;
        })) as Any[];
      } catch (error) {
        throw new Error(`${(error as Error).message}: ${last}`);
      }
    },
    remove: async () => void (await api.delete(`/api/v1/namespaces/${name}`)),
  };
  await eventually(`service account of ${name}`, 20_000, () => api.get(space.path("serviceaccounts/default")));
  return space;
}

/** A pod template whose containers end at once when they are told to. */
export const template = (labels: object, container: object = {}, more: object = {}): Any => ({
  metadata: { labels },
  spec: {
    terminationGracePeriodSeconds: 0,
    containers: [{ name: "main", image: WEB_IMAGE, ...container }],
    ...more,
  },
});

export const podOf = (name: string, labels: object, container: object = {}, more: object = {}): Any => {
  const { metadata, spec } = template(labels, container, more);
  return { apiVersion: "v1", kind: "Pod", metadata: { ...metadata, name }, spec };
};
