import { describe, expect, it } from "vitest";
import { aggregatedRules } from "../../../kinds/rbac/aggregation.ts";
import type { ClusterRole } from "../../../kinds/rbac/v1-types.ts";
import type { KubeObject } from "../../../machinery/meta/object.ts";
import { planReconciliation } from "../../bootstrap/reconcile-role.ts";
import { MemoryStore } from "../../store/memory-store.ts";
import type { Access } from "../authorize.ts";
import type { Identity } from "../identity.ts";
import { createRbacAuthorizer } from "./authorizer.ts";
import { describeRules, missingRules } from "./covers.ts";
import { defaultRoles } from "./defaults/index.ts";
import { parseRule } from "./defaults/notation.ts";
import { ruleAllows } from "./rules.ts";

const access = (fields: Partial<Access>): Access => ({
  isResource: true,
  verb: "get",
  group: "",
  resource: "pods",
  subresource: "",
  namespace: "ns",
  name: "",
  path: "",
  ...fields,
});
const path = (text: string, verb = "get"): Access => access({ isResource: false, path: text, verb, resource: "" });

describe("ruleAllows", () => {
  it.each([
    { name: "[RU1] the resource", rule: "core: pods: get", asked: access({}), allowed: true },
    { name: "[RU2] another verb", rule: "core: pods: get", asked: access({ verb: "list" }), allowed: false },
    { name: "[RU3] another group", rule: "core: pods: get", asked: access({ group: "apps" }), allowed: false },
    {
      name: "[RU4] a subresource of it",
      rule: "core: pods: get",
      asked: access({ subresource: "log" }),
      allowed: false,
    },
    {
      name: "[RU5] the subresource",
      rule: "core: pods/log: get",
      asked: access({ subresource: "log" }),
      allowed: true,
    },
    {
      name: "[RU6] that subresource of anything",
      rule: "*: */log: get",
      asked: access({ subresource: "log" }),
      allowed: true,
    },
    { name: "[RU7] everything", rule: "*: *: *", asked: access({ subresource: "log", group: "apps" }), allowed: true },
    { name: "[RU8] a name", rule: "core: pods: get: a b", asked: access({ name: "b" }), allowed: true },
    { name: "[RU9] another name", rule: "core: pods: get: a b", asked: access({ name: "c" }), allowed: false },
    { name: "[RU10] no name", rule: "core: pods: list: a", asked: access({ verb: "list" }), allowed: false },
    { name: "[RU11] a path", rule: "urls: /healthz: get", asked: path("/healthz"), allowed: true },
    { name: "[RU12] a path below", rule: "urls: /healthz: get", asked: path("/healthz/etcd"), allowed: false },
    {
      name: "[RU13] paths by their beginning",
      rule: "urls: /apis/*: get",
      asked: path("/apis/apps/v1"),
      allowed: true,
    },
    { name: "[RU14] the folder itself is not below", rule: "urls: /apis/*: get", asked: path("/apis"), allowed: false },
    { name: "[RU15] any path", rule: "urls: *: get", asked: path("/metrics"), allowed: true },
    { name: "[RU16] a star in the middle is none", rule: "urls: /a*/b: get", asked: path("/ax/b"), allowed: false },
    { name: "[RU17] a path is no resource", rule: "*: *: *", asked: path("/metrics"), allowed: false },
  ])("$name", ({ rule, asked, allowed }) => {
    expect(ruleAllows(parseRule(rule), asked)).toBe(allowed);
  });
});

describe("missingRules", () => {
  it.each([
    { name: "[CO1] the same", held: ["core: pods: read"], wanted: ["core: pods: get"], missing: "" },
    {
      name: "[CO2] verbs of one resource in one line",
      held: ["core: pods: get"],
      wanted: ["core: pods: get list watch"],
      missing: '{APIGroups:[""], Resources:["pods"], Verbs:["list" "watch"]}',
    },
    {
      name: "[CO3] a star covers subresources",
      held: ["core: *: *"],
      wanted: ["core: pods/exec: create"],
      missing: "",
    },
    {
      name: "[CO4] */scale covers any scale",
      held: ["apps: */scale: get"],
      wanted: ["apps: a/scale: get"],
      missing: "",
    },
    {
      name: "[CO5] names do not cover all",
      held: ["core: secrets: get: a"],
      wanted: ["core: secrets: get"],
      missing: '{APIGroups:[""], Resources:["secrets"], Verbs:["get"]}',
    },
    {
      name: "[CO6] one name of two",
      held: ["core: secrets: get: a"],
      wanted: ["core: secrets: get: a b"],
      missing: '{APIGroups:[""], Resources:["secrets"], ResourceNames:["b"], Verbs:["get"]}',
    },
    { name: "[CO7] all cover names", held: ["core: secrets: get"], wanted: ["core: secrets: get: a b"], missing: "" },
    {
      name: "[CO8] a star is not covered by a list",
      held: ["core: pods: all"],
      wanted: ["core: pods: *"],
      missing: '{APIGroups:[""], Resources:["pods"], Verbs:["*"]}',
    },
    { name: "[CO9] paths by their beginning", held: ["urls: /a*: get"], wanted: ["urls: /a/b /a/*: get"], missing: "" },
    {
      name: "[CO10] sorted, paths each in a line",
      held: [],
      wanted: ["urls: /b /a: get", "apps: deployments: get", "core: pods: get"],
      missing: [
        '{APIGroups:[""], Resources:["pods"], Verbs:["get"]}',
        '{APIGroups:["apps"], Resources:["deployments"], Verbs:["get"]}',
        '{NonResourceURLs:["/a"], Verbs:["get"]}',
        '{NonResourceURLs:["/b"], Verbs:["get"]}',
      ].join("\n"),
    },
  ])("$name", ({ held, wanted, missing }) => {
    expect(describeRules(missingRules(held.map(parseRule), wanted.map(parseRule)))).toBe(missing);
  });
});

