import { expect, it } from "vitest";
import { parseRequestInfo } from "./request-info.ts";

const parse = (method: string, url: string) => {
  const [path = "", query] = url.split("?");
  const { path: _path, ...info } = parseRequestInfo(
    method,
    path,
    query === undefined ? undefined : new URLSearchParams(query),
  );
  // Only what says something.
  return Object.fromEntries(Object.entries(info).filter(([, value]) => value !== "" && value !== false));
};

it.each([
  ["[RI1]", "GET", "/version", { verb: "get" }],
  ["[RI2]", "GET", "/api/v1", { verb: "get" }],
  ["[RI3]", "GET", "/apis/apps/v1", { verb: "get" }],
  ["[RI4]", "GET", "/api/v1/nodes", { isResource: true, verb: "list", version: "v1", resource: "nodes" }],
  ["[RI5]", "HEAD", "/api/v1/nodes/n", { isResource: true, verb: "get", version: "v1", resource: "nodes", name: "n" }],
  [
    "[RI6]",
    "GET",
    "/apis/apps/v1/namespaces/ns/deployments/d/scale",
    {
      isResource: true,
      verb: "get",
      group: "apps",
      version: "v1",
      namespace: "ns",
      resource: "deployments",
      name: "d",
      subresource: "scale",
    },
  ],
  ["[RI7]", "GET", "/api/v1/pods?watch=1", { isResource: true, verb: "watch", version: "v1", resource: "pods" }],
  ["[RI8]", "GET", "/api/v1/pods?watch=false", { isResource: true, verb: "list", version: "v1", resource: "pods" }],
  ["[RI9]", "GET", "/api/v1/watch/pods", { isResource: true, verb: "watch", version: "v1", resource: "pods" }],
  [
    "[RI10]",
    "GET",
    "/api/v1/watch/namespaces/ns/pods/p",
    { isResource: true, verb: "watch", version: "v1", namespace: "ns", resource: "pods", name: "p" },
  ],
  ["[RI11]", "GET", "/api/v1/namespaces", { isResource: true, verb: "list", version: "v1", resource: "namespaces" }],
  [
    "[RI12]",
    "DELETE",
    "/api/v1/namespaces/ns",
    { isResource: true, verb: "delete", version: "v1", namespace: "ns", resource: "namespaces", name: "ns" },
  ],
  [
    "[RI13]",
    "PUT",
    "/api/v1/namespaces/ns/finalize",
    {
      isResource: true,
      verb: "update",
      version: "v1",
      namespace: "ns",
      resource: "namespaces",
      name: "ns",
      subresource: "finalize",
    },
  ],
  [
    "[RI14]",
    "DELETE",
    "/api/v1/namespaces/ns/pods",
    { isResource: true, verb: "deletecollection", version: "v1", namespace: "ns", resource: "pods" },
  ],
  [
    "[RI15]",
    "POST",
    "/api/v1/namespaces/ns/pods/p/proxy/a/b",
    {
      isResource: true,
      verb: "create",
      version: "v1",
      namespace: "ns",
      resource: "pods",
      name: "p",
      subresource: "proxy",
      rest: "a/b",
    },
  ],
  [
    "[RI16]",
    "PATCH",
    "/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Ax",
    {
      isResource: true,
      verb: "patch",
      group: "rbac.authorization.k8s.io",
      version: "v1",
      resource: "clusterroles",
      name: "system:x",
    },
  ],
])("%s %s %s", (_id, method, url, expected) => {
  expect(parse(method, url)).toEqual(expected);
});

it("[RI17] refuses what is no UTF-8", () => {
  expect(() => parseRequestInfo("GET", "/api/v1/nodes/%ff", undefined)).toThrow(URIError);
});
