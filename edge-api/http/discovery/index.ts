/** /api, /apis and below, /version and the health endpoints. Undefined for other paths. */
import type { Registry } from "../../../kinds/kind.ts";
import { ApiError } from "../../../machinery/meta/status.ts";
import type { RequestContext } from "../context.ts";
import { etagMatches, hexHash } from "../etag.ts";
import { AGGREGATED, negotiateForms, negotiatePlain } from "../negotiation.ts";
import { toProtobuf } from "../protobuf/encode.ts";
import { PROTOBUF_TYPE } from "../protobuf/names.ts";
import { type Answer, Reply } from "../reply.ts";
import { headersFor, JSON_TYPE, YAML_TYPE } from "../respond.ts";
import { textResponse } from "../view.ts";
import { toYaml } from "../yaml.ts";
import { aggregated, apiGroup, resourceList, servedGroups } from "./documents.ts";
import { health, healthPaths, isHealthEndpoint } from "./health.ts";
import { versionInfo } from "./version.ts";

const notAllowed = (): ApiError =>
  new ApiError(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", {});

export function discovery(context: RequestContext): Answer | undefined {
  const path = context.info.path.replace(/\/$/, "");
  const answer = answerTo(context, path);
  if (answer && context.method !== "GET" && !takesEveryMethod(path)) throw notAllowed();
  return answer;
}

/** What upstream serves beside its API: health, and the paths there are. */
const takesEveryMethod = (path: string): boolean => path === "" || isHealthEndpoint(path.split("/")[1]);

function answerTo(context: RequestContext, path: string): Answer | undefined {
  if (path === "/version") return showPlain(context, versionInfo);
  if (path === "/api") return showRoot(context, "/api", () => apiVersions(context));
  if (path === "/apis") return showRoot(context, "/apis", () => groupList(context));
  const [, prefix, first, second, ...rest] = path.split("/");
  if (isHealthEndpoint(prefix))
    return health(context, prefix, first === undefined ? undefined : path.slice(prefix.length + 2));
  if (rest.length > 0) return undefined;
  const groups = groupsOf(context.services.env.registry);
  if (prefix === "api" && second === undefined) {
    const served = groups.find(({ group }) => group === "")?.versions.find(({ version }) => version === first);
    return served && show(context, resourceList(served));
  }
  if (prefix === "apis") {
    const found = groups.find(({ group }) => group === first && group !== "");
    if (!found) return undefined;
    if (second === undefined)
      return show(context, { kind: "APIGroup", apiVersion: "v1", ...apiGroup(found.group, found.versions) });
    const served = found.versions.find(({ version }) => version === second);
    return served && show(context, resourceList(served));
  }
  if (path === "") return showPlain(context, { paths: rootPaths(context.services.env.registry) });
  return undefined;
}

type Groups = ReturnType<typeof servedGroups>;
const groupsByRegistry = new WeakMap<Registry, Groups>();

function groupsOf(registry: Registry): Groups {
  let groups = groupsByRegistry.get(registry);
  if (!groups) {
    groups = servedGroups(registry);
    groupsByRegistry.set(registry, groups);
  }
  return groups;
}

const rootPaths = (registry: Registry): string[] =>
  [
    "/.well-known/openid-configuration",
    "/api",
    ...groupsOf(registry).flatMap(({ group, versions }) =>
      group === ""
        ? versions.map(({ version }) => `/api/${version}`)
        : [`/apis/${group}`, ...versions.map(({ version }) => `/apis/${group}/${version}`)],
    ),
    "/apis",
    "/apis/",
    ...healthPaths(),
    "/metrics",
    "/metrics/slis",
    "/openapi/v2",
    "/openapi/v3",
    "/openapi/v3/",
    "/openid/v1/jwks",
    "/version",
  ].sort();

const apiVersions = ({ request, services }: RequestContext): object => ({
  kind: "APIVersions",
  versions: groupsOf(services.env.registry)
    .filter(({ group }) => group === "")
    .flatMap(({ versions }) => versions.map(({ version }) => version)),
  serverAddressByClientCIDRs: [{ clientCIDR: "0.0.0.0/0", serverAddress: new URL(request.url).host }],
});

const groupList = ({ services }: RequestContext): object => ({
  kind: "APIGroupList",
  apiVersion: "v1",
  groups: groupsOf(services.env.registry)
    .filter(({ group }) => group !== "")
    .map(({ group, versions }) => apiGroup(group, versions)),
});

/** What is no API object (the version, the paths) has one form, whatever is asked for: JSON for people to read. */
const showPlain = (context: RequestContext, answer: object): Answer =>
  new Reply(200, headersFor(context, JSON_TYPE), JSON.stringify(answer, null, 2));

const show = (context: RequestContext, answer: object): Answer =>
  textResponse(context, 200, JSON.stringify(answer), negotiatePlain(context.request.headers.get("accept")));

interface Tagged {
  text: string;
  etag: string;
}

const aggregatedByRegistry = new WeakMap<Registry, Map<string, Tagged>>();

/** Asked for by every client, and the same for all. */
function aggregatedText(registry: Registry, root: "/api" | "/apis", version: string): Tagged {
  const known = aggregatedByRegistry.get(registry) ?? new Map<string, Tagged>();
  aggregatedByRegistry.set(registry, known);
  const key = `${root} ${version}`;
  let tagged = known.get(key);
  if (!tagged) {
    const groups = groupsOf(registry).filter(({ group }) => (group === "") === (root === "/api"));
    const text = JSON.stringify(aggregated(groups, version));
    tagged = { text, etag: `"${hexHash(text)}"` };
    known.set(key, tagged);
  }
  return tagged;
}

/** At the two roots the aggregated form may be asked for instead. */
function showRoot(context: RequestContext, root: "/api" | "/apis", plain: () => object): Answer {
  const accepted = negotiateForms(context.request.headers.get("accept"), AGGREGATED);
  if (accepted.as === "Object") return textResponse(context, 200, JSON.stringify(plain()), accepted);
  const { registry } = context.services.env;
  const { text, etag } = aggregatedText(registry, root, accepted.version);
  const version = accepted.version.split("/")[1];
  const type = `${MEDIA_TYPES[accepted.media]};g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;
  const headers = new Headers(headersFor(context, type));
  headers.set("etag", etag);
  headers.set("vary", "Accept");
  headers.set("cache-control", "public");
  if (etagMatches(context.request.headers.get("if-none-match"), etag)) {
    return new Response(null, { status: 304, headers });
  }
  const body = accepted.media === "protobuf" ? toProtobuf(JSON.parse(text) as object, registry) : undefined;
  const shown = accepted.media === "yaml" ? toYaml(text) : text;
  return new Reply(200, headers, body ?? shown);
}

const MEDIA_TYPES = { json: JSON_TYPE, yaml: YAML_TYPE, protobuf: PROTOBUF_TYPE };
