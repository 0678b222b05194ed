/**
 * Answers whose body is there as a whole. They become a Response only where they leave the object by themselves: those
 * that were asked for together travel as they are (see handed-over.ts).
 */
export class Reply {
  readonly status: number;
  readonly body: string | Uint8Array;
  /** Names in lower case. */
  readonly headers: { [name: string]: string } | Headers;

  constructor(status: number, headers: Reply["headers"], body: Reply["body"]) {
    this.status = status;
    this.headers = headers;
    this.body = body;
  }

  /** As fetch handlers give it. */
  toResponse(): Response {
    const body = this.body as string | Uint8Array<ArrayBuffer>;
    const { status, headers } = this;
    if (headers instanceof Headers) return new Response(body, { status, headers });
    const response = new Response(body, { status, headers: templateOf(headers) });
    const auditId = headers[AUDIT_ID];
    if (auditId !== undefined) response.headers.set(AUDIT_ID, auditId);
    return response;
  }
}

/** The one header that differs from answer to answer. */
const AUDIT_ID = "audit-id";
const templates = new Map<string, Headers>();
const MAX_TEMPLATES = 256;

/** All other headers. Copying a Headers takes half as long as making one of an object's fields. */
function templateOf(headers: { readonly [name: string]: string }): Headers {
  let key = "";
  for (const name in headers) if (name !== AUDIT_ID) key += `${name}\n${headers[name]}\n`;
  let template = templates.get(key);
  if (template === undefined) {
    template = new Headers(headers);
    template.delete(AUDIT_ID);
    if (templates.size >= MAX_TEMPLATES) templates.clear();
    templates.set(key, template);
  }
  return template;
}

/** What a handler gives: a Response where the body is a stream, or there is none. */
export type Answer = Response | Reply;

export function setHeader({ headers }: Answer, name: string, value: string): void {
  if (headers instanceof Headers) headers.set(name, value);
  else headers[name] = value;
}

export function headerOf({ headers }: Answer, name: string): string | null {
  return headers instanceof Headers ? headers.get(name) : (headers[name] ?? null);
}

export const responseOf = (answer: Answer): Response => (answer instanceof Reply ? answer.toResponse() : answer);

/** @throws when the body breaks off */
export async function replyOf(answer: Answer): Promise<Reply> {
  if (answer instanceof Reply) return answer;
  return new Reply(answer.status, new Headers(answer.headers), new Uint8Array(await answer.arrayBuffer()));
}
