/** One profile of the configuration: which plugins run, in which order, with which weights and arguments. */
import type { Profile, WeightedScore } from "../framework/plugin.ts";
import { DEFAULT_PLUGINS, PLUGINS, type PluginParts } from "./plugins.ts";
import { fail, fieldsOf, listOf, textOf, wholeOf } from "./reader.ts";

interface Enabled {
  name: string;
  /** 0: not given. */
  weight: number;
}

interface PluginSet {
  enabled: Enabled[];
  disabled: ReadonlySet<string>;
}

/** Extension points as the document names them, and the parts of a plugin that run there. */
const POINTS = {
  preEnqueue: ["preEnqueue"],
  queueSort: ["queueSort"],
  filter: ["filter", "clusterFilter"],
  postFilter: ["postFilter"],
  score: ["score", "clusterScore"],
  reserve: ["reserve"],
  permit: ["permit"],
  bind: ["bind"],
  postBind: ["postBind"],
} as const satisfies { [point: string]: readonly (keyof PluginParts)[] };
/** A plugin's preparations run where it filters and scores, and its writes where it reserves. */
const IMPLIED = ["preFilter", "preScore", "preBind"] as const;
type Point = keyof typeof POINTS;

const MAX_WEIGHT = 2 ** 24;

/** @param otherwise the profile's schedulerName when it has none; undefined: it must have one */
export function buildProfile(document: unknown, path: string, otherwise: string | undefined): Profile {
  const fields = fieldsOf(document, path, ["schedulerName", "plugins", "pluginConfig", "percentageOfNodesToScore"]);
  percentageOf(fields.percentageOfNodesToScore, `${path}.percentageOfNodesToScore`);
  const sets = fieldsOf(fields.plugins, `${path}.plugins`, [...Object.keys(POINTS), ...IMPLIED, "multiPoint"]);
  const setOf = (point: string) => pluginSet(sets[point], `${path}.plugins.${point}`);
  for (const point of IMPLIED) setOf(point);
  const multiPoint = withDefaults(setOf("multiPoint"));
  const parts = partsByName(fields.pluginConfig, `${path}.pluginConfig`);
  const at = (point: Point) => expand(multiPoint, setOf(point), (name) => implementsPoint(parts(name), point));
  const all = <K extends keyof PluginParts>(point: Point, part: K): NonNullable<PluginParts[K]>[] =>
    at(point).flatMap(({ name }) => parts(name)[part] ?? []) as NonNullable<PluginParts[K]>[];
  const one = <K extends keyof PluginParts>(point: Point, part: K): NonNullable<PluginParts[K]> => {
    const found = all(point, part);
    if (found.length > 1) fail(`${path}.plugins.${point}`, "only one plugin may be enabled");
    return found[0] ?? fail(`${path}.plugins.${point}`, "one plugin is needed");
  };
  const weighted = <K extends "score" | "clusterScore">(part: K): WeightedScore<NonNullable<PluginParts[K]>>[] =>
    at("score").flatMap(({ name, weight }) => {
      const plugin = parts(name)[part];
      return plugin ? [{ plugin, weight: weight || 1 }] : [];
    });
  return {
    schedulerName: textOf(fields.schedulerName ?? otherwise, `${path}.schedulerName`),
    preEnqueue: all("preEnqueue", "preEnqueue"),
    queueSort: one("queueSort", "queueSort"),
    filters: all("filter", "filter"),
    clusterFilters: all("filter", "clusterFilter"),
    scores: weighted("score"),
    clusterScores: weighted("clusterScore"),
    preemption: all("postFilter", "postFilter")[0],
    reserve: all("reserve", "reserve"),
    permit: all("permit", "permit"),
    bind: one("bind", "bind"),
    postBind: all("postBind", "postBind"),
  };
}

/** Checked only: all nodes are looked at, which costs less here than to choose some. */
export const percentageOf = (value: unknown, path: string): number =>
  wholeOf(value, path, { least: 0, most: 100, otherwise: 0 });

const implementsPoint = (parts: PluginParts, point: Point): boolean =>
  POINTS[point].some((part) => parts[part] !== undefined);

function pluginSet(value: unknown, path: string): PluginSet {
  const fields = fieldsOf(value, path, ["enabled", "disabled"]);
  const read = (list: "enabled" | "disabled") =>
    listOf(fields[list], `${path}.${list}`).map((each, i) => {
      const at = `${path}.${list}[${i}]`;
      const { name, weight } = fieldsOf(each, at, ["name", "weight"]);
      const known = textOf(name, `${at}.name`);
      if (known !== "*" && !PLUGINS.has(known)) fail(`${at}.name`, `there is no plugin ${JSON.stringify(known)}`);
      return { name: known, weight: wholeOf(weight, `${at}.weight`, { least: 0, most: MAX_WEIGHT, otherwise: 0 }) };
    });
  const enabled = read("enabled");
  const names = new Set(enabled.map(({ name }) => name));
  if (names.size < enabled.length || names.has("*")) fail(`${path}.enabled`, "each plugin may be named once");
  return { enabled, disabled: new Set(read("disabled").map(({ name }) => name)) };
}

/** The default plugins less the disabled ones, in their order with the weights given instead, then further ones. */
function withDefaults({ enabled, disabled }: PluginSet): Enabled[] {
  const given = new Map(enabled.map((each) => [each.name, each]));
  const kept: Enabled[] = disabled.has("*")
    ? []
    : DEFAULT_PLUGINS.filter(({ name }) => !disabled.has(name)).map(
        ({ name, weight = 0 }) => given.get(name) ?? { name, weight },
      );
  const names = new Set(kept.map(({ name }) => name));
  return [...kept, ...enabled.filter(({ name }) => !names.has(name))];
}

/** As upstream orders them: plugins named at the point as well, those of all points, those named at the point alone. */
function expand(multiPoint: readonly Enabled[], { enabled, disabled }: PluginSet, fits: (name: string) => boolean) {
  const everywhere = multiPoint.filter(({ name }) => fits(name));
  const inBoth = enabled.filter(({ name }) => everywhere.some((each) => each.name === name));
  const named = new Set(enabled.map(({ name }) => name));
  const rest = disabled.has("*") ? [] : everywhere.filter(({ name }) => !named.has(name) && !disabled.has(name));
  const added = enabled.filter((each) => !inBoth.includes(each));
  return [...inBoth, ...rest, ...added];
}

/** Makes each plugin once, with its arguments. */
function partsByName(value: unknown, path: string): (name: string) => PluginParts {
  const args = new Map<string, unknown>();
  for (const [i, each] of listOf(value, path).entries()) {
    const fields = fieldsOf(each, `${path}[${i}]`, ["name", "args"]);
    const name = textOf(fields.name, `${path}[${i}].name`);
    if (!PLUGINS.has(name)) fail(`${path}[${i}].name`, `there is no plugin ${JSON.stringify(name)}`);
    if (args.has(name)) fail(`${path}[${i}].name`, "is configured twice");
    args.set(name, fields.args);
  }
  const made = new Map<string, PluginParts>();
  const parts = (name: string): PluginParts => {
    let known = made.get(name);
    if (!known) {
      known = PLUGINS.get(name)!(args.get(name));
      made.set(name, known);
    }
    return known;
  };
  // Wrong arguments are told of plugins that are not enabled, too.
  for (const name of args.keys()) parts(name);
  return parts;
}
