/**
 * API.md: every verb, content type, subresource and kind, and what is missing of each. Kinds and subresources come from
 * the registry; what is missing is said here. `npx vitest run test/api/api-page.test.ts -u` writes the page anew.
 */
import type { Kind, SubresourceInfo, Verb } from "../../kinds/kind.ts";
import { registry } from "../../kinds/registry.ts";
import { servedRegistry } from "../../kinds/serving.ts";

const VERBS: readonly [verb: string, works: string, missing: string][] = [
  ["get", "resourceVersion; every form below", ""],
  [
    "list",
    "limit and continue through one snapshot, remainingItemCount, resourceVersion and resourceVersionMatch, label and field selectors, 410 with a token to go on; streamed",
    "",
  ],
  [
    "watch",
    "over chunked HTTP and WebSocket; from any revision of the last five minutes, bookmarks, sendInitialEvents, selectors with transitions, timeouts; the older `/watch/` paths",
    "",
  ],
  ["create", "generateName, dryRun, fieldValidation, fieldManager", ""],
  ["update", "optimistic concurrency, unconditional where the kind allows it, creation by PUT where it does", ""],
  [
    "patch",
    "JSON patch, merge patch, strategic merge patch with its directives, server-side apply with conflicts, force and managedFields",
    "",
  ],
  ["delete", "grace periods, finalizers, Background, Foreground, Orphan, preconditions", ""],
  ["deletecollection", "selectors, the options of delete", ""],
  ["connect", "exec, attach, port-forward, proxies, through the node's own tunnel", "SPDY (kubectl before 1.31)"],
];

const CONTENT: readonly [type: string, where: string, missing: string][] = [
  ["`application/json`", "everything", ""],
  ["`application/yaml`", "bodies and answers", "watches, as upstream"],
  [
    "`application/vnd.kubernetes.protobuf`",
    "bodies, answers, lists, watches, discovery; the same bytes as upstream's encoder",
    "tables, as upstream",
  ],
  ["`application/cbor`", "", "all of it (beta upstream, off by default)"],
  [
    "`…;as=Table;v=v1;g=meta.k8s.io`",
    "get, list, watch; `includeObject` None, Metadata, Object",
    "column descriptions",
  ],
  ["`…;as=PartialObjectMetadata(List);v=v1;g=meta.k8s.io`", "get, list, watch", ""],
  ["`…;as=APIGroupDiscoveryList;v=v2` and `v2beta1`", "`/api`, `/apis`, with ETag", ""],
  [
    "`application/apply-patch+yaml`, `json-patch`, `merge-patch`, `strategic-merge-patch`",
    "patch",
    "`apply-patch+cbor`",
  ],
  ["`application/com.github.proto-openapi.spec.v2` and `v3`", "`/openapi/v2`, `/openapi/v3/*`", ""],
  ["gzip", "answers above 128 KB", ""],
];

const ENDPOINTS: readonly [path: string, works: string, missing: string][] = [
  ["`/api`, `/apis` and below", "legacy and aggregated discovery", ""],
  [
    "`/openapi/v2`, `/openapi/v3`",
    "documents by group version under hashes, descriptions from the npm packages kubernetes-models and, of alpha kinds, @kubernetes/client-node",
    "descriptions of some fields of alpha kinds: these show their type's",
  ],
  ["`/version`", "as 1.36, with the commit that was bundled", "the commit under `wrangler deploy`"],
  ["`/livez`, `/readyz`, `/healthz`", "verbose, exclude, single checks", "checks of parts that kedge does not have"],
  [
    "`/metrics`, `/metrics/slis`",
    "kube-apiserver's names for requests, watches, storage, decisions; controllers, scheduler and events merged in",
    "counts survive no sleep: an object that nobody asks anything for ten seconds begins anew; etcd_*, process memory and CPU, admission latencies, feature gates: workerd tells a program no memory or CPU, and stops its clock while it computes",
  ],
  ["`/.well-known/openid-configuration`, `/openid/v1/jwks`", "as upstream", ""],
  ["`/logs`, `/debug`, `/statusz`, `/flagz`, `/configz`", "", "all"],
];

