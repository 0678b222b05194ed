/** Two loads in alternating slices, so that whatever else the machine does meanwhile weighs on both alike. */
import { type Figures, type Load, load, type Target } from "./load.ts";
import { cpuMs, type Server } from "./servers.ts";

/** Figures of a load with the processor time that the server took for each request. */
export type Costed = Figures & { cpuUs: number };

export async function costed(server: Server, options: Omit<Load, "target"> & { target?: Target }): Promise<Costed> {
  const before = cpuMs(server.pid);
  const figures = await load({ target: server.target, ...options });
  return { ...figures, cpuUs: ((cpuMs(server.pid) - before) / figures.count) * 1000 };
}

export interface Beside {
  ours: Costed;
  floor: Costed;
  /** Median of the slices' ratios of requests a second. */
  ratio: number;
}

const SLICES = 7;

const median = (numbers: number[]): number => numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN;

function together(slices: readonly Costed[]): Costed {
  const of = (field: keyof Costed): number => median(slices.map((slice) => slice[field]));
  const count = slices.reduce((sum, slice) => sum + slice.count, 0);
  return { perSecond: of("perSecond"), p50Ms: of("p50Ms"), p99Ms: of("p99Ms"), cpuUs: of("cpuUs"), count };
}

/** @param ours, floor run one slice each. Figures are medians of the slices. */
export async function beside(ours: () => Promise<Costed>, floor: () => Promise<Costed>): Promise<Beside> {
  const done = { ours: [] as Costed[], floor: [] as Costed[] };
  for (let slice = 0; slice < SLICES; slice++) {
    done.floor.push(await floor());
    done.ours.push(await ours());
  }
  const ratio = median(done.ours.map(({ perSecond }, slice) => perSecond / done.floor[slice]!.perSecond));
  return { ours: together(done.ours), floor: together(done.floor), ratio };
}
