/** `main.ts --teardown`: stops the node's pods and removes what the daemon made in the kernel. Their data stays. */
import type { Log, NodeConfig } from "./contracts.ts";
import { cleanup } from "./network/cleanup.ts";
import { PodCgroups } from "./pods/cgroups.ts";
import { readNotes } from "./pods/labels.ts";
import { connectCri } from "./runtime/cri-client.ts";
import { type Runtime, RuntimeError } from "./runtime/runtime.ts";
import { unmountUnder } from "./volumes/mounts.ts";

const MAX_GRACE_SECONDS = 5;

/** Goes on past a failure. @throws AggregateError of what could not be done */
export async function teardown(config: NodeConfig, log: Log): Promise<void> {
  const cgroups = new PodCgroups(config);
  const errors: Error[] = [];
  const step = async (what: string, work: () => Promise<unknown>): Promise<void> => {
    await work().catch((error: Error) => errors.push(new Error(`${what}: ${error.message}`)));
  };
  const runtime = connectCri(config.runtimeSocket, { log });
  await step("pods", () => stopAll(runtime, log));
  runtime.close();
  await step("processes", async () => {
    for (const pid of await cgroups.processes()) kill(pid);
  });
  await step("mounts", () => unmountUnder(config.stateDir));
  await step("cgroups", () => cgroups.removeAll());
  await step("network", () => cleanup(config, log));
  if (errors.length > 0) throw new AggregateError(errors, errors.map(({ message }) => message).join("; "));
}

/** One that has just ended by itself is as good. */
function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

async function stopAll(runtime: Runtime, log: Log): Promise<void> {
  try {
    const containers = (await runtime.listContainers()).filter(({ state }) => state === "running");
    await Promise.all(
      containers.map(({ id, annotations }) =>
        runtime.stopContainer(id, Math.min(MAX_GRACE_SECONDS, readNotes(annotations).gracePeriodSeconds)),
      ),
    );
    // Those that are not ready, too: of one whose processes were killed, the network namespace is still there.
    const sandboxes = await runtime.listSandboxes();
    await Promise.all(sandboxes.map(({ id }) => runtime.stopSandbox(id)));
  } catch (error) {
    // Without a runtime there is nobody to ask; what runs is killed by its cgroup.
    if (!(error instanceof RuntimeError && error.code === "Unavailable")) throw error;
    log.warn("the container runtime does not answer", { error: error.message });
  }
}
