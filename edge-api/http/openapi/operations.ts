/** What each verb is called in OpenAPI documents, how it is asked for, and with what. */
import type { SubresourceInfo, Verb } from "../../../kinds/kind.ts";

export type Operation = { [field: string]: unknown };
export type PathItem = { [method: string]: Operation };
export type Gvk = Pick<SubresourceInfo, "group" | "version" | "kind">;

const query = (name: string, type: "string" | "integer" | "boolean" = "string"): object => ({
  name,
  in: "query",
  schema: { type, uniqueItems: true },
});

export const pathParameter = (name: string): object => ({
  name,
  in: "path",
  required: true,
  schema: { type: "string", uniqueItems: true },
});

export const PRETTY = query("pretty");

export const LIST_PARAMETERS = [
  query("allowWatchBookmarks", "boolean"),
  query("continue"),
  query("fieldSelector"),
  query("labelSelector"),
  query("limit", "integer"),
  query("resourceVersion"),
  query("resourceVersionMatch"),
  query("sendInitialEvents", "boolean"),
  query("timeoutSeconds", "integer"),
  query("watch", "boolean"),
];
const WRITE_PARAMETERS = [query("dryRun"), query("fieldManager"), query("fieldValidation")];
const DELETE_PARAMETERS = [
  query("dryRun"),
  query("gracePeriodSeconds", "integer"),
  query("ignoreStoreReadErrorWithClusterBreakingPotential", "boolean"),
  query("orphanDependents", "boolean"),
  query("propagationPolicy"),
];

export interface VerbForm {
  method: string;
  action: string;
  /** First word of the operation's id. */
  name: string;
  /** Before the kind's name. */
  says: string;
  parameters: object[];
  body?: "object" | "patch" | "options";
  /** Besides 200 and 401. */
  codes?: readonly string[];
}

/** Watching is asked for as listing is. */
export const VERB_FORMS: { readonly [verb in Verb]: VerbForm | undefined } = {
  get: { method: "get", action: "get", name: "read", says: "read the specified", parameters: [] },
  list: {
    method: "get",
    action: "list",
    name: "list",
    says: "list or watch objects of kind",
    parameters: LIST_PARAMETERS,
  },
  create: {
    method: "post",
    action: "post",
    name: "create",
    says: "create a",
    parameters: WRITE_PARAMETERS,
    body: "object",
    codes: ["201", "202"],
  },
  update: {
    method: "put",
    action: "put",
    name: "replace",
    says: "replace the specified",
    parameters: WRITE_PARAMETERS,
    body: "object",
    codes: ["201"],
  },
  patch: {
    method: "patch",
    action: "patch",
    name: "patch",
    says: "partially update the specified",
    parameters: [...WRITE_PARAMETERS, query("force", "boolean")],
    body: "patch",
    codes: ["201"],
  },
  delete: {
    method: "delete",
    action: "delete",
    name: "delete",
    says: "delete a",
    parameters: DELETE_PARAMETERS,
    body: "options",
    codes: ["202"],
  },
  deletecollection: {
    method: "delete",
    action: "deletecollection",
    name: "delete",
    says: "delete collection of",
    parameters: [...LIST_PARAMETERS, ...DELETE_PARAMETERS],
    body: "options",
  },
  watch: undefined,
};

export const PATCH_TYPES = [
  "application/apply-patch+yaml",
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
];

/** Subresources that are spoken with over a connection, whatever the method. */
export const CONNECTED: ReadonlyMap<string, readonly object[]> = new Map([
  ["attach", [query("container"), ...["stderr", "stdin", "stdout", "tty"].map((name) => query(name, "boolean"))]],
  [
    "exec",
    [
      query("command"),
      query("container"),
      ...["stderr", "stdin", "stdout", "tty"].map((name) => query(name, "boolean")),
    ],
  ],
  ["portforward", [query("ports", "integer")]],
  ["proxy", [query("path")]],
]);

/** Of subresources that are asked for with more than others. */
export const MORE_PARAMETERS: ReadonlyMap<string, readonly object[]> = new Map([
  [
    "log",
    [
      query("container"),
      query("follow", "boolean"),
      query("insecureSkipTLSVerifyBackend", "boolean"),
      query("limitBytes", "integer"),
      query("previous", "boolean"),
      query("sinceSeconds", "integer"),
      query("stream"),
      query("tailLines", "integer"),
      query("timestamps", "boolean"),
    ],
  ],
]);

export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** "RbacAuthorization" of "rbac.authorization.k8s.io". */
export const groupWords = (group: string): string =>
  group === ""
    ? "Core"
    : group
        .replace(/\.k8s\.io$/, "")
        .split(".")
        .map(capital)
        .join("");

/** "CoreV1" */
export const versionWords = ({ group, version }: Pick<Gvk, "group" | "version">): string =>
  groupWords(group) + capital(version);

/** "core_v1", "rbacAuthorization_v1"; without a version "core". */
export function tagOf({ group, version }: { group: string; version?: string }): string {
  const name = groupWords(group);
  return `${name.charAt(0).toLowerCase()}${name.slice(1)}${version === undefined ? "" : `_${version}`}`;
}
