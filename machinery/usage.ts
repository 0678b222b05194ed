/** What a node tells the edge of what it and its pods use, at `USAGE_PATH` of its kubelet API. */

export const USAGE_PATH = "/stats/usage";

export interface UsageReport {
  node: UsageFigures;
  pods: { namespace: string; name: string; uid: string; containers: ({ name: string } & UsageFigures)[] }[];
}

export interface UsageFigures {
  /** When, epoch ms. */
  timestampMs: number;
  /** Over how long the CPU was measured until then. */
  windowMs: number;
  /** Billionths of a core, on average over the window. */
  cpuNanoCores: number;
  memoryWorkingSetBytes: number;
}

/** @returns undefined for what is no report, whoever sent it: one node that says nonsense must not spoil the answer of all */
export function checkedReport(value: unknown): UsageReport | undefined {
  const { node, pods } = fieldsOf(value);
  if (!areFigures(node) || !Array.isArray(pods)) return undefined;
  const isPod = (pod: unknown): boolean => {
    const { namespace, name, uid, containers } = fieldsOf(pod);
    if (![namespace, name, uid].every(isText) || !Array.isArray(containers)) return false;
    return containers.every((container) => isText(fieldsOf(container).name) && areFigures(container));
  };
  return pods.every(isPod) ? (value as UsageReport) : undefined;
}

const fieldsOf = (value: unknown): { readonly [field: string]: unknown } =>
  typeof value === "object" && value !== null ? (value as { [field: string]: unknown }) : {};

const isText = (value: unknown): boolean => typeof value === "string";

function areFigures(value: unknown): boolean {
  const { timestampMs, windowMs, cpuNanoCores, memoryWorkingSetBytes } = fieldsOf(value);
  const isCount = (number: unknown): boolean =>
    typeof number === "number" && number >= 0 && number <= Number.MAX_SAFE_INTEGER;
  // The end of the times that a Date can say.
  return (
    [windowMs, cpuNanoCores, memoryWorkingSetBytes].every(isCount) &&
    isCount(timestampMs) &&
    (timestampMs as number) < 8.64e15
  );
}
