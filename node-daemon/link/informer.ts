import type { Clock } from "../../machinery/clock.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";
import { Reflector } from "../../machinery/watch/reflector.ts";
import type { Transport } from "../../machinery/watch/transport.ts";
import type { FollowListener, Informer, Log } from "../contracts.ts";
import type { HttpClient } from "./http-client.ts";
import { type Dial, watchOverWebSocket } from "./watch-socket.ts";

export interface InformerQuery {
  path: string;
  fieldSelector?: string;
  labelSelector?: string;
}

interface List {
  apiVersion?: string;
  kind?: string;
  items?: KubeObject[];
  metadata?: { resourceVersion?: string; continue?: string };
}

/** A node must notice soon that the edge is back: its pods wait. */
const BACKOFF = { baseMs: 200, maxMs: 10_000 };

export interface InformerParts {
  http: HttpClient;
  dial: Dial;
  clock: Clock;
  random: () => number;
  log: Log;
}

/** Lists over HTTP, watches over WebSocket. */
function transportOf<T extends KubeObject>(query: InformerQuery, { http, dial, clock }: InformerParts): Transport<T> {
  const address = (parameters: { [name: string]: string | undefined }): string => {
    const all = { fieldSelector: query.fieldSelector, labelSelector: query.labelSelector, ...parameters };
    const present = Object.entries(all).filter((pair): pair is [string, string] => pair[1] !== undefined);
    return `${query.path}?${new URLSearchParams(present)}`;
  };
  return {
    async list(request) {
      const parameters = { limit: String(request.limit), continue: request.continue };
      const list = (await http.json("GET", address(parameters))) as List;
      const { resourceVersion = "", continue: next } = list.metadata ?? {};
      // Items of a list come without their type, which the list's tells.
      const type = { apiVersion: list.apiVersion ?? "", kind: (list.kind ?? "").replace(/List$/, "") };
      const items = (list.items ?? []).map((item) => (item.kind ? item : { ...type, ...item }) as T);
      return { items, resourceVersion, ...(next && { continue: next }) };
    },
    watch: ({ resourceVersion, onEvent }, signal) =>
      watchOverWebSocket({
        path: address({ watch: "1", resourceVersion, allowWatchBookmarks: "true" }),
        dial,
        clock,
        signal,
        onEvent,
      }),
  };
}

/** Keeps nothing: what comes is told. The collection must be one that is listed in one page. */
export function startFollowing<T extends KubeObject>(
  path: string,
  listener: FollowListener<T>,
  parts: InformerParts,
): { stop(): void } {
  const { clock, random, log } = parts;
  const { list, watch } = transportOf<T>({ path }, parts);
  const reflector = new Reflector<T>({
    transport: {
      async list(request, signal) {
        const page = await list(request, signal);
        if (!signal.aborted) listener.listed(page.items, page.resourceVersion);
        return { ...page, items: [] };
      },
      watch: ({ resourceVersion, onEvent }, signal) =>
        watch(
          {
            resourceVersion,
            onEvent(event) {
              const { type, object } = event;
              if (type === "ERROR" || type === "BOOKMARK") {
                onEvent(event);
                return;
              }
              listener.changed(type, object as T);
              onEvent({ type: "BOOKMARK", object });
            },
          },
          signal,
        ),
    },
    clock,
    random,
    backoff: BACKOFF,
    onChange: () => {},
    onError: (error) => log.warn("list or watch failed", { path, error: String(error) }),
  });
  void reflector.run();
  return { stop: () => reflector.stop() };
}

/** A cache of a collection, kept by list over HTTP and watch over WebSocket. */
export function startInformer<T extends KubeObject>(query: InformerQuery, parts: InformerParts): Informer<T> {
  const { clock, random, log } = parts;
  const listeners: ((key: string, current: T | undefined, previous: T | undefined) => void)[] = [];
  const reflector = new Reflector<T>({
    transport: transportOf<T>(query, parts),
    clock,
    random,
    backoff: BACKOFF,
    onChange(key, current, previous) {
      for (const listener of listeners) {
        // One listener's mistake must not keep the cache, or the other listeners, from going on.
        try {
          listener(key, current, previous);
        } catch (error) {
          log.error("a listener of an informer failed", { path: query.path, key, error: String(error) });
        }
      }
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
