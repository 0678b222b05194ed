/** The paths of one group version as OpenAPI describes them. */
import type { Kind, SubresourceInfo, Verb } from "../../../kinds/kind.ts";

type Operation = { [field: string]: unknown };
type PathItem = { [method: string]: Operation };

const query = (name: string, type: "string" | "integer" | "boolean" = "string"): object => ({
  name,
  in: "query",
  schema: { type, uniqueItems: true },
});

const pathParameter = (name: string): object => ({
  name,
  in: "path",
  required: true,
  schema: { type: "string", uniqueItems: true },
});

const LIST_PARAMETERS = [
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
  query("orphanDependents", "boolean"),
  query("propagationPolicy"),
];

/** What each verb is called, how it is asked for, and with what. */
const OPERATIONS: {
  readonly [verb in Verb]:
    | { method: string; action: string; parameters: object[]; body?: "object" | "patch" | "options" }
    | undefined;
} = {
  get: { method: "get", action: "get", parameters: [] },
  list: { method: "get", action: "list", parameters: LIST_PARAMETERS },
  create: { method: "post", action: "post", parameters: WRITE_PARAMETERS, body: "object" },
  update: { method: "put", action: "put", parameters: WRITE_PARAMETERS, body: "object" },
  patch: {
    method: "patch",
    action: "patch",
    parameters: [...WRITE_PARAMETERS, query("force", "boolean")],
    body: "patch",
  },
  delete: { method: "delete", action: "delete", parameters: DELETE_PARAMETERS, body: "options" },
  deletecollection: {
    method: "delete",
    action: "deletecollection",
    parameters: [...LIST_PARAMETERS, ...DELETE_PARAMETERS],
    body: "options",
  },
  watch: undefined,
};

const PATCH_TYPES = [
  "application/apply-patch+yaml",
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
];
const META = "io.k8s.apimachinery.pkg.apis.meta.v1.";
const reference = (type: string): object => ({ $ref: `#/components/schemas/${type}` });

const COLLECTION_VERBS: readonly Verb[] = ["list", "create", "deletecollection"];
const OBJECT_VERBS: readonly Verb[] = ["get", "update", "patch", "delete"];

/** @param prefix "/api/v1", "/apis/apps/v1" */
export function pathsOf(
  kinds: readonly Kind[],
  prefix: string,
  typeOf: (gvk: Gvk) => string | undefined,
): { [path: string]: PathItem } {
  const paths: { [path: string]: PathItem } = {};
  for (const kind of kinds) {
    const scope = kind.namespaced ? `${prefix}/namespaces/{namespace}` : prefix;
    const collection = `${scope}/${kind.plural}`;
    const parameters = kind.namespaced ? [pathParameter("namespace")] : [];
    const named = [pathParameter("name"), ...parameters];
    add(paths, collection, operationsOf(kind, kind.type, pick(kind.verbs, COLLECTION_VERBS)), parameters);
    if (kind.namespaced) {
      add(paths, `${prefix}/${kind.plural}`, operationsOf(kind, kind.type, pick(kind.verbs, ["list"])), []);
    }
    add(paths, `${collection}/{name}`, operationsOf(kind, kind.type, pick(kind.verbs, OBJECT_VERBS)), named);
    for (const [name, sub] of Object.entries(kind.subresources)) {
      add(paths, `${collection}/{name}/${name}`, operationsOf(sub, typeOf(sub), sub.verbs), named);
    }
  }
  return paths;
}

const pick = (verbs: readonly Verb[], wanted: readonly Verb[]): Verb[] => wanted.filter((verb) => verbs.includes(verb));

function add(paths: { [path: string]: PathItem }, path: string, operations: PathItem, parameters: object[]): void {
  if (Object.keys(operations).length === 0) return;
  paths[path] = { ...operations, ...(parameters.length > 0 && { parameters: parameters as unknown as Operation }) };
}

export type Gvk = Pick<SubresourceInfo, "group" | "version" | "kind">;

function operationsOf({ group, version, kind }: Gvk, type: string | undefined, verbs: readonly Verb[]): PathItem {
  const item: PathItem = {};
  for (const verb of verbs) {
    const operation = OPERATIONS[verb];
    if (!operation || item[operation.method]) continue;
    const schema = type ? reference(verb === "list" ? `${type}List` : type) : {};
    item[operation.method] = {
      ...(operation.body && { requestBody: bodyOf(operation.body, schema) }),
      parameters: [...operation.parameters, query("pretty")],
      responses: {
        "200": { description: "OK", content: { "application/json": { schema } } },
        "401": { description: "Unauthorized" },
      },
      "x-kubernetes-action": operation.action,
      "x-kubernetes-group-version-kind": { group, kind, version },
    };
  }
  return item;
}

function bodyOf(body: "object" | "patch" | "options", schema: object): object {
  if (body === "object") return { content: { "*/*": { schema } }, required: true };
  if (body === "options") return { content: { "*/*": { schema: reference(`${META}DeleteOptions`) } } };
  const content = Object.fromEntries(PATCH_TYPES.map((type) => [type, { schema: reference(`${META}Patch`) }]));
  return { content, required: true };
}
