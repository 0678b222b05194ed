/** What every writing handler needs of its request. */
import type { Caller } from "../verbs/environment.ts";
import { type ParsedBody, readObject } from "./body.ts";
import type { RequestContext } from "./context.ts";

/** As Headers; names in lower case. */
export interface RequestHeaders {
  get(name: string): string | null;
  has(name: string): boolean;
  keys(): Iterable<string>;
  entries(): Iterable<[string, string]>;
}

/** What is looked at of a request. A Request is one; so is what the Worker hands over in memory (see handed-over.ts). */
export interface ApiRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: RequestHeaders;
  /** Looking at a Request's makes a stream of it. */
  readonly body: ReadableStream<Uint8Array> | null;
  text(): Promise<string>;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** The same request for another URL, without its body. */
export const withUrl = ({ method, headers }: ApiRequest, url: string): ApiRequest => {
  const bare = new Request(url, { method });
  return { method, url, headers, body: null, text: () => bare.text(), arrayBuffer: () => bare.arrayBuffer() };
};

export const callerOf = (
  context: RequestContext,
  { dryRun, fieldManager = "" }: { dryRun: boolean; fieldManager?: string },
): Caller => ({
  identity: context.identity,
  dryRun,
  fieldManager,
  warn: (message) => void context.warnings.push(message),
  ...(context.audit && { annotate: (key: string, value: string) => context.audit?.annotate(key, value) }),
});

/** The request's body, an object of this kind, parsed. @throws ApiError 400 (also when there is none), 413, 415 */
export async function bodyOf({ request, services, audit }: RequestContext, kind: string): Promise<ParsedBody> {
  const body = await readObject(request, services.env.registry, kind);
  audit?.sawBody(body.value);
  return body;
}
