/** The pod is to end: what was under way for its start is given up. */
export class Interrupted extends Error {
  constructor() {
    super("the pod is to end");
    this.name = "Interrupted";
  }
}

/**
 * Waits for `work` until `signal` aborts; then the work goes on by itself and its outcome is dropped.
 *
 * @throws Interrupted
 */
export function interruptible<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(new Interrupted());
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}
