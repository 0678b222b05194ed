/** Calls of a cluster's API, and watches that count without parsing. */
import { Agent, request } from "undici";
import type { Target } from "./load.ts";

export interface Api {
  call(method: "GET" | "POST" | "PATCH" | "DELETE", path: string, body?: object): Promise<string>;
  /** Counts what happens to a collection from now on. `path` may have a query. */
  watch(path: string): Promise<Counter>;
}

export interface Counter {
  /** When so many events of a type had come since the watch began; performance.now(). */
  reached(type: "ADDED" | "MODIFIED" | "DELETED", count: number, limitMs?: number): Promise<number>;
  /** When an event's text satisfied this. */
  saw(isIt: (event: string) => boolean, limitMs?: number): Promise<number>;
  stop(): void;
}

const LIMIT_MS = 300_000;

export function apiOf(target: Target): Api {
  const origin = `https://127.0.0.1:${target.port}`;
  const dispatcher = new Agent({ connect: { ca: target.ca, servername: "localhost" }, bodyTimeout: 0, pipelining: 0 });
  const headers = { authorization: `Bearer ${target.token}`, accept: "application/json" };
  const call: Api["call"] = async (method, path, body) => {
    const contentType = method === "PATCH" ? "application/merge-patch+json" : "application/json";
    const answer = await request(origin + path, {
      dispatcher,
      method,
      headers: { ...headers, ...(body && { "content-type": contentType }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await answer.body.text();
    if (answer.statusCode >= 300) throw new Error(`${method} ${path}: ${answer.statusCode} ${text.slice(0, 300)}`);
    return text;
  };
  return {
    call,
    async watch(path) {
      const query = path.includes("?") ? "&" : "?";
      const list = JSON.parse(await call("GET", `${path}${query}limit=1`)) as { metadata: { resourceVersion: string } };
      const abort = new AbortController();
      const answer = await request(`${origin}${path}${query}watch=1&resourceVersion=${list.metadata.resourceVersion}`, {
        dispatcher,
        headers,
        signal: abort.signal,
      });
      return counterOf(answer.body, () => abort.abort());
    },
  };
}

function counterOf(body: AsyncIterable<Buffer>, stop: () => void): Counter {
  const counts: { [type: string]: number } = {};
  const looks = new Set<(event: string) => void>();
  void (async () => {
    let rest = "";
    for await (const chunk of body) {
      const lines = (rest + chunk.toString("latin1")).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        const type = line.slice(9, line.indexOf('"', 9));
        counts[type] = (counts[type] ?? 0) + 1;
        for (const look of looks) look(line);
      }
    }
  })().catch((error: unknown) => {
    if ((error as Error).name !== "AbortError") throw error;
  });
  const when = (isIt: (event: string) => boolean, what: () => string, limitMs: number): Promise<number> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(what())), limitMs);
      const look = (event: string): void => {
        if (!isIt(event)) return;
        clearTimeout(timer);
        looks.delete(look);
        resolve(performance.now());
      };
      looks.add(look);
      look("");
    });
  return {
    stop,
    reached: (type, count, limitMs = LIMIT_MS) =>
      when(
        () => (counts[type] ?? 0) >= count,
        () => `${counts[type] ?? 0} of ${count} ${type}`,
        limitMs,
      ),
    saw: (isIt, limitMs = LIMIT_MS) => when(isIt, () => "it did not come", limitMs),
  };
}