describe("RBAC authorizer", () => {
  const GROUP = "rbac.authorization.k8s.io";
  function world() {
    const store = new MemoryStore({ now: () => 0 });
    const put = (resource: string, namespace: string, name: string, fields: object): void => {
      const key = { resource: `${resource}.${GROUP}`, namespace, name };
      const row = store.get(key);
      const text = () => JSON.stringify({ metadata: { name, namespace }, ...fields });
      if (row) store.update(key, row.revision, text);
      else store.create(key, text);
    };
    const drop = (resource: string, namespace: string, name: string): void => {
      const key = { resource: `${resource}.${GROUP}`, namespace, name };
      const row = store.get(key)!;
      store.delete(key, row.revision, () => row.value);
    };
    put("clusterroles", "", "reader", { rules: [parseRule("core: pods: read")] });
    return { store, put, drop, rbac: createRbacAuthorizer(store) };
  }
  const eve: Identity = { user: "eve", groups: ["devs", "system:authenticated"] };
  const account: Identity = { user: "system:serviceaccount:ns:robot", groups: ["system:serviceaccounts"] };
  const binding = (subject: object, kind = "ClusterRole", name = "reader") => ({
    roleRef: { apiGroup: GROUP, kind, name },
    subjects: [subject],
  });

  it("[RB1] says which binding allows, to whom", () => {
    const { rbac, put } = world();
    put("rolebindings", "ns", "b", binding({ kind: "Group", name: "devs" }));
    expect(rbac.authorize(eve, access({}))).toMatchObject({
      decision: "allow",
      reason: 'RBAC: allowed by RoleBinding "b/ns" of ClusterRole "reader" to Group "devs"',
    });
    put("clusterrolebindings", "", "c", binding({ kind: "ServiceAccount", name: "robot", namespace: "ns" }));
    expect(rbac.authorize(account, access({ namespace: "" })).reason).toBe(
      'RBAC: allowed by ClusterRoleBinding "c" of ClusterRole "reader" to ServiceAccount "robot/ns"',
    );
  });

  it("[RB2] a binding holds in its namespace, a cluster binding everywhere", () => {
    const { rbac, put } = world();
    put("rolebindings", "ns", "b", binding({ kind: "User", name: "eve" }));
    expect(rbac.authorize(eve, access({ namespace: "other" })).decision).toBe("no opinion");
    expect(rbac.authorize(eve, access({ namespace: "" })).decision).toBe("no opinion");
    put("clusterrolebindings", "", "b", binding({ kind: "User", name: "eve" }));
    expect(rbac.authorize(eve, access({ namespace: "other" })).decision).toBe("allow");
  });

  it("[RB3] an account without namespace is one of the binding's; cluster-wide there is none", () => {
    const { rbac, put } = world();
    put("clusterrolebindings", "", "c", binding({ kind: "ServiceAccount", name: "robot" }));
    expect(rbac.authorize(account, access({})).decision).toBe("no opinion");
    put("rolebindings", "ns", "b", binding({ kind: "ServiceAccount", name: "robot" }));
    expect(rbac.authorize(account, access({})).decision).toBe("allow");
  });

  it("[RB4] follows what becomes of roles and bindings", () => {
    const { rbac, put, drop } = world();
    const may = () => rbac.authorize(eve, access({})).decision === "allow";
    put("rolebindings", "ns", "b", binding({ kind: "User", name: "eve" }, "Role", "r"));
    expect(may()).toBe(false);
    expect(rbac.authorize(eve, access({})).reason).toBe('RBAC: role.rbac.authorization.k8s.io "r" not found');
    put("roles", "ns", "r", { rules: [parseRule("core: pods: get")] });
    expect(may()).toBe(true);
    put("roles", "ns", "r", { rules: [] });
    expect(may()).toBe(false);
    put("roles", "ns", "r", { rules: [parseRule("core: pods: get")] });
    put("rolebindings", "ns", "b", binding({ kind: "User", name: "bob" }, "Role", "r"));
    expect(may()).toBe(false);
    put("rolebindings", "ns", "b", binding({ kind: "User", name: "eve" }, "Role", "r"));
    expect(may()).toBe(true);
    drop("rolebindings", "ns", "b");
    expect(may()).toBe(false);
  });

  it("[RB5] what is rolled back was never there", () => {
    const { rbac, put, store } = world();
    expect(() =>
      store.transaction(() => {
        put("rolebindings", "ns", "b", binding({ kind: "User", name: "eve" }));
        throw new Error("no");
      }),
    ).toThrow("no");
    expect(rbac.authorize(eve, access({})).decision).toBe("no opinion");
  });
});

