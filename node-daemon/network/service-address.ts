/**
 * A service IP that this node answers itself (cluster DNS, API endpoint): the address as a /32 on `lo`, and a table of
 * rules that lets in this node and its pods only, and brings the service's ports to where the server listens.
 */
import type { Clock } from "../../machinery/clock.ts";
import type { Log } from "../contracts.ts";
import { parseIpJson } from "./host.ts";
import { tableExists } from "./rules.ts";
import type { Run } from "./run.ts";

export interface ServiceAddress {
  /** "kedge-dns" */
  table: string;
  ip: string;
  /** Who may connect besides the node itself. */
  clusterCidr: string;
  ports: { protocol: "tcp" | "udp"; port: number; listensOn: number }[];
  /** What one client may send by UDP. Absent: no limit. */
  datagramsPerSecond?: number;
}

/** Somebody may flush all rules of the machine; so often it is looked whether ours are there. */
const CHECK_MS = 60_000;

/**
 * One transaction that replaces the table. Pure.
 *
 * The redirection runs after the service proxy's (priority -100), so that a Service with endpoints of its own at this
 * address is obeyed.
 */
export function renderServiceAddressRules({
  table,
  ip,
  clusterCidr,
  ports,
  datagramsPerSecond,
}: ServiceAddress): string {
  const redirect = ports
    .filter(({ port, listensOn }) => port !== listensOn)
    .map(({ protocol, port, listensOn }) => `    ip daddr ${ip} ${protocol} dport ${port} dnat to ${ip}:${listensOn}`)
    .join("\n");
  const limit = datagramsPerSecond && {
    set: "  set askers {\n    type ipv4_addr\n    size 4096\n    flags dynamic,timeout\n    timeout 10s\n  }\n",
    rule: `    ip daddr ${ip} meta l4proto udp update @askers { ip saddr limit rate over ${datagramsPerSecond}/second burst ${datagramsPerSecond * 2} packets } drop\n`,
  };
  return `add table ip ${table}
delete table ip ${table}
table ip ${table} {
${limit ? limit.set : ""}  chain input {
    type filter hook input priority 0; policy accept;
    iifname != "lo" ip daddr ${ip} ip saddr != ${clusterCidr} drop
${limit ? limit.rule : ""}  }
  chain prerouting {
    type nat hook prerouting priority -95; policy accept;
${redirect}
  }
  chain output {
    type nat hook output priority -95; policy accept;
${redirect}
  }
}
`;
}

/** Adds `ip`/32 to lo. Idempotent. */
export const addServiceAddress = async (run: Run, ip: string): Promise<void> => {
  await run("ip", ["addr", "replace", `${ip}/32`, "dev", "lo"]);
};

/** Keeps the address and its rules in the kernel, from `hold` until `stop`. */
export class ServiceAddressKeeper {
  readonly #run: Run;
  readonly #clock: Clock;
  readonly #log: Log;
  #cancel: (() => void) | undefined;
  #stopped = false;

  constructor({ run, clock, log }: { run: Run; clock: Clock; log: Log }) {
    this.#run = run;
    this.#clock = clock;
    this.#log = log;
  }

  /** Resolves once address and rules are there for the first time. */
  async hold(address: ServiceAddress): Promise<void> {
    await addServiceAddress(this.#run, address.ip);
    await this.#run("nft", ["-f", "-"], { input: renderServiceAddressRules(address) });
    this.#checkLater(address);
  }

  /** Ends looking after it; address and rules stay. */
  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
  }

  #checkLater(address: ServiceAddress): void {
    this.#cancel?.();
    if (this.#stopped) return;
    this.#cancel = this.#clock.after(CHECK_MS, () => {
      this.#check(address)
        .catch((error: Error) =>
          this.#log.warn("cannot keep a service address", { ip: address.ip, error: error.message }),
        )
        .finally(() => this.#checkLater(address));
    });
  }

  async #check(address: ServiceAddress): Promise<void> {
    await addServiceAddress(this.#run, address.ip);
    if (await tableExists(this.#run, address.table)) return;
    this.#log.warn("somebody removed the rules of a service address; making them again", { table: address.table });
    await this.#run("nft", ["-f", "-"], { input: renderServiceAddressRules(address) });
  }
}

/** Removes those of `ips` that lo has as /32. */
export async function removeServiceAddresses(run: Run, ips: readonly string[]): Promise<void> {
  const links = parseIpJson<{ addr_info?: { local?: string; prefixlen?: number }[] }>(
    await run("ip", ["-j", "-4", "addr", "show", "dev", "lo"]),
  );
  for (const { local, prefixlen } of links.flatMap((link) => link.addr_info ?? [])) {
    if (local !== undefined && prefixlen === 32 && ips.includes(local)) {
      await run("ip", ["addr", "del", `${local}/32`, "dev", "lo"]);
    }
  }
}
