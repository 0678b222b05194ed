/** The /etc/hosts that containers of a pod share. Pure. */
import type { HostAlias } from "../../kinds/core/v1-types.ts";
import type { HostNames } from "./hostname.ts";

const HEADER = "# Kubernetes-managed hosts file.\n";
const HEADER_HOST_NETWORK = "# Kubernetes-managed hosts file (host network).\n";
const LOOPBACK = [
  "127.0.0.1\tlocalhost",
  "::1\tlocalhost ip6-localhost ip6-loopback",
  "fe00::0\tip6-localnet",
  "fe00::0\tip6-mcastprefix",
  "fe00::1\tip6-allnodes",
  "fe00::2\tip6-allrouters",
  "",
].join("\n");

const aliasLines = (aliases: readonly HostAlias[] | undefined): string =>
  aliases && aliases.length > 0
    ? `\n# Entries added by HostAliases.\n${aliases.map(({ ip, hostnames = [] }) => `${ip}\t${hostnames.join("\t")}\n`).join("")}`
    : "";

export function podHosts(
  { hostname, shortName, domain }: HostNames,
  ips: readonly string[],
  aliases: readonly HostAlias[] | undefined,
): string {
  const names = domain ? `${shortName}.${domain}\t${shortName}` : hostname;
  return `${HEADER}${LOOPBACK}${ips.map((ip) => `${ip}\t${names}\n`).join("")}${aliasLines(aliases)}`;
}

/** For pods on the host's network: the host's own file, and their aliases. */
export const hostNetworkHosts = (hostFile: string, aliases: readonly HostAlias[] | undefined): string =>
  `${HEADER_HOST_NETWORK}${hostFile}${aliasLines(aliases)}`;
