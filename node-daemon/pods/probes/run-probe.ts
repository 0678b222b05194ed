/** One try of one probe. */
import { connect } from "node:net";
import type { Probe } from "../../../kinds/core/v1-types.ts";
import { type Runtime, RuntimeError } from "../../runtime/runtime.ts";
import type { AnyContainer } from "../pod.ts";
import { resolvePort, urlHost } from "../ports.ts";
import { checkGrpc } from "./grpc-check.ts";
import { actionUrl, dialMessage, httpGet } from "./http-get.ts";

/** "unknown": the try itself went wrong and says nothing of the container. */
export interface ProbeOutcome {
  result: "success" | "failure" | "unknown";
  /** For the event; a success that has one is told as a warning. */
  message: string;
}

export interface ProbeTarget {
  container: AnyContainer;
  containerId: string;
  podIp: string;
}

/** Exec probes keep this much of their output. */
const MAX_OUTPUT_BYTES = 10 * 1024;

const failure = (message: string): ProbeOutcome => ({ result: "failure", message });
const SUCCESS: ProbeOutcome = { result: "success", message: "" };

export async function runProbe(runtime: Runtime, probe: Probe, target: ProbeTarget): Promise<ProbeOutcome> {
  const timeoutMs = (probe.timeoutSeconds ?? 1) * 1000;
  try {
    if (probe.exec) return await execProbe(runtime, { command: probe.exec.command ?? [], target, timeoutMs });
    if (probe.httpGet) {
      const url = actionUrl(probe.httpGet, target.container, target.podIp);
      const headers = (probe.httpGet.httpHeaders ?? []).map(({ name, value }): [string, string] => [name, value]);
      return await httpProbe(url, { headers, timeoutMs });
    }
    if (probe.tcpSocket) {
      const port = resolvePort(probe.tcpSocket.port, target.container);
      return await tcpProbe(probe.tcpSocket.host || target.podIp, port, timeoutMs);
    }
    if (probe.grpc) {
      const { port, service = "" } = probe.grpc;
      const { ok, message } = await checkGrpc({ ip: target.podIp, port, service }, timeoutMs);
      return ok ? SUCCESS : failure(message);
    }
    return { result: "unknown", message: "missing probe handler" };
  } catch (error) {
    return { result: "unknown", message: (error as Error).message };
  }
}

async function httpProbe(url: URL, options: { headers: [string, string][]; timeoutMs: number }): Promise<ProbeOutcome> {
  let answer: Awaited<ReturnType<typeof httpGet>>;
  try {
    answer = await httpGet(url, options);
  } catch (error) {
    return failure((error as Error).message);
  }
  // Redirects to other hosts are not followed.
  if (answer.status >= 300 && answer.status < 400) {
    return { result: "success", message: `Probe terminated redirects, Response body: ${answer.body}` };
  }
  if (answer.status >= 200 && answer.status < 300) return SUCCESS;
  return failure(`HTTP probe failed with statuscode: ${answer.status}`);
}

function tcpProbe(host: string, port: number, timeoutMs: number): Promise<ProbeOutcome> {
  const address = `${urlHost(host)}:${port}`;
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const finish = (outcome: ProbeOutcome): void => {
      socket.destroy();
      resolve(outcome);
    };
    socket.setTimeout(timeoutMs, () => finish(failure(`dial tcp ${address}: i/o timeout`)));
    socket.on("connect", () => finish(SUCCESS));
    socket.on("error", (error) => finish(failure(dialMessage(error, address))));
  });
}

async function execProbe(
  runtime: Runtime,
  { command, target, timeoutMs }: { command: string[]; target: ProbeTarget; timeoutMs: number },
): Promise<ProbeOutcome> {
  try {
    const { stdout, stderr, exitCode } = await runtime.execSync({
      containerId: target.containerId,
      command,
      timeoutMs,
    });
    if (exitCode === 0) return SUCCESS;
    return failure(Buffer.concat([stdout, stderr]).subarray(0, MAX_OUTPUT_BYTES).toString("utf8"));
  } catch (error) {
    if (error instanceof RuntimeError && error.code === "DeadlineExceeded") {
      return failure(`command timed out: "${command.join(" ")}" timed out after ${timeoutMs / 1000}s`);
    }
    throw error;
  }
}