describe("aggregatedRules", () => {
  const role = (name: string, labels: { [key: string]: string }, rules: string[], to?: string): ClusterRole => ({
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRole",
    metadata: { name, labels },
    rules: rules.map(parseRule),
    ...(to && { aggregationRule: { clusterRoleSelectors: [{ matchLabels: { to } }] } }),
  });
  it("[AG1] by name, each rule once, never its own", () => {
    const all = [
      role("z", { to: "x" }, ["core: pods: get"]),
      role("a", { to: "x" }, ["core: nodes: get", "core: pods: get"]),
      role("other", { to: "y" }, ["core: secrets: get"]),
    ];
    const gathering = role("g", { to: "x" }, ["core: events: get"], "x");
    expect(aggregatedRules(gathering, [...all, gathering])).toEqual(
      ["core: nodes: get", "core: pods: get"].map(parseRule),
    );
    expect(aggregatedRules(all[0]!, all)).toBeUndefined();
  });
});

describe("planReconciliation", () => {
  const wanted = defaultRoles().find(({ metadata }) => metadata.name === "system:basic-user")!;
  const clone = (object: KubeObject): KubeObject => structuredClone(object);
  it.each([
    { name: "[RC1] as it should be", change: () => {}, plan: "nothing" },
    {
      name: "[RC2] more rules, labels and annotations stay",
      change: (o: KubeObject) => {
        (o.rules as unknown[]).push(parseRule("core: pods: get"));
        o.metadata.labels!.mine = "1";
        o.metadata.annotations!.mine = "1";
      },
      plan: "nothing",
    },
    {
      name: "[RC3] less rules come back",
      change: (o: KubeObject) => void (o.rules as unknown[]).pop(),
      plan: "update",
    },
    { name: "[RC4] a label comes back", change: (o: KubeObject) => void delete o.metadata.labels, plan: "update" },
    {
      name: "[RC5] hands off",
      change: (o: KubeObject) => {
        o.metadata.annotations = { "rbac.authorization.kubernetes.io/autoupdate": "false" };
        o.rules = [];
      },
      plan: "nothing",
    },
    {
      name: "[RC6] gathers nothing",
      change: (o: KubeObject) => {
        o.aggregationRule = { clusterRoleSelectors: [{ matchLabels: { a: "b" } }] };
      },
      plan: "update",
    },
  ])("$name", ({ change, plan }) => {
    const live = clone(wanted);
    change(live);
    expect(planReconciliation(live, wanted).do).toBe(plan);
  });

  it("[RC7] a binding to another role is made anew; a missing subject is added", () => {
    const binding = defaultRoles().find((o) => o.kind === "ClusterRoleBinding" && o.metadata.name === "cluster-admin")!;
    const live = clone(binding);
    (live.roleRef as { name: string }).name = "view";
    expect(planReconciliation(live, binding)).toEqual({ do: "recreate" });
    const others = { ...clone(binding), subjects: [{ kind: "User", name: "me" }] };
    const plan = planReconciliation(others, binding);
    expect(plan.do === "update" && plan.object.subjects).toEqual([
      ...others.subjects,
      ...(binding.subjects as object[]),
    ]);
  });
});

describe("default roles", () => {
  const roles = defaultRoles();
  const count = (kind: string) => roles.filter((role) => role.kind === kind).length;
  it("[DR1] are all there", () => {
    // Upstream's own test data for v1.36, kedge:node-bootstrapper, and metrics-server's reader.
    expect([count("ClusterRole"), count("ClusterRoleBinding"), count("Role"), count("RoleBinding")]).toEqual([
      71, 51, 7, 7,
    ]);
    expect(new Set(roles.map(({ kind, metadata }) => `${kind}/${metadata.namespace}/${metadata.name}`)).size).toBe(
      roles.length,
    );
  });
  it("[DR2] are marked as such", () => {
    for (const { metadata } of roles) {
      expect(metadata.labels).toMatchObject({ "kubernetes.io/bootstrapping": "rbac-defaults" });
      expect(metadata.annotations).toEqual({ "rbac.authorization.kubernetes.io/autoupdate": "true" });
    }
  });
});
