/** postStart and preStop handlers. */
import type { LifecycleHandler } from "../../kinds/core/v1-types.ts";
import type { Clock } from "../../machinery/clock.ts";
import { goQuote } from "../../machinery/codec/go-text.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { type AnyContainer, describePod, type NodePod } from "./pod.ts";
import { actionUrl, httpGet } from "./probes/http-get.ts";

export interface HookTarget {
  pod: NodePod;
  container: AnyContainer;
  containerId: string;
  podIp: string;
  /** The hook is given up after this. */
  timeoutMs: number;
}

const HTTP_TIMEOUT_MS = 30_000;
const MAX_OUTPUT_BYTES = 1024;

/** @throws Error when the handler fails, with what it said */
export async function runHook(
  { runtime, clock }: { runtime: Runtime; clock: Clock },
  handler: LifecycleHandler,
  { pod, container, containerId, podIp, timeoutMs }: HookTarget,
): Promise<void> {
  const whose = `Container "${container.name}" in Pod "${describePod(pod)}"`;
  if (handler.exec) {
    const command = handler.exec.command ?? [];
    const { stdout, stderr, exitCode } = await runtime.execSync({ containerId, command, timeoutMs });
    if (exitCode === 0) return;
    const output = Buffer.concat([stdout, stderr]).subarray(0, MAX_OUTPUT_BYTES).toString("utf8");
    const said = Buffer.from(stderr).subarray(0, MAX_OUTPUT_BYTES).toString("utf8");
    // As Go prints a list of words.
    throw new Error(
      `Exec lifecycle hook ([${command.join(" ")}]) for ${whose} failed - error: command '${command.join(" ")}' exited with ${exitCode}: ${said}, message: ${goQuote(output)}`,
    );
  }
  if (handler.httpGet) {
    const url = actionUrl(handler.httpGet, container, podIp);
    const headers = (handler.httpGet.httpHeaders ?? []).map(({ name, value }): [string, string] => [name, value]);
    try {
      await httpGet(url, { headers, timeoutMs: Math.min(timeoutMs, HTTP_TIMEOUT_MS) });
    } catch (error) {
      const { path = "" } = handler.httpGet;
      throw new Error(`HTTP lifecycle hook (${path}) for ${whose} failed - error: ${(error as Error).message}`);
    }
    return;
  }
  if (handler.sleep) {
    const { seconds } = handler.sleep;
    await new Promise<void>((resolve) => clock.after(Math.min(seconds * 1000, timeoutMs), resolve));
    return;
  }
  throw new Error(`cannot run handler: ${Object.keys(handler).join(", ") || "empty"} is not supported`);
}
