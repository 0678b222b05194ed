/** The API server of one cluster without a Worker around it: requests go straight into ClusterStore's chain. */
import type { JWK } from "jose";
import { encodeIdentity, IDENTITY_HEADER, type Identity } from "../../edge-api/access/identity.ts";
import { createSigningKey } from "../../edge-api/access/tokens.ts";
import { bootstrap } from "../../edge-api/bootstrap/bootstrap.ts";
import { keepFlowControl } from "../../edge-api/fairness/keep-objects.ts";
import { serve } from "../../edge-api/http/chain.ts";
import type { Services } from "../../edge-api/http/context.ts";
import { createServices, type ServicesOptions } from "../../edge-api/http/services.ts";
import type { Store } from "../../edge-api/store/contract.ts";
import { MemoryStore } from "../../edge-api/store/memory-store.ts";
import type { Clock } from "../../machinery/clock.ts";
import { seededRandom } from "../../machinery/meta/random.ts";

export const ADMIN: Identity = { user: "admin", groups: ["system:masters", "system:authenticated"] };
export const START_MS = Date.parse("2026-01-01T00:00:00Z");

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  body: any;
}

export interface RequestOptions {
  as?: Identity;
  headers?: { [name: string]: string };
  /** Text, bytes and streams go as they are. */
  body?: unknown;
  contentType?: string;
}

export interface TestApi {
  services: Services;
  /** Moves time without firing timers. */
  advance(ms: number): void;
  /** Fires the timers that are due; returns how many are still to come. */
  fire(): number;
  errors: unknown[];
  request(method: string, path: string, options?: RequestOptions): Promise<Answer>;
  /** The response itself, for streams. */
  raw(method: string, path: string, options?: RequestOptions): Promise<Response>;
  get(path: string, options?: RequestOptions): Promise<Answer>;
  create(path: string, body: unknown, options?: RequestOptions): Promise<Answer>;
  replace(path: string, body: unknown, options?: RequestOptions): Promise<Answer>;
  patch(path: string, body: unknown, type?: "merge" | "strategic" | "json", options?: RequestOptions): Promise<Answer>;
  delete(path: string, body?: unknown, options?: RequestOptions): Promise<Answer>;
}

let key: Promise<JWK> | undefined;

const PATCH_TYPES = {
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
  json: "application/json-patch+json",
};

export async function startApi({
  makeStore = (now) => new MemoryStore({ now }),
  ...given
}: Partial<
  Pick<ServicesOptions, "auditPolicy" | "auditWrite" | "authority" | "runtimeConfig" | "serverUrl" | "usageOf">
> & {
  makeStore?: (now: () => number) => Store;
} = {}): Promise<TestApi> {
  let nowMs = START_MS;
  let nextUid = 1;
  const timers = new Set<{ atMs: number; callback: () => void }>();
  const clock: Clock = {
    now: () => nowMs,
    after(delayMs, callback) {
      const timer = { atMs: nowMs + delayMs, callback };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
  };
  const store = makeStore(() => nowMs);
  key ??= createSigningKey();
  const errors: unknown[] = [];
  const services = await createServices({
    store,
    clock,
    random: seededRandom(7),
    uuid: () => `00000000-0000-4000-8000-${String(nextUid++).padStart(12, "0")}`,
    signingKey: await key,
    authority: { certificate: "the CA", key: "" },
    adminToken: "admin-token",
    serverUrl: undefined,
    schedule: (flush) => void setImmediate(flush),
    acceptWatch: () => new Response("a socket", { status: 299 }),
    hubChanged: () => undefined,
    report: (error) => void errors.push(error),
    ...given,
  });
  store.transaction(() => bootstrap(services.env, (error) => void errors.push(error)));
  keepFlowControl({ env: services.env, commit: services.commit, report: (error) => void errors.push(error) });

  const raw = (method: string, path: string, { as = ADMIN, headers = {}, body, contentType }: RequestOptions = {}) =>
    serve(
      services,
      new Request(`https://kedge.test${path}`, {
        method,
        headers: {
          [IDENTITY_HEADER]: encodeIdentity(as),
          ...(body !== undefined && { "content-type": contentType ?? "application/json" }),
          ...headers,
        },
        ...(body !== undefined && {
          body:
            typeof body === "string" || body instanceof Uint8Array || body instanceof ReadableStream
              ? (body as NonNullable<RequestInit["body"]>)
              : JSON.stringify(body),
          duplex: "half",
        }),
      }),
    );
  const request = async (method: string, path: string, options?: RequestOptions): Promise<Answer> => {
    const response = await raw(method, path, options);
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.startsWith("application/json") && text !== "";
    return { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : undefined };
  };
  return {
    services,
    errors,
    advance: (ms) => {
      nowMs += ms;
    },
    fire() {
      for (const timer of [...timers].filter(({ atMs }) => atMs <= nowMs)) {
        timers.delete(timer);
        timer.callback();
      }
      return timers.size;
    },
    raw,
    request,
    get: (path, options) => request("GET", path, options),
    create: (path, body, options) => request("POST", path, { ...options, body }),
    replace: (path, body, options) => request("PUT", path, { ...options, body }),
    patch: (path, body, type = "merge", options) =>
      request("PATCH", path, { ...options, body, contentType: PATCH_TYPES[type] }),
    delete: (path, body, options) => request("DELETE", path, { ...options, ...(body !== undefined && { body }) }),
  };
}

export const configMap = (name: string, fields: object = {}): object => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name },
  ...fields,
});

export const pod = (name: string, spec: object = {}, metadata: object = {}): object => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, ...metadata },
  spec: { containers: [{ name: "main", image: "busybox" }], ...spec },
});

export const serviceAccount = (name: string): object => ({
  apiVersion: "v1",
  kind: "ServiceAccount",
  metadata: { name },
});
