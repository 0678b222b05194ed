/** What role bindings of both scopes share. Source: https://kubernetes.io/docs/reference/access-authn-authz/rbac/ */
import { type FieldError, invalid, notSupported } from "../../machinery/meta/field-error.ts";
import { dns1123Subdomain, pathSegmentName } from "../../machinery/meta/names.ts";
import { addMessages, checkPresent } from "../common/checks.ts";
import { age, type Cell, nameOf } from "../common/rows.ts";
import { same } from "../common/same.ts";
import type { Strategy } from "../kind.ts";
import type { ClusterRoleBinding, RoleBinding, Subject } from "./v1-types.ts";

const GROUP = "rbac.authorization.k8s.io";

type Binding = RoleBinding | ClusterRoleBinding;

function defaults<T extends Binding>(next: T): T {
  next.roleRef ??= { apiGroup: "", kind: "", name: "" };
  next.roleRef.apiGroup ||= GROUP;
  for (const subject of next.subjects ?? []) {
    if (subject.kind === "User" || subject.kind === "Group") subject.apiGroup ||= GROUP;
  }
  return next;
}

function checkSubject(errors: FieldError[], subject: Subject, path: string, namespaced: boolean): void {
  const named = checkPresent(errors, subject.name, `${path}.name`);
  const group = subject.apiGroup ?? "";
  switch (subject.kind) {
    case "ServiceAccount":
      if (named) addMessages(errors, `${path}.name`, subject.name, dns1123Subdomain(subject.name));
      if (group !== "") errors.push(notSupported(`${path}.apiGroup`, group, [""]));
      if (!namespaced) checkPresent(errors, subject.namespace, `${path}.namespace`);
      return;
    case "User":
    case "Group":
      if (group !== GROUP) errors.push(notSupported(`${path}.apiGroup`, group, [GROUP]));
      return;
    default:
      errors.push(notSupported(`${path}.kind`, subject.kind ?? "", ["ServiceAccount", "User", "Group"]));
  }
}

function checkBinding({ roleRef, subjects }: Binding, namespaced: boolean): FieldError[] {
  const errors: FieldError[] = [];
  if (roleRef.apiGroup !== GROUP) errors.push(notSupported("roleRef.apiGroup", roleRef.apiGroup ?? "", [GROUP]));
  const kinds = namespaced ? ["Role", "ClusterRole"] : ["ClusterRole"];
  if (!kinds.includes(roleRef.kind)) errors.push(notSupported("roleRef.kind", roleRef.kind ?? "", kinds));
  if (checkPresent(errors, roleRef.name, "roleRef.name")) {
    addMessages(errors, "roleRef.name", roleRef.name, pathSegmentName(roleRef.name));
  }
  subjects?.forEach((subject, i) => {
    checkSubject(errors, subject, `subjects[${i}]`, namespaced);
  });
  return errors;
}

/** With the names of Go's fields, as upstream shows it. */
const shownRef = ({ apiGroup = "", kind = "", name = "" }: Partial<Binding["roleRef"]>): object => ({
  APIGroup: apiGroup,
  Kind: kind,
  Name: name,
});

const named = (subjects: readonly Subject[] | undefined, kind: string): Subject[] =>
  subjects?.filter((subject) => subject.kind === kind) ?? [];

function row(object: Binding, nowMs: number): Cell[] {
  const { roleRef, subjects } = object;
  const accounts = named(subjects, "ServiceAccount").map(({ namespace = "", name = "" }) => `${namespace}/${name}`);
  return [
    nameOf(object),
    `${roleRef.kind ?? ""}/${roleRef.name ?? ""}`,
    age(object, nowMs),
    named(subjects, "User")
      .map((subject) => subject.name)
      .join(", "),
    named(subjects, "Group")
      .map((subject) => subject.name)
      .join(", "),
    accounts.join(", "),
  ];
}

export const bindingStrategy = <T extends Binding>({ namespaced }: { namespaced: boolean }): Strategy<T> => ({
  nameErrors: pathSegmentName,
  allowCreateOnUpdate: true,
  defaults,
  validate: (next) => checkBinding(next, namespaced),
  validateUpdate: (next, prev) =>
    same(next.roleRef, prev.roleRef) ? [] : [invalid("roleRef", shownRef(next.roleRef), "cannot change roleRef")],
  row,
});
