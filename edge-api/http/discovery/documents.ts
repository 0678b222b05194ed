/**
 * What the API server says it serves, made once from the registry.
 * Shapes: APIGroupList, APIResourceList (v1) and APIGroupDiscoveryList (apidiscovery.k8s.io/v2).
 */
import { compareGroups } from "../../../kinds/group-order.ts";
import type { Kind, Registry } from "../../../kinds/kind.ts";
import { fnv32a } from "../../../machinery/meta/hash.ts";
import { apiVersionOf } from "../../verbs/environment.ts";

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
  return [...groups]
    .sort(([a], [b]) => compareGroups(a, b))
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
