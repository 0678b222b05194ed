/** Requests that need no call of their own: see http/handed-over.ts. */
import type { Identity } from "../access/identity.ts";
import { REQUEST_TIMEOUT_MS, timedOut } from "../http/deadlines.ts";
import { HANDED_HEADER, HandedRequest, handOver, withdraw } from "../http/handed-over.ts";
import type { Reply } from "../http/reply.ts";
import { passedOn } from "./forward.ts";

/** Content that is larger is streamed to the object. */
const MAX_CONTENT_BYTES = 64 * 1024;
/** Of one call. */
const MAX_TOGETHER = 128;
/** Who should have made the call by now is gone. */
const STALE_MS = 1_000;
/** Longer than the object takes for any request, once it has come. */
const LOST_MS = REQUEST_TIMEOUT_MS + 10_000;

/** One object: not a collection, whose answer may be a stream, nor one of its subresources. */
const NAMED = /^[^:]+:\/\/[^/]+\/api(?:s\/[^/?]+)?\/[^/?]+\/(?!watch\/)(?:[^/?]+|namespaces\/[^/?]+\/[^/?]+)\/[^/?]+$/;
/** A collection. */
const LISTED = /^[^:]+:\/\/[^/]+\/api(?:s\/[^/?]+)?\/[^/?]+\/(?!watch\/)(?:[^/?]+|namespaces\/[^/?]+\/[^/?]+)\?/;
const LIMITED = /[?&]limit=[1-9]/;
const API = /^[^:]+:\/\/[^/]+\/apis?\//;

/**
 * The request in memory; undefined for one that has to be passed on by itself. Its other headers say nothing (see
 * `isPlain`).
 */
export function handedOf(
  request: Request,
  { identity }: { identity: Identity },
): HandedRequest | Promise<HandedRequest> | undefined {
  const { method, url } = request;
  const query = url.indexOf("?");
  const isNamed = () => NAMED.test(query < 0 ? url : url.slice(0, query));
  switch (method) {
    case "GET": {
      if (query < 0 ? !isNamed() : !isPage(url)) return undefined;
      return new HandedRequest({ method, url, identity, headers: passedOn(request) });
    }
    case "DELETE":
      if (!isNamed()) return undefined;
      break;
    case "POST":
    case "PUT":
    case "PATCH":
      if (!API.test(url)) return undefined;
      break;
    default:
      return undefined;
  }
  const headers = passedOn(request);
  const length = headers["content-length"];
  if (length === undefined || Number(length) > MAX_CONTENT_BYTES) return undefined;
  return withContent(request, { identity, headers });
}

/** A page of a list: its length is bounded, so that it need not be a stream. */
export const isPage = (url: string): boolean => LIMITED.test(url) && !url.includes("watch") && LISTED.test(url);

async function withContent(
  request: Request,
  { identity, headers }: { identity: Identity; headers: { [name: string]: string } },
): Promise<HandedRequest> {
  const { method, url } = request;
  const isText = !headers["content-type"]?.includes("protobuf");
  const content = isText ? await request.text() : await request.arrayBuffer();
  return new HandedRequest({ method, url, identity, headers, content });
}

interface Waiting {
  request: HandedRequest;
  resolve(): void;
  reject(error: unknown): void;
}

/** What a request lends: calls are made by one of those that wait for them. */
export interface Means {
  /** Asks the object for what lies under this number. */
  call(headers: { [name: string]: string }): Promise<Response>;
  /** Keeps the call going when the client that made it is gone. */
  waitUntil(work: Promise<unknown>): void;
}

/** The way to one object. */
export class HandOver {
  /** Those that will go in the next call. */
  #gathering: Waiting[] = [];
  #gatheringSinceMs = 0;
  /** Under way. */
  #calls = 0;
  /** In the call before. */
  #lastTogether = 0;

  /**
   * Rejects with what the call rejects with; the object may have done what it was asked then.
   * @throws ApiError 504 when the request's content does not come in time; then it has not been asked
   */
  async ask(asked: HandedRequest | Promise<HandedRequest>, means: Means): Promise<Reply> {
    // Others would have to wait until it is read.
    if (!(asked instanceof Promise) && isPage(asked.url)) {
      await callFor([asked], means);
      return answerOf(asked);
    }
    // Not `new Promise`: the one that the optimizing compiler makes does not know to which request it belongs, and what
    // waits for it would go on in the one that made the call (workerd 1.2026).
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    let hasCome = false;
    // The runtime takes a request for hung that waits for nothing but others. The timers end with the request.
    setTimeout(() => {
      if (hasCome) setTimeout(() => reject(lost()), LOST_MS);
      else reject(timedOut());
    }, REQUEST_TIMEOUT_MS);
    const request = asked instanceof Promise ? ((await Promise.race([asked, promise])) as HandedRequest) : asked;
    hasCome = true;
    this.#add({ request, resolve, reject }, means);
    await promise;
    if (!request.isBrought) await callFor([request], means);
    return answerOf(request);
  }

  #add(waiting: Waiting, means: Means): void {
    const nowMs = Date.now();
    const gathering = this.#gathering;
    const isOpen = gathering.length > 0 && gathering.length < MAX_TOGETHER;
    if (isOpen && nowMs - this.#gatheringSinceMs < STALE_MS) {
      gathering.push(waiting);
      return;
    }
    this.#gathering = [waiting];
    this.#gatheringSinceMs = nowMs;
    means.waitUntil(this.#send(this.#gathering, means));
  }

  /** Never rejects. */
  async #send(gathering: Waiting[], means: Means): Promise<void> {
    // While others are under way, or have come together just now, more are to be expected in this turn.
    if (this.#calls > 0 || this.#lastTogether > 1) await new Promise((resolve) => setTimeout(resolve, 0));
    if (this.#gathering === gathering) this.#gathering = [];
    this.#lastTogether = gathering.length;
    this.#calls++;
    try {
      await callFor(
        gathering.map(({ request }) => request),
        means,
      );
      for (const { resolve } of gathering) resolve();
    } catch (error) {
      for (const { reject } of gathering) reject(error);
    } finally {
      this.#calls--;
    }
  }
}

function answerOf({ reply, error }: HandedRequest): Reply {
  if (!reply) throw error;
  return reply;
}

async function callFor(requests: readonly HandedRequest[], { call }: Means): Promise<void> {
  const number = handOver(requests);
  try {
    const { status } = await call({ [HANDED_HEADER]: number });
    if (status !== 204) throw lost();
  } finally {
    withdraw(number);
  }
}

/** As a stub's error when its object was restarted. */
const lost = (): Error => Object.assign(new Error("no answer came"), { durableObjectReset: true });
