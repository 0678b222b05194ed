/** Processor time of this thread, in milliseconds: how busy the machine is elsewhere does not count. */
export function cpuNowMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** Milliseconds of processor time that `work` takes. */
export function cpuMs(work: () => void): number {
  const before = cpuNowMs();
  work();
  return cpuNowMs() - before;
}
