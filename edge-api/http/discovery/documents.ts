/**
 * What the API server says it serves, made once from the registry.
 * Shapes: APIGroupList, APIResourceList (v1) and APIGroupDiscoveryList (apidiscovery.k8s.io/v2).
 */
import type { Kind, Registry } from "../../../kinds/kind.ts";
import { fnv32a } from "../../../machinery/meta/hash.ts";
import { apiVersionOf } from "../../verbs/environment.ts";

/** Groups whose resources win when a short name fits several, in kube-apiserver's order; others follow by name. */
const GROUP_ORDER = [
  "",
  "apiregistration.k8s.io",
  "apps",
  "events.k8s.io",
  "authentication.k8s.io",
  "authorization.k8s.io",
  "autoscaling",
  "batch",
  "certificates.k8s.io",
  "networking.k8s.io",
  "policy",
  "rbac.authorization.k8s.io",
  "storage.k8s.io",
  "admissionregistration.k8s.io",
  "apiextensions.k8s.io",
  "scheduling.k8s.io",
  "coordination.k8s.io",
  "node.k8s.io",
  "discovery.k8s.io",
  "resource.k8s.io",
  "flowcontrol.apiserver.k8s.io",
];

export interface ServedVersion {
  group: string;
  version: string;
  kinds: Kind[];
}

/** Groups in order, each with its versions, preferred first. */
export function servedGroups(registry: Registry): { group: string; versions: ServedVersion[] }[] {
  const groups = new Map<string, Map<string, ServedVersion>>();
  for (const kind of registry.all()) {
    const versions = groups.get(kind.group) ?? new Map<string, ServedVersion>();
    groups.set(kind.group, versions);
    const served = versions.get(kind.version) ?? { group: kind.group, version: kind.version, kinds: [] };
    versions.set(kind.version, served);
    served.kinds.push(kind);
  }
  const rank = (group: string): number => {
    const at = GROUP_ORDER.indexOf(group);
    return at < 0 ? GROUP_ORDER.length : at;
  };
  return [...groups]
    .sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1))
    .map(([group, versions]) => ({
      group,
      versions: [...versions.values()].sort((a, b) => compareVersions(a.version, b.version)),
    }));
}

/** Stable versions first, then beta, then alpha; higher numbers first. */
export function compareVersions(a: string, b: string): number {
  const [stageA, majorA, minorA] = parseVersion(a);
  const [stageB, majorB, minorB] = parseVersion(b);
  return stageA - stageB || majorB - majorA || minorB - minorA;
}

const STAGES = ["", "beta", "alpha"];

function parseVersion(version: string): [stage: number, major: number, minor: number] {
  const match = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version);
  if (!match) return [STAGES.length, 0, 0];
  return [STAGES.indexOf(match[2] ?? ""), Number(match[1]), Number(match[3] ?? 0)];
}

export function resourceList({ group, version, kinds }: ServedVersion): object {
  return {
    kind: "APIResourceList",
    ...(group && { apiVersion: "v1" }),
    groupVersion: apiVersionOf({ group, version }),
    resources: kinds.flatMap((kind) => [
      {
        name: kind.plural,
        singularName: kind.singular,
        namespaced: kind.namespaced,
        kind: kind.kind,
        verbs: kind.verbs,
        ...(kind.shortNames.length > 0 && { shortNames: kind.shortNames }),
        ...(kind.categories.length > 0 && { categories: kind.categories }),
        ...(kind.verbs.includes("list") && { storageVersionHash: storageHash(kind) }),
      },
      ...Object.entries(kind.subresources).map(([name, sub]) => ({
        name: `${kind.plural}/${name}`,
        singularName: "",
        namespaced: kind.namespaced,
        ...((sub.group !== group || sub.version !== version) && { group: sub.group, version: sub.version }),
        kind: sub.kind,
        verbs: sub.verbs,
      })),
    ]),
  };
}

/** Changes when the stored form does; eight bytes in base64. */
function storageHash(kind: Kind): string {
  const text = `${kind.storage}/${kind.kind}`;
  const bytes = [fnv32a(text), fnv32a(`${text}#`)].flatMap((word) =>
    [24, 16, 8, 0].map((shift) => (word >>> shift) & 255),
  );
  return btoa(String.fromCharCode(...bytes));
}

export function apiGroup(group: string, versions: readonly ServedVersion[]): object {
  const entries = versions.map(({ version }) => ({ groupVersion: apiVersionOf({ group, version }), version }));
  return { name: group, versions: entries, preferredVersion: entries[0] };
}

/** @param groups those to show: the core group alone at /api, all others at /apis */
export function aggregated(
  groups: readonly { group: string; versions: ServedVersion[] }[],
  apiVersion: string,
): object {
  return {
    kind: "APIGroupDiscoveryList",
    apiVersion,
    metadata: {},
    items: groups.map(({ group, versions }) => ({
      metadata: { ...(group && { name: group }) },
      versions: versions.map(({ version, kinds }) => ({
        version,
        resources: kinds.map(resourceDiscovery),
        freshness: "Current",
      })),
    })),
  };
}

const resourceDiscovery = (kind: Kind): object => ({
  resource: kind.plural,
  responseKind: { group: kind.group, version: kind.version, kind: kind.kind },
  scope: kind.namespaced ? "Namespaced" : "Cluster",
  singularResource: kind.singular,
  verbs: kind.verbs,
  ...(kind.shortNames.length > 0 && { shortNames: kind.shortNames }),
  ...(kind.categories.length > 0 && { categories: kind.categories }),
  ...(Object.keys(kind.subresources).length > 0 && {
    subresources: Object.entries(kind.subresources).map(([name, sub]) => ({
      subresource: name,
      responseKind: { group: sub.group, version: sub.version, kind: sub.kind },
      verbs: sub.verbs,
    })),
  }),
});
