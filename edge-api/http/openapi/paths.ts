/** The paths of one group version as OpenAPI describes them. */
import type { Kind, SubresourceInfo, Verb } from "../../../kinds/kind.ts";
import { RETURNS_OBJECT } from "../../verbs/delete.ts";
import {
  CONNECTED,
  capital,
  type Gvk,
  LIST_PARAMETERS,
  MORE_PARAMETERS,
  type Operation,
  PATCH_TYPES,
  type PathItem,
  PRETTY,
  pathParameter,
  tagOf,
  VERB_FORMS,
  type VerbForm,
  versionWords,
} from "./operations.ts";

const META = "io.k8s.apimachinery.pkg.apis.meta.v1.";
const reference = (type: string): object => ({ $ref: `#/components/schemas/${type}` });
const TEXT = { type: "string" };
const MEDIA = ["application/json", "application/vnd.kubernetes.protobuf", "application/yaml"];
const STREAMS = ["application/json;stream=watch", "application/vnd.kubernetes.protobuf;stream=watch"];

const COLLECTION_VERBS: readonly Verb[] = ["list", "create", "deletecollection"];
const OBJECT_VERBS: readonly Verb[] = ["get", "update", "patch", "delete"];
type TypeOf = (gvk: Gvk) => string | undefined;

/** What an operation is about. */
interface Subject {
  /** Whose kind it speaks. */
  gvk: Gvk;
  type: string | undefined;
  /** Where it belongs. */
  kind: Kind;
  subresource: string;
  /** Of all namespaces at once. */
  everywhere: boolean;
}

/** @param prefix "/api/v1", "/apis/apps/v1" */
export function pathsOf(kinds: readonly Kind[], prefix: string, typeOf: TypeOf): { [path: string]: PathItem } {
  const paths: { [path: string]: PathItem } = {};
  for (const kind of kinds) {
    const scope = kind.namespaced ? `${prefix}/namespaces/{namespace}` : prefix;
    const collection = `${scope}/${kind.plural}`;
    const inNamespace = kind.namespaced ? [pathParameter("namespace")] : [];
    const named = [pathParameter("name"), ...inNamespace];
    const subject: Subject = { gvk: kind, type: kind.type, kind, subresource: "", everywhere: false };
    add(paths, collection, operationsOf(subject, pick(kind.verbs, COLLECTION_VERBS)), inNamespace);
    if (kind.namespaced) {
      const everywhere = { ...subject, everywhere: true };
      add(paths, `${prefix}/${kind.plural}`, operationsOf(everywhere, pick(kind.verbs, ["list"])), []);
    }
    add(paths, `${collection}/{name}`, operationsOf(subject, pick(kind.verbs, OBJECT_VERBS)), named);
    if (kind.verbs.includes("watch")) addWatches(paths, { kind, prefix, inNamespace, named });
    for (const [name, sub] of Object.entries(kind.subresources)) {
      const path = `${collection}/{name}/${name}`;
      if (CONNECTED.has(name)) addConnected(paths, { path, kind, name, sub, named });
      else {
        const more = MORE_PARAMETERS.get(name) ?? [];
        const about = { ...subject, gvk: sub, type: name === "log" ? undefined : typeOf(sub), subresource: name };
        add(paths, path, operationsOf(about, sub.verbs), [...named, ...more]);
      }
    }
  }
  return paths;
}

const pick = (verbs: readonly Verb[], wanted: readonly Verb[]): Verb[] => wanted.filter((verb) => verbs.includes(verb));

function add(
  paths: { [path: string]: PathItem },
  path: string,
  operations: PathItem,
  parameters: readonly object[],
): void {
  if (Object.keys(operations).length === 0) return;
  paths[path] = { ...operations, parameters: [...parameters, PRETTY] as unknown as Operation };
}

function operationsOf(subject: Subject, verbs: readonly Verb[]): PathItem {
  const item: PathItem = {};
  for (const verb of verbs) {
    const form = VERB_FORMS[verb];
    if (form && !item[form.method]) item[form.method] = operation(subject, verb, form);
  }
  return item;
}

function operation({ gvk, type, kind, subresource, everywhere }: Subject, verb: Verb, form: VerbForm): Operation {
  const { group, version, kind: name } = gvk;
  const own = type ? reference(type) : TEXT;
  const returned = verb === "list" ? reference(`${type}List`) : isAnsweredByStatus(verb, kind) ? STATUS : own;
  const media = type ? (verb === "list" ? [...MEDIA, ...STREAMS] : MEDIA) : ["text/plain"];
  const content = Object.fromEntries(media.map((mediaType) => [mediaType, { schema: returned }]));
  const scope = kind.namespaced && !everywhere ? "Namespaced" : "";
  const collection = verb === "deletecollection" ? "Collection" : "";
  return {
    tags: [tagOf(kind)],
    description: `${form.says} ${kind.kind}${subresource && ` (${subresource})`}`,
    operationId: `${form.name}${versionWords(kind)}${collection}${scope}${kind.kind}${capital(subresource)}${everywhere ? "ForAllNamespaces" : ""}`,
    ...(form.parameters.length > 0 && { parameters: form.parameters }),
    ...(form.body && { requestBody: bodyOf(form.body, own) }),
    responses: {
      ...Object.fromEntries(["200", ...(form.codes ?? [])].map((code) => [code, { description: SAYS[code], content }])),
      "401": { description: "Unauthorized" },
    },
    "x-kubernetes-action": form.action,
    "x-kubernetes-group-version-kind": { group, kind: name, version },
  };
}

