import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writeCniConfig } from "./cni-config.ts";
import { planFirewall } from "./host-firewall.ts";
import { renderNetworkRules } from "./rules.ts";
import { CommandError, run } from "./run.ts";
import { renderServiceAddressRules } from "./service-address.ts";
import { applySysctls, restoreSysctls } from "./sysctls.ts";
import { collectingLog } from "./testing.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "kedge-network-"));
});
afterEach(() => rm(directory, { recursive: true }));

describe("CNI configuration", () => {
  it("[CN1] is written whole, once, with the node's range and MTU", async () => {
    const input = { podCidr: "10.244.3.0/24", mtu: 1400, stateDir: directory };
    expect(await writeCniConfig(input)).toBe("written");
    expect(await writeCniConfig(input)).toBe("unchanged");
    expect(await readdir(join(directory, "cni"))).toEqual(["10-kedge.conflist"]);
    const conf = JSON.parse(await readFile(join(directory, "cni/10-kedge.conflist"), "utf8"));
    expect(conf.plugins).toHaveLength(1);
    expect(conf.plugins[0]).toMatchObject({
      type: "ptp",
      mtu: 1400,
      ipMasq: false,
      ipam: { type: "host-local", ranges: [[{ subnet: "10.244.3.0/24" }]], dataDir: join(directory, "cni/ipam") },
    });
    expect(await writeCniConfig({ ...input, mtu: 1500 })).toBe("written");
  });
});

describe("kernel settings", () => {
  const settings = [{ path: "net/ipv4/ip_forward", value: "1", why: "test" }];
  const place = () => ({ root: join(directory, "sys"), stateFile: join(directory, "state/sysctls.json") });
  const file = () => join(directory, "sys/net/ipv4/ip_forward");
  const value = async () => (await readFile(file(), "utf8")).trim();
  beforeEach(async () => {
    await mkdir(join(directory, "sys/net/ipv4"), { recursive: true });
    await writeFile(file(), "0\n");
  });

  it("[SY1] are set, and put back", async () => {
    await applySysctls(settings, place());
    expect(await value()).toBe("1");
    await applySysctls(settings, place()); // a restart must not take our value for the machine's
    await restoreSysctls(place(), collectingLog());
    expect(await value()).toBe("0");
    await restoreSysctls(place(), collectingLog());
    expect(await value()).toBe("0");
  });

  it("[SY2] that were right already stay", async () => {
    await writeFile(file(), "1\n");
    await applySysctls(settings, place());
    await restoreSysctls(place(), collectingLog());
    expect(await value()).toBe("1");
  });

  it("[SY3] that somebody changed since stay", async () => {
    await applySysctls(settings, place());
    await writeFile(file(), "2\n");
    await restoreSysctls(place(), collectingLog());
    expect(await value()).toBe("2");
  });
});

describe("rules", () => {
  it("[NF1] pods are masqueraded outside the cluster only", () => {
    const text = renderNetworkRules({ podCidr: "10.244.3.0/24", clusterCidr: "10.244.0.0/16", tunnelPeers: [] });
    expect(text).toContain("ip saddr 10.244.3.0/24 ip daddr != { 10.244.0.0/16, 224.0.0.0/4 } masquerade");
    expect(text).not.toContain("8472");
  });

  it("[NF2] only nodes may send through the tunnel", () => {
    const text = renderNetworkRules({
      podCidr: "10.244.3.0/24",
      clusterCidr: "10.244.0.0/16",
      tunnelPeers: ["192.0.2.7"],
    });
    expect(text).toContain("udp dport 8472 ip saddr != { 192.0.2.7 } drop");
  });

  it("[NF3] a service address: closed to strangers, redirected only where the server listens elsewhere", () => {
    const address = { table: "kedge-api", ip: "10.96.0.1", clusterCidr: "10.244.0.0/16" };
    const text = renderServiceAddressRules({
      ...address,
      ports: [
        { protocol: "tcp", port: 443, listensOn: 6443 },
        { protocol: "tcp", port: 6443, listensOn: 6443 },
      ],
    });
    expect(text).toContain('iifname != "lo" ip daddr 10.96.0.1 ip saddr != 10.244.0.0/16 drop');
    expect(text.match(/dnat to 10\.96\.0\.1:6443/g)).toHaveLength(2); // prerouting and output
  });
});

describe("firewall", () => {
  const input = { clusterCidr: "10.244.0.0/16", serviceCidr: "10.96.0.0/16", tunnel: false };
  const plan = (listing: string) => planFirewall(listing, input).map(({ chain, rule }) => `${chain} ${rule.join(" ")}`);

  it.each([
    ["none that drops", "-P INPUT ACCEPT\n-P FORWARD ACCEPT\n", []],
    [
      "Docker's",
      "-P INPUT ACCEPT\n-P FORWARD DROP\n-A FORWARD -j DOCKER-USER\n",
      ["FORWARD -s 10.244.0.0/16 -j ACCEPT", "FORWARD -d 10.244.0.0/16 -j ACCEPT"],
    ],
    [
      "ufw's, half done",
      "-P INPUT DROP\n-P FORWARD DROP\n-A FORWARD -s 10.244.0.0/16 -j ACCEPT\n",
      ["FORWARD -d 10.244.0.0/16 -j ACCEPT", "INPUT -s 10.244.0.0/16 -d 10.96.0.0/16 -j ACCEPT"],
    ],
  ])("[FW1] %s", (_title, listing, want) => {
    expect(plan(listing)).toEqual(want);
  });
});

describe("commands", () => {
  it("[RN1] give their output, and read their input", async () => {
    expect(await run("cat", [], { input: "hello" })).toBe("hello");
  });

  it.each([
    ["fails", "sh", ["-c", "echo why >&2; exit 3"], { exitCode: 3, stderr: "why\n", missing: false }],
    ["is not there", "kedge-no-such-program", [], { exitCode: undefined, missing: true }],
  ])("[RN2] one that %s", async (_title, command, args, want) => {
    const error = await run(command, args).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(CommandError);
    expect(error).toMatchObject(want);
  });

  it("[RN3] one that does not end is killed", async () => {
    await expect(run("sleep", ["10"], { timeoutMs: 50 })).rejects.toThrow("no end after 50 ms");
  });
});
