import type { FilterPlugin, Rejection, ScorePlugin } from "../framework/plugin.ts";
import { PODS } from "../framework/resources.ts";
import { DEFAULT_STRATEGY, type ScoringStrategy, strategyScore } from "./scoring-strategy.ts";

const NAME = "NodeResourcesFit";

export interface NodeResourcesFitArgs {
  /** Extended resources the filter does not look at. */
  ignoredResources?: readonly string[];
  /** Groups of these, such as "example.com". */
  ignoredResourceGroups?: readonly string[];
  scoringStrategy?: ScoringStrategy;
}

/** Rejections by what is missing, so that thousands of nodes share a few. */
const rejections = new Map<string, Rejection>();
/** Names of resources are made up by whoever makes pods: what is remembered of them has an end. */
const MAX_REJECTIONS = 1_000;

/** The same of single resources, by name: most nodes lack but one. */
const lacking = { forNow: new Map<string, Rejection>(), forEver: new Map<string, Rejection>() };

function rejectionOfOne(name: string, podsInTheWay: boolean): Rejection {
  const known = podsInTheWay ? lacking.forNow : lacking.forEver;
  let found = known.get(name);
  if (!found) {
    found = rejection([name], podsInTheWay);
    if (known.size >= MAX_REJECTIONS) known.clear();
    known.set(name, found);
  }
  return found;
}

function rejection(missing: readonly string[], podsInTheWay: boolean): Rejection {
  const key = `${podsInTheWay} ${missing.join()}`;
  let found = rejections.get(key);
  if (!found) {
    const reasons = missing.map((name) => (name === "pods" ? "Too many pods" : `Insufficient ${name}`));
    found = { plugin: NAME, reasons, podsInTheWay };
    if (rejections.size >= MAX_REJECTIONS) rejections.clear();
    rejections.set(key, found);
  }
  return found;
}

/**
 * What a pod asks for must be free: allocatable less the requests of the pods on the node. How well a node is used
 * decides among those that fit.
 */
export function nodeResourcesFit(args: NodeResourcesFitArgs = {}): { filter: FilterPlugin; score: ScorePlugin } {
  const ignored = new Set(args.ignoredResources ?? []);
  const ignoredGroups = new Set(args.ignoredResourceGroups ?? []);
  const isIgnored = (name: string): boolean => {
    const slash = name.indexOf("/");
    return slash > 0 && (ignored.has(name) || ignoredGroups.has(name.slice(0, slash)));
  };
  const ignoresAny = ignored.size + ignoredGroups.size > 0;
  const filter: FilterPlugin = {
    name: NAME,
    filter(shape, nodes, row) {
      const { requestColumns, requestAmounts } = shape;
      let first: string | undefined;
      let further: string[] | undefined;
      let podsInTheWay = true;
      if (nodes.requestedAt(PODS, row) + 1 > nodes.allocatableAt(PODS, row)) first = "pods";
      for (let i = 0; i < requestColumns.length; i++) {
        const column = requestColumns[i]!;
        const amount = requestAmounts[i]!;
        const allocatable = nodes.allocatableAt(column, row);
        if (amount <= allocatable - nodes.requestedAt(column, row)) continue;
        const name = nodes.columns.names[column]!;
        if (ignoresAny && isIgnored(name)) continue;
        // Looked for by DynamicResources.
        if (allocatable === 0 && nodes.isDevice(name)) continue;
        if (first === undefined) first = name;
        else if (further) further.push(name);
        else further = [name];
        if (amount > allocatable) podsInTheWay = false;
      }
      if (first === undefined) return undefined;
      return further ? rejection([first, ...further], podsInTheWay) : rejectionOfOne(first, podsInTheWay);
    },
    retryAfter(change, shape, nodes) {
      // A class that stands for a resource the pod asks for.
      if (change.what === "device changed" && change.isClass)
        return shape.requestColumns.some((column) => nodes.isDevice(nodes.columns.names[column]!));
      if (change.what === "node changed" && !change.allocatable) return false;
      if (change.what !== "node changed" && change.what !== "node added" && change.what !== "pod left") return false;
      return filter.filter(shape, nodes, change.row) === undefined;
    },
  };
  return { filter, score: { name: NAME, score: strategyScore(args.scoringStrategy ?? DEFAULT_STRATEGY) } };
}
