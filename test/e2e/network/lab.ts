/**
 * A network of namespaces that the tests make and remove:
 *
 *     outside 198.18.0.9 ─┐
 *     node a  198.18.0.1 ─┼─ router 198.18.0.254 ═ 198.18.1.254 ── node c 198.18.1.3
 *     node b  198.18.0.2 ─┘
 *
 * a and b share a link; c is behind a router, so that it is reached by VXLAN. "outside" knows no route to pods.
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Node } from "../../../kinds/core/v1-types.ts";
import type { KubeObject } from "../../../machinery/meta/object.ts";
import type { NodeConfig } from "../../../node-daemon/contracts.ts";
import { Remote } from "./ipc.ts";

const exec = promisify(execFile);
const AGENT = join(import.meta.dirname, "agent.ts");
const NODE_AGENT = join(import.meta.dirname, "node-agent.ts");
export const CNI_BIN_DIR = ["/usr/lib/cni", "/opt/cni/bin"].find((dir) => existsSync(join(dir, "ptp")));

/** Why these tests cannot run here; undefined when they can. */
export function whySkip(): string | undefined {
  if (process.getuid?.() !== 0) return "not root";
  if (!CNI_BIN_DIR) return "no CNI plugins";
  for (const program of ["/usr/sbin/nft", "/usr/bin/nsenter"]) if (!existsSync(program)) return `no ${program}`;
  return undefined;
}

interface LabNode {
  name: string;
  namespace: string;
  ip: string;
  podCidr: string;
  stateDir: string;
  daemon: Remote;
}

interface Pod {
  ip: string;
  agent: Remote;
}

export class Lab {
  readonly nodes = new Map<string, LabNode>();
  readonly #prefix: string;
  readonly #directory: string;
  readonly #namespaces: string[] = [];
  readonly #remotes: Remote[] = [];

  private constructor(prefix: string, directory: string) {
    this.#prefix = prefix;
    this.#directory = directory;
  }

  static async create(): Promise<Lab> {
    const lab = new Lab(`kxt${process.pid}`, await mkdtemp(join(tmpdir(), "kedge-network-")));
    try {
      await lab.#build();
      return lab;
    } catch (error) {
      await lab.remove();
      throw error;
    }
  }

