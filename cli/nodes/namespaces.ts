/**
 * Network namespaces that stand for more machines: each has one veth to a bridge on this machine, and reaches the edge
 * and the world through it.
 */
import { writeFileSync } from "node:fs";
import { Failure } from "../failure.ts";
import type { Layout } from "../layout.ts";
import { run, runOrThrow } from "../system/run.ts";
import { CLUSTER_DEFAULTS } from "./cluster-defaults.ts";
import type { LocalNode } from "./local-node.ts";

/** 172.29.0.0/16 is seldom in use; each data directory takes the first free /24 of it. */
const SUBNETS = Array.from({ length: 64 }, (_, third) => `172.29.${third}`);

export const bridgeName = (layout: Layout): string => `kb${layout.id}`;
const tableName = (layout: Layout): string => `kedge-nodes-${layout.id}`;
const hostEnd = (layout: Layout, node: LocalNode): string => `kv${layout.id}n${node.index}`;

/** First three bytes of the bridge's /24, or undefined when there is no bridge yet. */
async function bridgePrefix(layout: Layout): Promise<string | undefined> {
  const { exitCode, stdout } = await run("ip", ["-j", "-4", "addr", "show", "dev", bridgeName(layout)]);
  if (exitCode !== 0) return undefined;
  const [link] = JSON.parse(stdout) as { addr_info?: { local: string }[] }[];
  return link?.addr_info?.[0]?.local.split(".").slice(0, 3).join(".");
}

/** Makes the bridge if it is not there. Returns this machine's address on it. */
export async function ensureBridge(layout: Layout): Promise<string> {
  const present = await bridgePrefix(layout);
  if (present) return `${present}.1`;
  const routes = JSON.parse(await runOrThrow("ip", ["-j", "-4", "route", "show", "table", "all"])) as { dst: string }[];
  const prefix = SUBNETS.find((subnet) => !routes.some((route) => route.dst.startsWith(`${subnet}.`)));
  if (!prefix)
    throw new Failure("no free subnet in 172.29.0.0/18 for the nodes' bridge: is another kedge leaving some behind?");
  const bridge = bridgeName(layout);
  await run("ip", ["link", "add", bridge, "type", "bridge"]);
  await runOrThrow("ip", ["addr", "replace", `${prefix}.1/24`, "dev", bridge]);
  await runOrThrow("ip", ["link", "set", bridge, "up"]);
  writeFileSync("/proc/sys/net/ipv4/ip_forward", "1");
  await runOrThrow("nft", ["-f", "-"], {
    input: `table ip ${tableName(layout)}
delete table ip ${tableName(layout)}
table ip ${tableName(layout)} {
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    ip saddr ${prefix}.0/24 ip daddr != ${CLUSTER_DEFAULTS.clusterCidr} oifname != "${bridge}" masquerade
  }
}
`,
  });
  return `${prefix}.1`;
}

/** Makes the node's namespace and its link, or mends what is missing. Returns its address. */
export async function ensureNamespace(layout: Layout, node: LocalNode): Promise<string> {
  const name = node.networkNamespace;
  if (!name) throw new Error(`node ${node.name} has no namespace of its own`);
  const gateway = await ensureBridge(layout);
  const address = gateway.replace(/\d+$/, String(node.index));
  const list = (await run("ip", ["netns", "list"])).stdout.split("\n").map((line) => line.split(" ")[0]);
  if (!list.includes(name)) await runOrThrow("ip", ["netns", "add", name]);
  const link = await run("ip", ["-n", name, "link", "show", "dev", "eth0"]);
  const host = hostEnd(layout, node);
  if (link.exitCode !== 0) {
    await run("ip", ["link", "del", host]);
    await runOrThrow("ip", ["link", "add", host, "type", "veth", "peer", "name", "eth0", "netns", name]);
    await runOrThrow("ip", ["link", "set", host, "master", bridgeName(layout), "up"]);
  }
  // With br_netfilter the kernel translates a NodePort's address in the bridge already, and sends what goes on to a pod
  // of the node that it came from back through the same port: without this it drops it.
  await runOrThrow("ip", ["link", "set", host, "type", "bridge_slave", "hairpin", "on"]);
  await runOrThrow("ip", ["-n", name, "link", "set", "lo", "up"]);
  await runOrThrow("ip", ["-n", name, "link", "set", "eth0", "up"]);
  await runOrThrow("ip", ["-n", name, "addr", "replace", `${address}/24`, "dev", "eth0"]);
  await runOrThrow("ip", ["-n", name, "route", "replace", "default", "via", gateway]);
  return address;
}

/** Removes the node's namespace, its link, and what hangs on it. Idempotent. */
export async function removeNamespace(layout: Layout, node: LocalNode): Promise<void> {
  if (!node.networkNamespace) return;
  await run("ip", ["link", "del", hostEnd(layout, node)]);
  await run("ip", ["netns", "del", node.networkNamespace]);
}

export async function removeBridge(layout: Layout): Promise<void> {
  await run("ip", ["link", "del", bridgeName(layout)]);
  await run("nft", ["delete", "table", "ip", tableName(layout)]);
}
