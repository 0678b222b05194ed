/** Where a list in pages goes on: opaque to clients, and nothing that must be kept secret or trusted. */
import { describeSyntaxError } from "../../machinery/codec/json-error.ts";
import { type ApiError, badRequest } from "../../machinery/meta/status.ts";
import type { Revision } from "../store/contract.ts";

export interface ContinueToken {
  /** The snapshot all pages are of; undefined: whatever is there now (what follows an expired token). */
  at: Revision | undefined;
  after: { namespace: string; name: string };
}

const VERSION = "meta.k8s.io/v1";
const MAX_TOKEN_LENGTH = 2048;

export function encodeContinue({ at, after }: ContinueToken): string {
  const text = JSON.stringify({ v: VERSION, rv: at ?? -1, start: `${after.namespace}/${after.name}\u0000` });
  return toBase64Url(text);
}

/** @throws ApiError 400 for what encodeContinue did not make, in upstream's words */
export function decodeContinue(token: string): ContinueToken {
  if (token.length > MAX_TOKEN_LENGTH) throw invalidToken("token is too long");
  const text = fromBase64Url(token);
  const { v, rv, start } = parsed(text) as { v?: unknown; rv?: unknown; start?: unknown };
  if (v !== VERSION) throw invalidToken(`server does not recognize this encoded version ${JSON.stringify(v ?? "")}`);
  if (typeof rv !== "number" || !Number.isSafeInteger(rv) || rv < -1 || rv === 0)
    throw invalidToken(`incorrect encoded start resourceVersion (version ${VERSION})`);
  if (start === undefined || start === "") throw invalidToken(`encoded start key empty (version ${VERSION})`);
  const match = typeof start === "string" ? /^([^/\0]*)\/([^/\0]+)\0$/.exec(start) : null;
  if (!match) throw invalidToken(String(typeof start === "string" ? start : typeof start));
  return { at: rv === -1 ? undefined : rv, after: { namespace: match[1]!, name: match[2]! } };
}

function parsed(text: string): object {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalidToken(describeSyntaxError(text));
  }
  return typeof value === "object" && value !== null ? value : {};
}

const invalidToken = (why: string): ApiError => badRequest(`invalid continue token: continue key is not valid: ${why}`);

const toBase64Url = (text: string): string =>
  btoa(NOT_ASCII.test(text) ? String.fromCharCode(...new TextEncoder().encode(text)) : text)
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replace(/=+$/, "");

const NOT_ASCII = /[^\0-\x7f]/;

function fromBase64Url(token: string): string {
  const wrong = token.search(/[^\w-]/);
  const at = wrong >= 0 ? wrong : token.length % 4 === 1 ? token.length - 1 : -1;
  if (at >= 0) throw invalidToken(`illegal base64 data at input byte ${at}`);
  const bytes = atob(token.replaceAll("-", "+").replaceAll("_", "/"));
  return new TextDecoder().decode(Uint8Array.from(bytes, (c) => c.charCodeAt(0)));
}
