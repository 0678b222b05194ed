/** postStart and preStop handlers. */
import type { LifecycleHandler } from "../../kinds/core/v1-types.ts";
import type { Clock } from "../../machinery/clock.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { AnyContainer } from "./pod.ts";
import { actionUrl, httpGet } from "./probes/http-get.ts";

export interface HookTarget {
  container: AnyContainer;
  containerId: string;
  podIp: string;
  /** The hook is given up after this. */
  timeoutMs: number;
}

const HTTP_TIMEOUT_MS = 30_000;

/** @throws Error when the handler fails, with what it said */
export async function runHook(
  { runtime, clock }: { runtime: Runtime; clock: Clock },
  handler: LifecycleHandler,
  { container, containerId, podIp, timeoutMs }: HookTarget,
): Promise<void> {
  if (handler.exec) {
    const command = handler.exec.command ?? [];
    const { stdout, stderr, exitCode } = await runtime.execSync({ containerId, command, timeoutMs });
    if (exitCode === 0) return;
    const output = Buffer.concat([stdout, stderr]).subarray(0, 1024).toString("utf8");
    throw new Error(
      `Exec lifecycle hook (${JSON.stringify(command)}) for Container "${container.name}" failed - error: command '${command.join(" ")}' exited with ${exitCode}: ${output}`,
    );
  }
  if (handler.httpGet) {
    const url = actionUrl(handler.httpGet, container, podIp);
    const headers = (handler.httpGet.httpHeaders ?? []).map(({ name, value }): [string, string] => [name, value]);
    await httpGet(url, { headers, timeoutMs: Math.min(timeoutMs, HTTP_TIMEOUT_MS) });
    return;
  }
  if (handler.sleep) {
    const { seconds } = handler.sleep;
    await new Promise<void>((resolve) => clock.after(Math.min(seconds * 1000, timeoutMs), resolve));
    return;
  }
  throw new Error(`cannot run handler: ${Object.keys(handler).join(", ") || "empty"} is not supported`);
}