  async #build(): Promise<void> {
    const router = await this.#namespace("r");
    await this.ip("-n", router, "link", "add", "br0", "type", "bridge");
    await this.ip("-n", router, "link", "set", "br0", "up");
    await this.ip("-n", router, "addr", "add", "198.18.0.254/24", "dev", "br0");
    await this.in("r", "sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward");
    for (const [name, ip] of [
      ["o", "198.18.0.9"],
      ["a", "198.18.0.1"],
      ["b", "198.18.0.2"],
    ] as const) {
      await this.#link(name, `${ip}/24`, "198.18.0.254", true);
    }
    await this.#link("c", "198.18.1.3/24", "198.18.1.254", false);
  }

  async #link(name: string, address: string, gateway: string, bridged: boolean): Promise<void> {
    const namespace = await this.#namespace(name);
    const router = `${this.#prefix}r`;
    await this.ip("-n", router, "link", "add", `v${name}`, "type", "veth", "peer", "name", "eth0", "netns", namespace);
    if (bridged) await this.ip("-n", router, "link", "set", `v${name}`, "master", "br0");
    else await this.ip("-n", router, "addr", "add", `${gateway}/24`, "dev", `v${name}`);
    await this.ip("-n", router, "link", "set", `v${name}`, "up");
    await this.ip("-n", namespace, "addr", "add", address, "dev", "eth0");
    await this.ip("-n", namespace, "link", "set", "eth0", "up");
    await this.ip("-n", namespace, "route", "add", "default", "via", gateway);
    // New namespaces begin with the machine's own settings.
    const off = "echo 0 >/proc/sys/net/ipv4/ip_forward; echo 0 >/proc/sys/net/ipv4/conf/all/route_localnet";
    await this.in(name, "sh", "-c", off);
  }

  async #namespace(name: string): Promise<string> {
    const namespace = this.#prefix + name;
    await this.ip("netns", "add", namespace);
    this.#namespaces.push(namespace);
    await this.ip("-n", namespace, "link", "set", "lo", "up");
    return namespace;
  }

  async ip(...args: string[]): Promise<string> {
    return (await exec("ip", args)).stdout;
  }

  /** Runs a command in the namespace of a node, of a pod, or of "o" and "r". */
  async in(name: string, command: string, ...args: string[]): Promise<string> {
    return (await exec("nsenter", [`--net=/run/netns/${this.#prefix}${name}`, "--", command, ...args])).stdout;
  }

  /** A client or server in that namespace. */
  agent(name: string): Remote {
    const remote = new Remote(this.#prefix + name, AGENT);
    this.#remotes.push(remote);
    return remote;
  }

  async startNode(
    name: "a" | "b" | "c",
    options: { edge?: Pick<NodeConfig, "serverUrl" | "serverCa">; objects?: [string, KubeObject][] } = {},
  ): Promise<LabNode> {
    const index = { a: 1, b: 2, c: 3 }[name];
    const stateDir = join(this.#directory, name);
    await mkdir(stateDir, { recursive: true });
    const resolvConf = join(this.#directory, "resolv.conf");
    await writeFile(resolvConf, "nameserver 198.18.0.9\nsearch example.test\n");
    await writeFile(join(stateDir, "token"), "node-token\n");
    const node: LabNode = {
      name,
      namespace: this.#prefix + name,
      ip: name === "c" ? "198.18.1.3" : `198.18.0.${index}`,
      podCidr: `10.244.${index}.0/24`,
      stateDir,
      daemon: new Remote(this.#prefix + name, NODE_AGENT),
    };
    this.#remotes.push(node.daemon);
    this.nodes.set(name, node);
    for (const [collection, object] of options.objects ?? []) await node.daemon.call("put", collection, object);
    const config: Partial<NodeConfig> = {
      nodeName: name,
      stateDir,
      tokenFile: join(stateDir, "token"),
      clusterCidr: "10.244.0.0/16",
      serviceCidr: "10.96.0.0/16",
      dnsServiceIp: "10.96.0.10",
      apiServiceIp: "10.96.0.1",
      clusterDomain: "cluster.local",
      ...options.edge,
    };
    await node.daemon.call("start", config, node.podCidr, {
      hostResolvConfPath: resolvConf,
      ...(options.edge && { certificate: "edge" }),
    });
    return node;
  }

  nodeObject({ name, ip, podCidr }: Pick<LabNode, "name" | "ip" | "podCidr">): Node {
    return {
      apiVersion: "v1",
      kind: "Node",
      metadata: { name },
      spec: { podCIDR: podCidr, podCIDRs: [podCidr] },
      status: { addresses: [{ type: "InternalIP", address: ip }] },
    };
  }

  /** Tells every node's daemon. */
  async putAll(collection: "nodes" | "services" | "slices", object: KubeObject): Promise<void> {
    await Promise.all([...this.nodes.values()].map((node) => node.daemon.call("put", collection, object)));
  }

  /** A namespace with an address from the real CNI plugin, as containerd makes it; serves TCP and UDP at 8080. */
  async startPod(nodeName: string, name: string): Promise<Pod> {
    const node = this.nodes.get(nodeName) as LabNode;
    await this.#namespace(name);
    const conflist = JSON.parse(await readFile(join(node.stateDir, "cni/10-kedge.conflist"), "utf8"));
    const config = { ...conflist.plugins[0], name: conflist.name, cniVersion: conflist.cniVersion };
    const environment = [
      "CNI_COMMAND=ADD",
      `CNI_CONTAINERID=${name}`,
      `CNI_NETNS=/run/netns/${this.#prefix}${name}`,
      "CNI_IFNAME=eth0",
      `CNI_PATH=${CNI_BIN_DIR}`,
    ];
    const file = join(this.#directory, `${name}.json`);
    await writeFile(file, JSON.stringify(config));
    const script = `exec ${CNI_BIN_DIR}/ptp <${file}`;
    const result = JSON.parse(await this.in(nodeName, "env", ...environment, "sh", "-c", script));
    const agent = this.agent(name);
    await agent.call("serve", name, 8080);
    return { ip: result.ips[0].address.split("/")[0], agent };
  }

  /** Everything, whatever state it is in. */
  async remove(): Promise<void> {
    await Promise.all(this.#remotes.map((remote) => remote.stop()));
    for (const namespace of this.#namespaces.splice(0)) await exec("ip", ["netns", "del", namespace]).catch(() => {});
    await rm(this.#directory, { recursive: true, force: true });
  }
}
