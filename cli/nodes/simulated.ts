/** `up --simulated-nodes N`: one process that stands for N nodes, which run pods in name only. Needs no root. */
import fs from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { EdgeClient } from "../edge-client.ts";
import { Failure } from "../failure.ts";
import { readIfExists, writeFileAtomic } from "../files.ts";
import type { Layout } from "../layout.ts";
import { type Daemon, runningPid, startDaemon, stopDaemon } from "../system/process.ts";
import { bundleProgram } from "./bundle.ts";

const READY_TIMEOUT_MS = 120_000;

const dirOf = (layout: Layout): string => path.join(layout.dataDir, "simulated");
const logOf = (layout: Layout): string => path.join(dirOf(layout), "daemon.log");

export const simulatedDaemon = (layout: Layout): Daemon => ({ pidFile: path.join(dirOf(layout), "daemon.pid") });

export interface SimulatedOptions {
  layout: Layout;
  count: number;
  serverUrl: string;
  caPem: string;
  /** JSON, fields of SimulationConfig (node-daemon/simulated/config.ts) over the defaults. */
  settings?: string | undefined;
}

export async function startSimulatedNodes(options: SimulatedOptions): Promise<void> {
  const { layout, count, serverUrl, caPem } = options;
  if (runningPid(simulatedDaemon(layout)) !== undefined) return;
  const settings = settingsOf(options);
  const dir = dirOf(layout);
  fs.mkdirSync(path.join(dir, "state"), { recursive: true, mode: 0o700 });
  const program = path.join(dir, "daemon.mjs");
  await bundleProgram("node-daemon/simulated/main.ts", program);
  const config = {
    ...settings,
    serverUrl,
    serverCa: caPem,
    tokenFile: path.join(layout.pkiDir, "admin.token"),
    stateDir: path.join(dir, "state"),
    count,
  };
  const configFile = path.join(dir, "config.json");
  writeFileAtomic(configFile, `${JSON.stringify(config, null, 2)}\n`, 0o600);
  startDaemon({
    ...simulatedDaemon(layout),
    command: [process.execPath, "--disable-warning=ExperimentalWarning", program, "--config", configFile],
    logFile: logOf(layout),
  });
}

const lastLine = (layout: Layout): string => (readIfExists(logOf(layout)) ?? "").trimEnd().split("\n").at(-1) ?? "";

/** What the fields may be, the daemon checks. @throws Failure */
function settingsOf({ settings = "{}" }: SimulatedOptions): object {
  try {
    const parsed: unknown = JSON.parse(settings);
    if (typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)) return parsed;
  } catch (error) {
    throw new Failure(`--simulation-config is not JSON: ${(error as Error).message}`, 2);
  }
  throw new Failure("--simulation-config must hold a JSON object", 2);
}

export const stopSimulatedNodes = (layout: Layout): Promise<boolean> => stopDaemon(simulatedDaemon(layout), 5_000);

interface NodeList {
  items: { status?: { conditions?: { type: string; status: string }[] } }[];
}

/** @param note told how many are Ready */
export async function waitSimulatedReady(
  { layout, count }: SimulatedOptions,
  edge: EdgeClient,
  note: (text: string) => void,
): Promise<void> {
  const deadline = performance.now() + READY_TIMEOUT_MS;
  for (;;) {
    const list = (await edge.call("GET", "/api/v1/nodes?labelSelector=kedge.dev/simulated%3Dtrue")) as NodeList;
    const ready = list.items.filter((n) =>
      n.status?.conditions?.some((c) => c.type === "Ready" && c.status === "True"),
    );
    note(`${ready.length} of ${count} Ready`);
    if (ready.length >= count) return;
    if (runningPid(simulatedDaemon(layout)) === undefined)
      throw new Failure(`the simulated nodes ended: ${lastLine(layout)}\nSee ${logOf(layout)}`);
    if (performance.now() > deadline) {
      throw new Failure(
        `${ready.length} of ${count} simulated nodes were Ready within ${READY_TIMEOUT_MS / 1000} s. See ${logOf(layout)}`,
      );
    }
    await sleep(count > 500 ? 1_000 : 100);
  }
}