/** By subresource; what is not named here is whole. */
const SUBRESOURCE_NOTES: { readonly [name: string]: string } = {
  attach: "WebSocket only",
  exec: "WebSocket only",
  portforward: "WebSocket only",
};

/** By storage key. */
const MISSING: { readonly [storage: string]: string } = {
  "customresourcedefinitions.apiextensions.k8s.io": "stored and validated; what they define is not served",
  "apiservices.apiregistration.k8s.io": "stored; nothing is passed on to them",
  "mutatingwebhookconfigurations.admissionregistration.k8s.io": "stored and validated; webhooks are not called",
  "validatingwebhookconfigurations.admissionregistration.k8s.io": "stored and validated; webhooks are not called",
  "storageversions.internal.apiserver.k8s.io":
    "stored; what servers without a lease said is removed, nothing is written there",
};

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");

const SHORT: { readonly [verb in Verb]: string } = {
  create: "C",
  get: "G",
  list: "L",
  watch: "W",
  update: "U",
  patch: "P",
  delete: "D",
  deletecollection: "X",
};
const verbsOf = (verbs: readonly Verb[]): string =>
  (Object.keys(SHORT) as Verb[])
    .filter((verb) => verbs.includes(verb))
    .map((verb) => SHORT[verb])
    .join("");

const apiVersion = ({ group, version }: Pick<Kind, "group" | "version">): string =>
  group ? `${group}/${version}` : version;

function subresourceRows(kinds: readonly Kind[]): string[][] {
  const users = new Map<string, { verbs: readonly Verb[]; kinds: Set<string> }>();
  for (const kind of kinds) {
    for (const [name, sub] of Object.entries(kind.subresources) as [string, SubresourceInfo][]) {
      const known = users.get(name) ?? { verbs: sub.verbs, kinds: new Set() };
      known.kinds.add(kind.plural);
      users.set(name, known);
    }
  }
  return [...users]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { verbs, kinds: of }]) => [
      `\`${name}\``,
      verbsOf(verbs),
      of.size > 8 ? `${of.size} resources` : [...of].sort().join(", "),
      SUBRESOURCE_NOTES[name] ?? "",
    ]);
}

function kindRows(kinds: readonly Kind[], served: ReadonlySet<string>): string[][] {
  return kinds.map((kind) => [
    kind.kind,
    apiVersion(kind),
    [kind.plural, ...kind.shortNames].join(", "),
    kind.namespaced ? "yes" : "no",
    verbsOf(kind.verbs),
    Object.keys(kind.subresources).sort().join(", "),
    served.has(`${apiVersion(kind)} ${kind.plural}`) ? "" : "off",
    MISSING[kind.storage] ?? "",
  ]);
}

export function apiPage(): string {
  const kinds = registry.all();
  const served = new Set(
    servedRegistry()
      .all()
      .map((kind) => `${apiVersion(kind)} ${kind.plural}`),
  );
  for (const storage of Object.keys(MISSING)) {
    if (!registry.findStorage(storage)) throw new Error(`no kind is stored as ${storage}`);
  }
  return `<!-- Made by test/api/api-page.ts (npx vitest run test/api/api-page.test.ts -u). Do not edit. -->
# The API, and what is missing of it

Kubernetes v1.36 is the yardstick. An empty last column means that no difference is known.

## Verbs
${table(["verb", "works", "missing"], VERBS)}

## Content types
${table(["type", "where", "missing"], CONTENT)}

## Endpoints besides resources
${table(["path", "works", "missing"], ENDPOINTS)}

## Subresources
C create, G get, L list, W watch, U update, P patch, D delete, X deletecollection.

${table(["subresource", "verbs", "of", "missing"], subresourceRows(kinds))}

## Kinds
${kinds.length} resources. Those that are off are served with \`KEDGE_RUNTIME_CONFIG\`, which takes what kube-apiserver's
\`--runtime-config\` takes. Every kind has its defaults, validation, immutable fields, printed columns and field selectors.

${table(["kind", "version", "resource", "namespaced", "verbs", "subresources", "by default", "missing"], kindRows(kinds, served))}
`;
}
