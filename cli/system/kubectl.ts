import type { Progress } from "../progress.ts";
import { findProgram } from "./install.ts";
import { run } from "./run.ts";

/** From here on kubectl talks WebSocket for exec, attach, cp and port-forward; before, SPDY, which no edge passes. */
const WEBSOCKET_MINOR = 31;

/** Says what an old kubectl cannot do with a cluster behind the edge. */
export async function adviseOnKubectl(progress: Progress): Promise<void> {
  const program = findProgram("kubectl");
  if (!program) return;
  const ran = await run(program, ["version", "--client", "-o", "json"]);
  const minor = /"minor":\s*"(\d+)/.exec(ran.stdout)?.[1];
  if (minor === undefined || Number(minor) >= WEBSOCKET_MINOR) return;
  progress.warn(
    `kubectl 1.${minor} is too old for exec, attach, cp and port-forward here: those need 1.${WEBSOCKET_MINOR} or newer (https://kubernetes.io/releases/download)`,
  );
}
