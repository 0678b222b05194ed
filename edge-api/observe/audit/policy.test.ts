import { describe, expect, it } from "vitest";
import { parseRequestInfo } from "../../http/request-info.ts";
import { decide, parsePolicy } from "./policy.ts";

const policy = parsePolicy(`
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: None
  users: ["system:node:n1"]
- level: None
  nonResourceURLs: ["/healthz*", "/version"]
- level: Metadata
  resources: [{group: "", resources: ["secrets", "*/status"]}]
- level: RequestResponse
  verbs: [create]
  namespaces: [web]
  resources: [{group: apps}]
  omitStages: [ResponseStarted]
  omitManagedFields: true
- level: Request
  resources: [{group: "", resources: ["configmaps"], resourceNames: ["one"]}, {group: "", resources: ["pods/*"]}]
- level: Metadata
  userGroups: [auditors]
`);

const of = (method: string, path: string, user = "u", groups: string[] = []) =>
  decide(policy, parseRequestInfo(method, path, undefined), { user, groups });

const rule = (more: string): string => `kind: Policy\napiVersion: audit.k8s.io/v1\nrules: [{level: Metadata, ${more}}]`;

describe("audit policy", () => {
  it.each([
    ["[AP1] by user", of("GET", "/api/v1/pods", "system:node:n1"), "None"],
    ["[AP2] by path", of("GET", "/healthz/ping"), "None"],
    ["[AP3] by resource", of("GET", "/api/v1/namespaces/a/secrets"), "Metadata"],
    ["[AP4] any resource's subresource", of("PUT", "/api/v1/nodes/n/status"), "Metadata"],
    ["[AP5] by group, verb and namespace", of("POST", "/apis/apps/v1/namespaces/web/deployments"), "RequestResponse"],
    ["[AP6] elsewhere no rule fits", of("POST", "/apis/apps/v1/namespaces/db/deployments"), "None"],
    ["[AP7] by name", of("GET", "/api/v1/namespaces/a/configmaps/one"), "Request"],
    ["[AP8] by another name", of("GET", "/api/v1/namespaces/a/configmaps/two"), "None"],
    ["[AP9] a resource and its subresources", of("GET", "/api/v1/namespaces/a/pods/p/log"), "Request"],
    ["[AP10] by group of the user", of("GET", "/apis", "u", ["auditors"]), "Metadata"],
  ])("%s", (_name, { level }, want) => {
    expect(level).toBe(want);
  });

  it("[AP11] stages left out add up", () => {
    const decision = of("POST", "/apis/apps/v1/namespaces/web/deployments");
    expect([...decision.omitStages]).toEqual(["RequestReceived", "ResponseStarted"]);
    expect(decision.omitManagedFields).toBe(true);
  });

  it.each([
    ["[AP12] another kind", "kind: Pod\napiVersion: v1"],
    ["[AP13] no rules", "kind: Policy\napiVersion: audit.k8s.io/v1"],
    ["[AP14] no level", "kind: Policy\napiVersion: audit.k8s.io/v1\nrules: [{}]"],
    ["[AP16] paths and resources", rule("nonResourceURLs: [/], resources: [{group: apps}]")],
    ["[AP17] a path that is none", rule("nonResourceURLs: [healthz]")],
    ["[AP18] a wildcard in a path", rule("nonResourceURLs: [/a*/b]")],
    ["[AP19] names of nothing", rule("resources: [{group: apps, resourceNames: [a]}]")],
    ["[AP15] no stage", "kind: Policy\napiVersion: audit.k8s.io/v1\nrules: [{level: None, omitStages: [X]}]"],
  ])("%s is refused", (_name, text) => {
    expect(() => parsePolicy(text)).toThrow("audit policy");
  });
});