const isAnsweredByStatus = (verb: Verb, { storage }: Kind): boolean =>
  verb === "deletecollection" || (verb === "delete" && !RETURNS_OBJECT.has(storage));
const STATUS = reference(`${META}Status`);
const SAYS: { [code: string]: string } = { "200": "OK", "201": "Created", "202": "Accepted" };

function bodyOf(body: "object" | "patch" | "options", schema: object): object {
  if (body === "object") return { content: { "*/*": { schema } }, required: true };
  if (body === "options") return { content: { "*/*": { schema: reference(`${META}DeleteOptions`) } } };
  const content = Object.fromEntries(PATCH_TYPES.map((type) => [type, { schema: reference(`${META}Patch`) }]));
  return { content, required: true };
}

/** The older way to watch. */
function addWatches(
  paths: { [path: string]: PathItem },
  {
    kind,
    prefix,
    inNamespace,
    named,
  }: { kind: Kind; prefix: string; inNamespace: readonly object[]; named: readonly object[] },
): void {
  const words = `watch${versionWords(kind)}`;
  const scope = kind.namespaced ? "Namespaced" : "";
  const collection = `${prefix}/watch/${kind.namespaced ? "namespaces/{namespace}/" : ""}${kind.plural}`;
  const item = (operationId: string, action: string, parameters: readonly object[]): PathItem => ({
    get: {
      tags: [tagOf(kind)],
      description: `${WATCH_SAYS[action]} ${kind.kind}. ${WATCH_INSTEAD}`,
      operationId,
      responses: { "200": { description: "OK", content: WATCH_CONTENT }, "401": { description: "Unauthorized" } },
      "x-kubernetes-action": action,
      "x-kubernetes-group-version-kind": { group: kind.group, kind: kind.kind, version: kind.version },
    },
    parameters: [...parameters, ...LIST_PARAMETERS, PRETTY] as unknown as Operation,
  });
  paths[collection] = item(`${words}${scope}${kind.kind}List`, "watchlist", inNamespace);
  paths[`${collection}/{name}`] = item(`${words}${scope}${kind.kind}`, "watch", named);
  if (!kind.namespaced) return;
  const everywhere = `${prefix}/watch/${kind.plural}`;
  paths[everywhere] = item(`${words}${kind.kind}ListForAllNamespaces`, "watchlist", []);
}

const WATCH_SAYS: { readonly [action: string]: string } = {
  watch: "watch changes to an object of kind",
  watchlist: "watch individual changes to a list of",
};
const WATCH_INSTEAD = "Deprecated: use the watch parameter with a list operation instead.";
const WATCH_CONTENT = Object.fromEntries(
  [...MEDIA, ...STREAMS].map((media) => [media, { schema: reference(`${META}WatchEvent`) }]),
);

const METHODS: { readonly [verb: string]: readonly string[] } = {
  get: ["get", "head", "options"],
  create: ["post"],
  update: ["put"],
  patch: ["patch"],
  delete: ["delete"],
};

/** What is connected to, and for a proxy also what lies below it. */
function addConnected(
  paths: { [path: string]: PathItem },
  {
    path,
    kind,
    name,
    sub,
    named,
  }: { path: string; kind: Kind; name: string; sub: SubresourceInfo; named: readonly object[] },
): void {
  const { group, version } = sub;
  const methods = sub.verbs.flatMap((verb) =>
    name === "proxy" ? (METHODS[verb] ?? []) : (METHODS[verb] ?? []).slice(0, 1),
  );
  const operations = (withPath: string): PathItem =>
    Object.fromEntries(
      methods.map((method) => [
        method,
        {
          tags: [tagOf(kind)],
          description: `connect ${method.toUpperCase()} requests to ${name} of ${kind.kind}`,
          operationId: `connect${versionWords(kind)}${capital(method)}${kind.namespaced ? "Namespaced" : ""}${kind.kind}${capital(name)}${withPath}`,
          responses: {
            "200": { description: "OK", content: { "*/*": { schema: TEXT } } },
            "401": { description: "Unauthorized" },
          },
          "x-kubernetes-action": "connect",
          "x-kubernetes-group-version-kind": { group, kind: sub.kind, version },
        },
      ]),
    );
  const parameters = [...named, ...CONNECTED.get(name)!];
  paths[path] = { ...operations(""), parameters: parameters as unknown as Operation };
  if (name !== "proxy") return;
  const below = [pathParameter("path"), ...parameters];
  paths[`${path}/{path}`] = { ...operations("WithPath"), parameters: below as unknown as Operation };
}
