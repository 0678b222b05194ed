/**
 * The simulation's way to the API: plain requests over a few connections with the administrator's token, and one tunnel,
 * dialled as the first of the nodes, by which the edge knows that all of them are alive.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { Agent, request } from "undici";
import type { Clock } from "../../machinery/clock.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";
import { Reflector } from "../../machinery/watch/reflector.ts";
import { ApiCallError, type ApiClient, type Informer, type Log } from "../contracts.ts";
import { CallError } from "../link/call.ts";
import { Credentials } from "../link/credentials.ts";
import { statusOf } from "../link/http-client.ts";
import { createLink, type Link } from "../link/link.ts";
import { watchOverWebSocket } from "../link/watch-socket.ts";
import { dialWebSocket } from "../link/websocket.ts";
import type { SimulationConfig } from "./config.ts";
import { nodeNameOf } from "./plan-node.ts";

const USER_AGENT = "kedge-simulated-nodes";
const ANSWER_MS = 60_000;
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;
const PATCH_TYPES = {
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
  json: "application/json-patch+json",
} as const;
/** What comes back of a write is not looked at. */
const METADATA_ONLY = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json";

export interface Connection {
  api: Pick<ApiClient, "get" | "create" | "update" | "patch" | "delete">;
  /** A cache that keeps of each object only what `see` makes of it. */
  follow<T extends KubeObject>(query: FollowQuery<T>): Informer<T>;
  /** Opens the tunnel of the first node, which must be registered. */
  openTunnel(): Promise<Link>;
  close(): Promise<void>;
}

export interface FollowQuery<T extends KubeObject> {
  path: string;
  fieldSelector?: string;
  labelSelector?: string;
  see(object: KubeObject): T;
}

