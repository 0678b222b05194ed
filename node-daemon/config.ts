/** The daemon's configuration file. */
import { readFile } from "node:fs/promises";
import { isAbsolute } from "node:path";
import { cidr, dns1123Subdomain, ipAddress } from "../machinery/meta/names.ts";
import type { NodeConfig } from "./contracts.ts";

/** Says all that is wrong, in words for the person who wrote the file. */
export class ConfigError extends Error {}

type Check = (value: unknown) => string | undefined;

const text: Check = (value) => (typeof value === "string" && value !== "" ? undefined : "must be a non-empty string");

const stringWith =
  (errors: (value: string) => string[]): Check =>
  (value) =>
    text(value) ?? errors(value as string)[0];

const path: Check = (value) => text(value) ?? (isAbsolute(value as string) ? undefined : "must be an absolute path");

const serverUrl: Check = (value) => {
  const wrong = text(value);
  if (wrong) return wrong;
  try {
    const url = new URL(value as string);
    if (url.protocol !== "https:") return "must begin with https://";
    if (url.pathname !== "/" || url.search || url.hash || url.username) return "must be https://host:port, no more";
    return undefined;
  } catch {
    return "is not a URL";
  }
};

const labels: Check = (value) =>
  typeof value === "object" && value !== null && Object.values(value).every((v) => typeof v === "string")
    ? undefined
    : "must be an object of strings";

const REQUIRED: { readonly [field: string]: Check } = {
  nodeName: stringWith(dns1123Subdomain),
  serverUrl,
  tokenFile: path,
  runtimeSocket: path,
  stateDir: path,
  cniBinDir: path,
  clusterCidr: stringWith(cidr),
  serviceCidr: stringWith(cidr),
  dnsServiceIp: stringWith(ipAddress),
  apiServiceIp: stringWith(ipAddress),
  clusterDomain: stringWith(dns1123Subdomain),
};

const OPTIONAL: { readonly [field: string]: Check } = {
  serverCa: text,
  nodeIp: stringWith(ipAddress),
  networkNamespace: (value) =>
    text(value) ?? (/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(value as string) ? undefined : "is not a namespace's name"),
  labels,
};

/** @throws ConfigError naming every field that is wrong */
export function parseConfig(source: string): NodeConfig {
  let config: unknown;
  try {
    config = JSON.parse(source);
  } catch (error) {
    throw new ConfigError(`not JSON: ${(error as Error).message}`);
  }
  if (typeof config !== "object" || config === null || Array.isArray(config))
    throw new ConfigError("not a JSON object");
  const fields = new Map<string, unknown>(Object.entries(config));
  const wrong: string[] = [];
  for (const [field, check] of Object.entries(REQUIRED)) {
    if (!fields.has(field)) wrong.push(`${field} is missing`);
    else wrong.push(...said(field, check(fields.get(field))));
  }
  for (const [field, check] of Object.entries(OPTIONAL)) {
    if (fields.has(field)) wrong.push(...said(field, check(fields.get(field))));
  }
  for (const field of fields.keys())
    if (!(field in REQUIRED) && !(field in OPTIONAL)) wrong.push(`${field} is unknown`);
  if (wrong.length > 0) throw new ConfigError(wrong.join("; "));
  return config as NodeConfig;
}

const said = (field: string, problem: string | undefined): string[] => (problem ? [`${field} ${problem}`] : []);

/** @throws ConfigError */
export async function readConfig(file: string): Promise<NodeConfig> {
  let source: string;
  try {
    source = await readFile(file, "utf8");
  } catch (error) {
    throw new ConfigError(`cannot be read: ${(error as Error).message}`);
  }
  return parseConfig(source);
}
