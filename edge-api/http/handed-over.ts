/**
 * Requests that the Worker hands to a cluster's object in memory, where both run in one isolate, as they do in a
 * self-hosted workerd. Those that come together go in one call, whose own request and answer are empty: a call costs as
 * much as serving a request.
 *
 * Nothing is told before it is durable: the object's output gate holds the call's answer back, and the Worker tells only
 * the replies that were there when the call was answered.
 */
import type { Identity } from "../access/identity.ts";
import { type Answer, type Reply, replyOf } from "./reply.ts";
import type { ApiRequest, RequestHeaders } from "./request.ts";

/** Header of a call: the number under which requests were handed over. */
export const HANDED_HEADER = "x-kedge-handed";

/** How long those that are answered wait for the others of their call. */
export const PATIENCE_MS = 5;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

class HandedHeaders implements RequestHeaders {
  readonly #fields: { readonly [name: string]: string };

  constructor(fields: { readonly [name: string]: string }) {
    this.#fields = fields;
  }

  get(name: string): string | null {
    return this.has(name) ? this.#fields[name]! : null;
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#fields, name);
  }

  keys(): Iterable<string> {
    return Object.keys(this.#fields);
  }

  entries(): Iterable<[string, string]> {
    return Object.entries(this.#fields);
  }
}

/** One of them, as the object sees it. */
export class HandedRequest implements ApiRequest {
  readonly method: string;
  readonly url: string;
  readonly identity: Identity;
  readonly headers: RequestHeaders;
  readonly #content: string | ArrayBuffer | undefined;
  /** The object's answer, once there is one: not to be told before a call has brought it. */
  reply: Reply | undefined;
  /** Why there will be none. */
  error: unknown;
  /** Whether the answer of a call, which waits until all that was written before is durable, stands for this one's. */
  isBrought = false;
  /** For the object: its life in which it began to answer, and the end of that. */
  work: { life: object; done: Promise<void> } | undefined;

  /** @param given.headers names in lower case; with content-length when there is content */
  constructor(given: {
    method: string;
    url: string;
    identity: Identity;
    headers: { readonly [name: string]: string };
    content?: string | ArrayBuffer;
  }) {
    this.method = given.method;
    this.url = given.url;
    this.identity = given.identity;
    this.#content = given.content;
    this.headers = new HandedHeaders(given.headers);
  }

  get body(): ReadableStream<Uint8Array> | null {
    return this.#content === undefined ? null : new Response(this.#content).body;
  }

  async text(): Promise<string> {
    const content = this.#content ?? "";
    return typeof content === "string" ? content : decoder.decode(content);
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    const content = this.#content ?? "";
    return typeof content === "string" ? (encoder.encode(content).buffer as ArrayBuffer) : content;
  }
}

const handed = new Map<string, readonly HandedRequest[]>();
let lastNumber = 0;

/** For the Worker: puts requests where a call finds them under the number returned, until they are withdrawn. */
export function handOver(requests: readonly HandedRequest[]): string {
  const number = String(++lastNumber);
  handed.set(number, requests);
  return number;
}

/** For the Worker, when the call is over. */
export const withdraw = (number: string): void => void handed.delete(number);

/**
 * For the object: answers what was handed over under a number. Resolves when all are answered, or, if there are several,
 * soon after the first could have been: a call for one that had no reply then waits for it.
 *
 * @param life of the object: what an earlier one has begun is not known to this one
 * @returns 204; 410 when what was to be answered is lost
 */
export async function serveHanded(
  number: string,
  { life, answer }: { life: object; answer(request: HandedRequest): Promise<Answer> },
): Promise<Response> {
  const requests = handed.get(number);
  if (!requests) return new Response(null, { status: 410 });
  const works: Promise<void>[] = [];
  for (const request of requests) {
    request.work ??= { life, done: answered(request, answer) };
    if (request.work.life !== life) return new Response(null, { status: 410 });
    works.push(request.work.done);
  }
  if (works.length === 1) await works[0];
  else await within(Promise.all(works));
  for (const request of requests) request.isBrought ||= request.reply !== undefined || request.error !== undefined;
  return new Response(null, { status: 204 });
}

async function answered(request: HandedRequest, answer: (request: HandedRequest) => Promise<Answer>): Promise<void> {
  try {
    request.reply = await replyOf(await answer(request));
  } catch (error) {
    request.error = error;
  }
}

function within(all: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, PATIENCE_MS);
    void all.then(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