export function connect(
  config: SimulationConfig,
  { clock, random, log }: { clock: Clock; random: () => number; log: Log },
): Connection {
  const credentials = new Credentials(config.tokenFile);
  const { serverUrl, serverCa } = config;
  const agent = new Agent({
    connections: config.concurrency,
    keepAliveTimeout: 60_000,
    connect: { timeout: 10_000, ...(serverCa !== undefined && { ca: serverCa }) },
  });

  const call = async (
    method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE",
    path: string,
    { body, type = "application/json" }: { body?: unknown; type?: string } = {},
  ): Promise<unknown> => {
    const token = await credentials.token();
    const answer = await request(serverUrl + path, {
      dispatcher: agent,
      method,
      headers: {
        authorization: `Bearer ${token}`,
        accept: method === "GET" ? "application/json" : METADATA_ONLY,
        "user-agent": USER_AGENT,
        ...(body !== undefined && { "content-type": type }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      headersTimeout: ANSWER_MS,
      bodyTimeout: ANSWER_MS,
    }).catch((error: unknown) => {
      throw new ApiCallError(0, `${method} ${path}: ${String(error)}`);
    });
    const text = await answer.body.text();
    if (answer.statusCode < 300) return method === "GET" ? JSON.parse(text) : undefined;
    const status = statusOf(text);
    throw new ApiCallError(answer.statusCode, status?.message ?? text.slice(0, 200), status);
  };

  const dial = async (path: string) =>
    dialWebSocket({
      url: serverUrl + path,
      ca: serverCa,
      timeoutMs: 10_000,
      headers: { authorization: `Bearer ${await credentials.token()}`, "user-agent": USER_AGENT },
      protocols: [],
      maxMessageBytes: MAX_MESSAGE_BYTES,
    });

  let link: Link | undefined;
  return {
    api: {
      get: async <T extends KubeObject>(path: string) => (await call("GET", path)) as T,
      create: async <T extends KubeObject>(path: string, body: object) => (await call("POST", path, { body })) as T,
      update: async <T extends KubeObject>(path: string, body: object) => (await call("PUT", path, { body })) as T,
      patch: async <T extends KubeObject>(path: string, type: keyof typeof PATCH_TYPES, body: unknown) =>
        (await call("PATCH", path, { body, type: PATCH_TYPES[type] })) as T,
      delete: async (path, body) => void (await call("DELETE", path, body ? { body } : {})),
    },
    follow: (query) => follow(query, { get: (path) => call("GET", path), dial, clock, random, log }),
    async openTunnel() {
      const nodeName = nodeNameOf(config, 0);
      await mkdir(config.stateDir, { recursive: true, mode: 0o700 });
      const tokenFile = join(config.stateDir, "node.token");
      const own = new Credentials(tokenFile);
      const { token } = await issueToken(config, agent, await credentials.token());
      await own.store(token);
      link = createLink({ nodeName, serverUrl, ...(serverCa && { serverCa }), tokenFile }, log, { clock, random });
      return link;
    },
    async close() {
      await link?.close();
      await agent.destroy();
    },
  };
}

async function issueToken(config: SimulationConfig, agent: Agent, token: string): Promise<{ token: string }> {
  const path = `/kedge/v1/nodes/${nodeNameOf(config, 0)}/token`;
  const answer = await request(config.serverUrl + path, {
    dispatcher: agent,
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json", "user-agent": USER_AGENT },
    body: "{}",
  });
  const text = await answer.body.text();
  if (answer.statusCode >= 300)
    throw new ApiCallError(answer.statusCode, statusOf(text)?.message ?? text.slice(0, 200));
  const issued = (JSON.parse(text) as { token?: unknown }).token;
  if (typeof issued !== "string") throw new Error("the edge's answer holds no token");
  return { token: issued };
}

/** Nothing runs there that could be reached. */
export const refuseStreams = async (): Promise<void> => {
  throw new CallError(501, "simulated nodes run pods in name only: there is nothing to connect to");
};

interface List {
  apiVersion?: string;
  kind?: string;
  items?: KubeObject[];
  metadata?: { resourceVersion?: string; continue?: string };
}

function follow<T extends KubeObject>(
  query: FollowQuery<T>,
  parts: {
    get: (path: string) => Promise<unknown>;
    dial: Parameters<typeof watchOverWebSocket>[0]["dial"];
    clock: Clock;
    random: () => number;
    log: Log;
  },
): Informer<T> {
  const { clock, random, log } = parts;
  const address = (parameters: { [name: string]: string | undefined }): string => {
    const all = { fieldSelector: query.fieldSelector, labelSelector: query.labelSelector, ...parameters };
    const present = Object.entries(all).filter((pair): pair is [string, string] => pair[1] !== undefined);
    return `${query.path}?${new URLSearchParams(present)}`;
  };
  const listeners: ((key: string, current: T | undefined, previous: T | undefined) => void)[] = [];
  const reflector = new Reflector<T>({
    clock,
    random,
    backoff: { baseMs: 200, maxMs: 5_000 },
    pageSize: 2_000,
    transport: {
      async list(page) {
        const list = (await parts.get(address({ limit: String(page.limit), continue: page.continue }))) as List;
        const { resourceVersion = "", continue: next } = list.metadata ?? {};
        return { items: (list.items ?? []).map(query.see), resourceVersion, ...(next && { continue: next }) };
      },
      watch: ({ resourceVersion, onEvent }, signal) =>
        watchOverWebSocket({
          path: address({ watch: "1", resourceVersion, allowWatchBookmarks: "true" }),
          dial: parts.dial,
          clock,
          signal,
          onEvent: ({ type, object }) =>
            onEvent({
              type,
              object: type === "ERROR" || type === "BOOKMARK" ? object : query.see(object as KubeObject),
            }),
        }),
    },
    onChange(key, current, previous) {
      for (const listener of listeners) listener(key, current, previous);
    },
    onError: (error) => log.warn("list or watch failed", { path: query.path, error: String(error) }),
  });
  void reflector.run();
  return {
    synced: reflector.synced,
    hasSynced: () => reflector.hasSynced(),
    get: (key) => reflector.get(key),
    values: () => reflector.values(),
    onChange: (listener) => void listeners.push(listener),
    stop: () => reflector.stop(),
  };
}
