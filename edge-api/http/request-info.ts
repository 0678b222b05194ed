/**
 * What a request is about, from its method and URL: apiserver's RequestInfo.
 * Grammar: https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-uris
 */

export interface RequestInfo {
  /** Whether the URL names API resources; else only `verb` and `path` say anything. */
  isResource: boolean;
  /** As RBAC knows it: get, list, watch, create, update, patch, delete, deletecollection; else the lower-case method. */
  verb: string;
  /** Decoded path without query. */
  path: string;
  /** "" is the core group. */
  group: string;
  version: string;
  /** "" for all namespaces and cluster-scoped resources. */
  namespace: string;
  /** Lower-case plural. */
  resource: string;
  name: string;
  subresource: string;
  /** What follows the subresource, without leading slash: the path of a proxy request. */
  rest: string;
}

const NAMESPACE_SUBRESOURCES: ReadonlySet<string> = new Set(["status", "finalize"]);

const VERB_OF_METHOD: { readonly [method: string]: string } = {
  POST: "create",
  GET: "get",
  HEAD: "get",
  PUT: "update",
  PATCH: "patch",
  DELETE: "delete",
};

/** Of a request for something else than API resources. */
export const nonResourceInfo = (verb: string, path: string): RequestInfo => ({
  isResource: false,
  verb,
  path,
  group: "",
  version: "",
  namespace: "",
  resource: "",
  name: "",
  subresource: "",
  rest: "",
});

/** @throws URIError for a path that is not UTF-8 in percent encoding */
export function parseRequestInfo(method: string, path: string, query: URLSearchParams | undefined): RequestInfo {
  const decoded = path.includes("%") ? path.split("/").map(decodeURIComponent) : path.split("/");
  const parts = decoded.filter((part) => part !== "");
  const info = nonResourceInfo(method.toLowerCase(), path);
  let at: number;
  if (parts[0] === "api" && parts.length >= 3) {
    info.version = parts[1]!;
    at = 2;
  } else if (parts[0] === "apis" && parts.length >= 4) {
    info.group = parts[1]!;
    info.version = parts[2]!;
    at = 3;
  } else return info;

  info.isResource = true;
  let legacyWatch = false;
  if (parts[at] === "watch" && parts.length > at + 1) {
    legacyWatch = true;
    at += 1;
  }
  if (parts[at] === "namespaces" && parts.length > at + 1) {
    info.namespace = parts[at + 1]!;
    if (parts.length > at + 2 && !NAMESPACE_SUBRESOURCES.has(parts[at + 2]!)) at += 2;
  }
  info.resource = parts[at]!;
  info.name = parts[at + 1] ?? "";
  info.subresource = parts[at + 2] ?? "";
  if (parts.length > at + 3) info.rest = parts.slice(at + 3).join("/");
  info.verb = verbOf(method, info.name, legacyWatch, query);
  return info;
}

function verbOf(method: string, name: string, legacyWatch: boolean, query: URLSearchParams | undefined): string {
  const verb = VERB_OF_METHOD[method] ?? "";
  if (legacyWatch && verb === "get") return "watch";
  if (name !== "") return verb;
  if (verb === "delete") return "deletecollection";
  if (verb !== "get") return verb;
  return isTrue(query?.get("watch")) ? "watch" : "list";
}

/** Whether a query parameter is set to true as Go's conversion reads it: present and neither "false" nor "0". */
export const isTrue = (value: string | null | undefined): boolean =>
  value !== null && value !== undefined && value.toLowerCase() !== "false" && value !== "0";
