/** Where a request came from, as audit events tell it: all but the last address is what clients and proxies say. Pure. */

/** By which the Worker tells ClusterStore, addresses with commas between. Only set where requests are logged. */
export const SOURCE_IPS_HEADER = "x-kedge-source-ips";

/** @param peer the address that the connection came from, perhaps with a port; absent where the platform does not say */
export function clientAddresses(headers: Headers, peer: string | undefined): string[] {
  const own = hostOf(headers.get("cf-connecting-ip") ?? peer ?? "");
  const forwarded = (headers.get("x-forwarded-for") ?? "").split(",").map((part) => part.trim());
  const addresses = forwarded.filter(isAddress);
  const real = headers.get("x-real-ip")?.trim() ?? "";
  if (isAddress(real) && !addresses.includes(real)) addresses.push(real);
  if (isAddress(own) && addresses.at(-1) !== own) addresses.push(own);
  return addresses;
}

/** `1.2.3.4:5`, `[::1]:5` or an address alone. */
function hostOf(text: string): string {
  const [, bracketed] = /^\[([^\]]+)\](?::\d+)?$/.exec(text) ?? [];
  if (bracketed !== undefined) return bracketed;
  return /^[\d.]+:\d+$/.test(text) ? text.slice(0, text.lastIndexOf(":")) : text;
}

const isAddress = (text: string): boolean =>
  /^\d{1,3}(?:\.\d{1,3}){3}$/.test(text) || (text.length <= 45 && text.includes(":") && /^[\da-fA-F:.]+$/.test(text));
