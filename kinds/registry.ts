/** Every built-in kind: what discovery says of it, joined with its rules. */
import { columnsInstead, defaultColumns } from "./columns.ts";
import { resourcesText } from "./generated/resources.ts";
import type { Column, Kind, Registry, SubresourceInfo, Verb } from "./kind.ts";
import { metricsKinds } from "./metrics/resources.ts";
import { strategyFor } from "./strategies.ts";

/** A line of the resource table. */
interface Line {
  group: string;
  version: string;
  resource: string;
  kind: string;
  singular: string;
  namespaced: boolean;
  verbs: Verb[];
  shortNames?: string[];
  categories?: string[];
  /** `kind` is "apps/v1 Deployment". */
  subresources?: { [name: string]: { kind: string; verbs: Verb[] } };
  /** name, type, format, priority */
  columns?: [string, Column["type"], string, number][];
  type: string;
}

/** Kinds served under two groups lie where the first of them does. */
const SHARED_STORAGE = new Map([["events.events.k8s.io", "events"]]);

function parseSubresource({ kind, verbs }: { kind: string; verbs: Verb[] }): SubresourceInfo {
  const [apiVersion = "", name = ""] = kind.split(" ");
  const slash = apiVersion.indexOf("/");
  return { group: apiVersion.slice(0, Math.max(slash, 0)), version: apiVersion.slice(slash + 1), kind: name, verbs };
}

function toKind(line: Line): Kind {
  const own = line.group ? `${line.resource}.${line.group}` : line.resource;
  const storage = SHARED_STORAGE.get(own) ?? own;
  const columns =
    columnsInstead.get(storage) ??
    line.columns?.map(([name, type, format, priority]) => ({ name, type, format, priority })) ??
    defaultColumns;
  return {
    group: line.group,
    version: line.version,
    kind: line.kind,
    plural: line.resource,
    singular: line.singular,
    namespaced: line.namespaced,
    verbs: line.verbs,
    shortNames: line.shortNames ?? [],
    categories: line.categories ?? [],
    subresources: Object.fromEntries(
      Object.entries(line.subresources ?? {}).map(([name, info]) => [name, parseSubresource(info)]),
    ),
    columns,
    type: line.type,
    storage,
    strategy: strategyFor(storage, line.version, own),
  };
}

export function createRegistry(kinds: readonly Kind[]): Registry {
  const byUrl = new Map<string, Kind>();
  const byKind = new Map<string, Kind>();
  const byStorage = new Map<string, Kind>();
  for (const kind of kinds) {
    byUrl.set(`${kind.group}/${kind.version}/${kind.plural}`, kind);
    byKind.set(`${kind.group ? `${kind.group}/` : ""}${kind.version} ${kind.kind}`, kind);
    // Kinds come in order of preference, so the first of a storage key is the preferred version.
    if (!byStorage.has(kind.storage)) byStorage.set(kind.storage, kind);
  }
  return {
    find: (group, version, plural) => byUrl.get(`${group}/${version}/${plural}`),
    findKind: (apiVersion, kind) => byKind.get(`${apiVersion} ${kind}`),
    findStorage: (storage) => byStorage.get(storage),
    all: () => kinds,
  };
}

export const registry: Registry = createRegistry([
  ...(JSON.parse(resourcesText) as Line[]).map(toKind),
  ...metricsKinds,
]);
