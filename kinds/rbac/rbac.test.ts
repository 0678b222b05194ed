import { describe, expect, it } from "vitest";
import { created, createErrors, updateErrors } from "../judge.ts";
import { clusterRole } from "./cluster-role.ts";
import { clusterRoleBinding } from "./cluster-role-binding.ts";
import { role } from "./role.ts";
import { roleBinding } from "./role-binding.ts";
import type { ClusterRole, ClusterRoleBinding, PolicyRule, Role, RoleBinding, Subject } from "./v1-types.ts";

const GROUP = "rbac.authorization.k8s.io";
const apiVersion = `${GROUP}/v1`;
const metadata = { name: "system:reader", namespace: "default", creationTimestamp: "2026-01-01T00:00:00Z" };

const makeRole = (rule: Partial<PolicyRule>): Role => ({
  apiVersion,
  kind: "Role",
  metadata,
  rules: [{ verbs: ["get"], ...rule }],
});
const makeClusterRole = (more: Partial<ClusterRole>): ClusterRole => ({
  apiVersion,
  kind: "ClusterRole",
  metadata,
  ...more,
});
const makeBinding = (subjects: Subject[], roleRef = { apiGroup: "", kind: "Role", name: "reader" }): RoleBinding => ({
  apiVersion,
  kind: "RoleBinding",
  metadata,
  roleRef,
  subjects,
});
const makeClusterBinding = (subjects: Subject[], kind = "ClusterRole"): ClusterRoleBinding => ({
  ...makeBinding(subjects, { apiGroup: "", kind, name: "reader" }),
  kind: "ClusterRoleBinding",
});

describe("roles", () => {
  const bad: [name: string, rule: Partial<PolicyRule>, errors: string[]][] = [
    [
      "no verbs",
      { verbs: [], apiGroups: [""], resources: ["pods"] },
      ["rules[0].verbs: Required value: verbs must contain at least one value"],
    ],
    [
      "no groups and no resources",
      {},
      [
        "rules[0].apiGroups: Required value: resource rules must supply at least one api group",
        "rules[0].resources: Required value: resource rules must supply at least one resource",
      ],
    ],
    [
      "URLs in a namespace",
      { nonResourceURLs: ["/healthz"] },
      ['rules[0].nonResourceURLs: Invalid value: ["/healthz"]: namespaced rules cannot apply to non-resource URLs'],
    ],
  ];
  it.each(bad)("RBAC-1 %s", (_, rule, errors) => {
    expect(createErrors(role, makeRole(rule))).toEqual(errors);
  });

  it("RBAC-2 cluster roles may be about URLs, but not about both", () => {
    expect(
      createErrors(clusterRole, makeClusterRole({ rules: [{ verbs: ["get"], nonResourceURLs: ["/healthz"] }] })),
    ).toEqual([]);
    const both = { verbs: ["get"], nonResourceURLs: ["/healthz"], resources: ["pods"] };
    expect(createErrors(clusterRole, makeClusterRole({ rules: [both] }))).toEqual([
      'rules[0].nonResourceURLs: Invalid value: ["/healthz"]: rules cannot apply to both regular resources and non-resource URLs',
    ]);
    expect(createErrors(clusterRole, makeClusterRole({ aggregationRule: {} }))).toEqual([
      "aggregationRule.clusterRoleSelectors: Required value: at least one clusterRoleSelector required if aggregationRule is non-nil",
    ]);
  });

  it("RBAC-3 any path segment is a name", () => {
    expect(role.nameErrors?.("system:a")).toEqual([]);
    expect(role.nameErrors?.("a/b")).toEqual(["may not contain '/'"]);
  });

  it("RBAC-4 rows show when they were made", () => {
    expect(role.row?.(makeRole({}), 0)).toEqual(["system:reader", "2026-01-01T00:00:00Z"]);
  });
});

describe("bindings", () => {
  it("RBAC-5 groups of references and subjects are filled in", () => {
    const next = created(
      roleBinding,
      makeBinding([
        { kind: "User", name: "eve" },
        { kind: "ServiceAccount", name: "a" },
      ]),
    );
    expect(next.roleRef.apiGroup).toBe(GROUP);
    expect(next.subjects).toEqual([
      { kind: "User", name: "eve", apiGroup: GROUP },
      { kind: "ServiceAccount", name: "a" },
    ]);
  });

  const bad: [name: string, errors: string[], expected: string[]][] = [
    [
      "subject without name",
      createErrors(roleBinding, makeBinding([{ kind: "User", name: "" }])),
      ["subjects[0].name: Required value"],
    ],
    [
      "unknown kind of subject",
      createErrors(roleBinding, makeBinding([{ kind: "Robot", name: "a" }])),
      ['subjects[0].kind: Unsupported value: "Robot": supported values: "ServiceAccount", "User", "Group"'],
    ],
    [
      "service account of a group",
      createErrors(roleBinding, makeBinding([{ kind: "ServiceAccount", name: "a", apiGroup: "x" }])),
      ['subjects[0].apiGroup: Unsupported value: "x": supported values: ""'],
    ],
    [
      "service account without namespace, cluster-wide",
      createErrors(clusterRoleBinding, makeClusterBinding([{ kind: "ServiceAccount", name: "a" }])),
      ["subjects[0].namespace: Required value"],
    ],
    [
      "role, cluster-wide",
      createErrors(clusterRoleBinding, makeClusterBinding([], "Role")),
      ['roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"'],
    ],
  ];
  it.each(bad)("RBAC-6 %s", (_, errors, expected) => {
    expect(errors).toEqual(expected);
  });

  it("RBAC-7 the role stays", () => {
    const errors = updateErrors(roleBinding, makeBinding([]), (next) => {
      next.roleRef.name = "writer";
    });
    expect(errors).toEqual([
      `roleRef: Invalid value: {"APIGroup":"${GROUP}","Kind":"Role","Name":"writer"}: cannot change roleRef`,
    ]);
  });

  it("RBAC-8 row", () => {
    const subjects = [
      { kind: "User", name: "eve" },
      { kind: "User", name: "bob" },
      { kind: "Group", name: "ops" },
      { kind: "ServiceAccount", name: "a", namespace: "kube-system" },
    ];
    expect(roleBinding.row?.(makeBinding(subjects), Date.parse("2026-01-01T00:05:00Z"))).toEqual([
      "system:reader",
      "Role/reader",
      "5m",
      "eve, bob",
      "ops",
      "kube-system/a",
    ]);
  });
});
