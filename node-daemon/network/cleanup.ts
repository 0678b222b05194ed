/**
 * Removes everything the daemon makes in the kernel. Idempotent; for `./kedge down`, after daemon and containers ended.
 *
 *     node node-daemon/network/cleanup.ts --config /path/to/node.json
 */
import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import type { Log, NodeConfig } from "../contracts.ts";
import { parseIpJson, ROUTE_PROTOCOL } from "./host.ts";
import { closeHostFirewall } from "./host-firewall.ts";
import { sysctlStateFile } from "./network.ts";
import { deleteTables } from "./rules.ts";
import { type Run, run as runCommand } from "./run.ts";
import { removeServiceAddresses } from "./service-address.ts";
import { restoreSysctls } from "./sysctls.ts";
import { API_TABLE, DNS_TABLE, NETWORK_TABLE, SERVICES_TABLE } from "./tables.ts";
import { removeTunnelDevice } from "./tunnel.ts";

export type CleanupConfig = Pick<
  NodeConfig,
  "stateDir" | "dnsServiceIp" | "apiServiceIp" | "clusterCidr" | "serviceCidr"
>;

/**
 * Removes rules, routes, the tunnel, service addresses, and puts kernel settings back, in the namespace this process is
 * in. Goes on past a failure. @throws AggregateError of what could not be removed
 */
export async function cleanup(config: CleanupConfig, log: Log, run: Run = runCommand): Promise<void> {
  const steps: [string, () => Promise<unknown>][] = [
    ["rules", () => deleteTables(run, [NETWORK_TABLE, SERVICES_TABLE, DNS_TABLE, API_TABLE])],
    ["routes", () => removeRoutes(run)],
    ["tunnel", () => removeTunnelDevice(run)],
    ["firewall", () => closeHostFirewall(run, config)],
    ["addresses", () => removeServiceAddresses(run, [config.dnsServiceIp, config.apiServiceIp])],
    ["settings", () => restoreSysctls({ root: "/proc/sys", stateFile: sysctlStateFile(config.stateDir) }, log)],
  ];
  const errors: Error[] = [];
  for (const [what, step] of steps) {
    await step().catch((error: Error) => errors.push(new Error(`${what}: ${error.message}`)));
  }
  if (errors.length > 0) throw new AggregateError(errors, errors.map((e) => e.message).join("; "));
}

/** `ip route flush` fails on some versions when there is nothing to flush. */
async function removeRoutes(run: Run): Promise<void> {
  const routes = parseIpJson<{ dst: string }>(
    await run("ip", ["-j", "-4", "route", "show", "table", "main", "proto", ROUTE_PROTOCOL]),
  );
  const lines = routes.map(({ dst }) => `route del ${dst} proto ${ROUTE_PROTOCOL}`);
  if (lines.length > 0) await run("ip", ["-force", "-batch", "-"], { input: `${lines.join("\n")}\n` });
}

const consoleLog: Log = {
  debug: () => {},
  info: (message, fields) => console.error(message, fields ?? ""),
  warn: (message, fields) => console.error(message, fields ?? ""),
  error: (message, fields) => console.error(message, fields ?? ""),
};

/** The namespace the configuration names is entered by running this file again under `ip netns exec`. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { config: { type: "string" }, here: { type: "boolean", default: false } },
  });
  if (values.config === undefined) throw new Error("usage: cleanup.ts --config FILE");
  const config = JSON.parse(await readFile(values.config, "utf8")) as NodeConfig;
  if (config.networkNamespace === undefined || values.here) return cleanup(config, consoleLog);
  const namespaces = parseIpJson<{ name: string }>(await runCommand("ip", ["-j", "netns", "list"]));
  if (!namespaces.some((ns) => ns.name === config.networkNamespace)) return; // everything went with it
  const self = [process.execPath, import.meta.filename, "--config", values.config, "--here"];
  await runCommand("ip", ["netns", "exec", config.networkNamespace, ...self]);
}

if (import.meta.main) {
  main().catch((error: Error) => {
    console.error(`kedge: network cleanup: ${error.message}`);
    process.exitCode = 1;
  });
}
