/** Kubernetes' URL library: absolute URLs and absolute paths, as Go's url.ParseRequestURI takes them. */
import { BOOL, listOf, mapOf, opaque, STRING } from "../types.ts";
import { CelError, EntryMap, type OpaqueValue } from "../values.ts";
import { overText } from "./cost.ts";
import { global, member, type Overload } from "./function.ts";

// biome-ignore lint/suspicious/noExplicitAny: the checker and the dispatcher have seen to the types
type Any = any;

const NAME = "kubernetes.URL";
const URL_TYPE = opaque(NAME);

interface Parts {
  scheme: string;
  host: string;
  path: string;
  query: string;
}

class UrlValue implements OpaqueValue {
  readonly opaqueType = NAME;
  readonly text: string;
  readonly parts: Parts;

  constructor(text: string, parts: Parts) {
    this.text = text;
    this.parts = parts;
  }

  equals(other: OpaqueValue): boolean {
    return other instanceof UrlValue && this.text === other.text;
  }
}

const SHAPE = /^(?:([a-zA-Z][a-zA-Z0-9+.-]*):)?(?:\/\/(?:[^/?#@]*@)?([^/?#]*))?(\/[^?]*)?(?:\?(.*))?$/s;
const HOST = /^(?:\[[0-9a-fA-F:.%]+\]|[^[\]:\s]*)(?::[0-9]*)?$/;

function parse(text: string): UrlValue | undefined {
  const shape = SHAPE.exec(text);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  if (!shape || /[\x00-\x1f\x7f ]/.test(text) || /%(?![0-9a-fA-F]{2})/.test(text)) return undefined;
  const [, scheme = "", host, path = "", query = ""] = shape;
  if (scheme === "" && (path === "" || host !== undefined)) return undefined;
  if (host !== undefined && !HOST.test(host)) return undefined;
  return new UrlValue(text, { scheme: scheme.toLowerCase(), host: host ?? "", path, query });
}

function url(text: string): UrlValue {
  const parsed = parse(text);
  if (!parsed)
    throw new CelError(
      `URL parse error during conversion from string: parse ${JSON.stringify(text)}: invalid URI for request`,
    );
  return parsed;
}

function hostParts(host: string): { name: string; port: string } {
  const [, name = "", port = ""] = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/.exec(host) ?? [];
  return { name: name.replace(/^\[|\]$/g, ""), port };
}

const escapedPath = (path: string): string => path.replace(/[^A-Za-z0-9\-._~!$&'()*+,;=:@/%]/gu, encodeURIComponent);

function queryOf(query: string): EntryMap {
  const values = new Map<string, string[]>();
  for (const [name, value] of new URLSearchParams(query)) values.set(name, [...(values.get(name) ?? []), value]);
  const map = new EntryMap();
  for (const [name, each] of values) map.add(name, each);
  return map;
}

export const URLS: readonly Overload[] = [
  global("url", [STRING], URL_TYPE, (text: Any) => url(text), { cost: overText }),
  global("isURL", [STRING], BOOL, (text: Any) => parse(text) !== undefined, { cost: overText }),
  member("getScheme", [URL_TYPE], STRING, (value: Any) => value.parts.scheme),
  member("getHost", [URL_TYPE], STRING, (value: Any) => value.parts.host),
  member("getHostname", [URL_TYPE], STRING, (value: Any) => hostParts(value.parts.host).name),
  member("getPort", [URL_TYPE], STRING, (value: Any) => hostParts(value.parts.host).port),
  member("getEscapedPath", [URL_TYPE], STRING, (value: Any) => escapedPath(value.parts.path)),
  member("getQuery", [URL_TYPE], mapOf(STRING, listOf(STRING)), (value: Any) => queryOf(value.parts.query)),
];
