/** Turns counters of CPU time into rates: what was used between the last two looks. */
import type { Clock } from "../../../machinery/clock.ts";
import type { Log } from "../../contracts.ts";
import { type ContainerUsage, type NodeUsage, readNodeUsage } from "./usage.ts";

/** As often as metrics-server looks. */
export const SAMPLE_INTERVAL_MS = 15_000;

export interface Sample {
  node: NodeUsage;
  containers: readonly ContainerUsage[];
}

export interface Rate {
  windowMs: number;
  /** Billionths of a core. */
  cpuNanoCores: number;
}

/** The last look, with what has been used since the one before. */
export interface Usage extends Sample {
  /** Undefined until there are two looks. */
  nodeRate: Rate | undefined;
  /** By container id; without those that have been seen only once. */
  rates: ReadonlyMap<string, Rate>;
}

export interface UsageSamplerOptions {
  clock: Clock;
  log: Log;
  containerUsage(): Promise<ContainerUsage[]>;
  nodeUsage?(nowMs: number): Promise<NodeUsage>;
}

export class UsageSampler {
  readonly #options: UsageSamplerOptions;
  #last: Sample | undefined;
  #usage: Usage | undefined;
  #cancel: (() => void) | undefined;

  constructor(options: UsageSamplerOptions) {
    this.#options = options;
  }

  /** Looks at once and then every 15 seconds, until `stop`. */
  start(): void {
    const { clock, log } = this.#options;
    const look = async (): Promise<void> => {
      try {
        await this.#look();
      } catch (error) {
        log.warn("no figures of what is used", { error: String(error) });
      }
    };
    const again = (): void => {
      this.#cancel = clock.after(SAMPLE_INTERVAL_MS, again);
      void look();
    };
    again();
  }

  stop(): void {
    this.#cancel?.();
  }

  /** Of the last look; looks if there was none. @throws what the runtime throws */
  async usage(): Promise<Usage> {
    return this.#usage ?? (await this.#look());
  }

  async #look(): Promise<Usage> {
    const { clock, containerUsage, nodeUsage = readNodeUsage } = this.#options;
    const [node, containers] = await Promise.all([nodeUsage(clock.now()), containerUsage()]);
    const sample: Sample = { node, containers };
    this.#usage = usageOf(this.#last, sample);
    this.#last = sample;
    return this.#usage;
  }
}

/** Pure. Without containers that have ended, as in a kubelet's: of these a runtime tells nothing but what their disk holds. */
export function usageOf(before: Sample | undefined, { node, containers }: Sample): Usage {
  const now = { node, containers: containers.filter(({ timestampMs }) => timestampMs > 0) };
  const rates = new Map<string, Rate>();
  const earlier = new Map(before?.containers.map((each) => [each.containerId, each]));
  for (const container of now.containers) {
    const rate = rateOf(earlier.get(container.containerId), container);
    if (rate) rates.set(container.containerId, rate);
  }
  return { ...now, nodeRate: rateOf(before?.node, now.node), rates };
}

interface Counter {
  timestampMs: number;
  cpuNanoseconds: bigint;
}

/** Undefined without two readings of one counter: one that has gone back was begun anew. */
function rateOf(before: Counter | undefined, now: Counter): Rate | undefined {
  if (!before || now.timestampMs <= before.timestampMs || now.cpuNanoseconds < before.cpuNanoseconds) return undefined;
  const windowMs = now.timestampMs - before.timestampMs;
  return {
    windowMs,
    cpuNanoCores: Math.round((Number(now.cpuNanoseconds - before.cpuNanoseconds) * 1_000) / windowMs),
  };
}
