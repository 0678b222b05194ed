/** Preemption for the reference scheduler: every node tried, every pod asked. */
import type { Node, Pod } from "../../kinds/core/v1-types.ts";
import { reject } from "./reference.ts";
import { selects, type World } from "./reference-affinity.ts";

export interface ReferenceBudget {
  namespace: string;
  selector: { matchLabels: { [key: string]: string } };
  allowed: number;
}

export interface ReferenceVictims {
  node: string;
  /** Names, sorted. */
  victims: string[];
}

interface Found extends ReferenceVictims {
  rank: readonly number[];
}

const LOST_CAUSES = [
  "affinity/selector",
  "untolerated taint",
  "unschedulable",
  "missing required label",
  "satisfy plugin(s)",
  "match pod affinity rules",
];

const priorityOf = ({ spec }: Pod): number => spec.priority ?? 0;
const startMs = ({ status }: Pod): number => Date.parse(status?.startTime ?? "9999-01-01T00:00:00Z");
const nameOf = ({ metadata }: { metadata: { name?: string } }): string => metadata.name ?? "";

/** All equally good choices; [] when nothing helps. */
export function askForVictims(pod: Pod, world: World, budgets: readonly ReferenceBudget[]): ReferenceVictims[] {
  const found = world.nodes.flatMap((node) => victimsOn(node, pod, world, budgets) ?? []);
  const best = found.reduce<Found | undefined>(
    (least, each) => (!least || compare(each.rank, least.rank) < 0 ? each : least),
    undefined,
  );
  return found.filter(({ rank }) => best && compare(rank, best.rank) === 0);
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [i, value] of a.entries()) if (value !== b[i]) return value - b[i]!;
  return 0;
}

function victimsOn(node: Node, pod: Pod, world: World, budgets: readonly ReferenceBudget[]): Found | undefined {
  const name = nameOf(node);
  const before = reject(pod, node, world);
  if (before.some((reason) => LOST_CAUSES.some((cause) => reason.includes(cause)))) return undefined;
  const there = world.placed.get(name) ?? [];
  const fitsWith = (pods: readonly Pod[]): boolean =>
    reject(pod, node, { ...world, placed: new Map([...world.placed, [name, pods]]) }).length === 0;
  const stays = there.filter((other) => priorityOf(other) >= priorityOf(pod));
  const lesser = there
    .filter((other) => priorityOf(other) < priorityOf(pod))
    .sort((a, b) => priorityOf(b) - priorityOf(a) || startMs(a) - startMs(b));
  if (lesser.length === 0 || !fitsWith(stays)) return undefined;

  const breaking = new Set<Pod>();
  const left = new Map(budgets.map((budget) => [budget, budget.allowed]));
  for (const other of lesser) {
    for (const budget of budgets) {
      if (budget.namespace !== other.metadata.namespace || !selects(budget.selector, other.metadata.labels)) continue;
      left.set(budget, left.get(budget)! - 1);
      if (left.get(budget)! < 0) breaking.add(other);
    }
  }
  const victims: Pod[] = [];
  const kept = [...stays];
  let violations = 0;
  for (const other of [
    ...lesser.filter((each) => breaking.has(each)),
    ...lesser.filter((each) => !breaking.has(each)),
  ]) {
    if (fitsWith([...kept, other])) kept.push(other);
    else {
      victims.push(other);
      if (breaking.has(other)) violations++;
    }
  }
  if (victims.length === 0) return undefined;
  const highest = Math.max(...victims.map(priorityOf));
  const important = victims.filter((victim) => priorityOf(victim) === highest);
  return {
    node: name,
    victims: victims.map(nameOf).sort(),
    rank: [
      violations,
      highest,
      victims.reduce((sum, victim) => sum + priorityOf(victim) + 2 ** 31, 0),
      victims.length,
      -Math.min(...important.map(startMs)),
    ],
  };
}
