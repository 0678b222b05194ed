/** Follows containerd's events over any number of its restarts. */
import type { Clock } from "../../machinery/clock.ts";
import type { Log } from "../contracts.ts";
import { decodeTaskEvent, type Envelope, type RuntimeRpc } from "./rpc.ts";
import type { RuntimeEvent } from "./runtime.ts";

/** Where CRI keeps its containers in containerd. */
const NAMESPACE = "k8s.io";
const FILTERS = ["/tasks/exit", "/tasks/oom"].map((topic) => `namespace==${NAMESPACE},topic=="${topic}"`);
const RECONNECT_MS = 1_000;

/** What one of containerd's events means to us; undefined for those of exec'd processes. */
export function readEvent({ topic, event }: Envelope): RuntimeEvent | undefined {
  if (!event) return undefined;
  if (topic === "/tasks/oom") return { type: "oom", id: decodeTaskEvent("TaskOOM", event.value).containerId };
  if (topic !== "/tasks/exit") return undefined;
  const { containerId, id } = decodeTaskEvent("TaskExit", event.value);
  return id === containerId ? { type: "exit", id } : undefined;
}

export function followEvents(
  rpc: RuntimeRpc,
  { clock, log, listener }: { clock: Clock; log: Log; listener: (event: RuntimeEvent) => void },
): { close(): void } {
  const abort = new AbortController();
  let cancelRetry = (): void => {};
  let told = false;

  const run = async (): Promise<void> => {
    try {
      // The stream has no answer before its first event, so the resync goes out beside it; the periodic relist covers
      // what ends in between.
      listener({ type: "resync" });
      for await (const envelope of rpc.events(FILTERS, abort.signal)) {
        told = false;
        const event = readEvent(envelope);
        if (event) listener(event);
      }
    } catch (error) {
      if (!abort.signal.aborted && !told) log.warn("runtime events ended", { error: String(error) });
      told = true;
    }
    if (!abort.signal.aborted) cancelRetry = clock.after(RECONNECT_MS, () => void run());
  };
  void run();
  return {
    close() {
      abort.abort();
      cancelRetry();
    },
  };
}
