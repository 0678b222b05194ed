/** What is to be simulated. Durations in ms, rates from 0 to 1. */
import { readFile } from "node:fs/promises";
import { isAbsolute } from "node:path";
import { dns1123Subdomain } from "../../machinery/meta/names.ts";
import { quantityErrors } from "../../machinery/meta/quantity.ts";
import { ConfigError } from "../config.ts";

export interface Range {
  least: number;
  most: number;
}

export interface SimulationConfig {
  /** https://host:port of the edge. */
  serverUrl: string;
  /** PEM of the CA that signed the edge's certificate. */
  serverCa?: string;
  /** File with a token that may write all nodes and pods: the administrator's. Only read. */
  tokenFile: string;
  /** Directory of our own, for the token of the node whose tunnel speaks for all. */
  stateDir: string;
  count: number;
  /** Nodes are named `<namePrefix><number>`, from 0. */
  namePrefix: string;
  /** Capacity of each node by resource. */
  capacity: { [resource: string]: string };
  /** Zones the nodes are dealt out to, "zone-0" and so on; 0: none. */
  zones: number;
  labels: { [key: string]: string };
  /** From when a pod is seen until its containers run. */
  startMs: Range;
  /** How long containers run that are to end: those of pods with another restart policy than Always. */
  runMs: Range;
  /** From when a pod is asked to go until it is gone; never longer than its grace period. */
  stopMs: Range;
  /** Share of containers' starts that fail. */
  startFailureRate: number;
  /** Share of runs that end with exit code 1. */
  runFailureRate: number;
  /** Writes under way at once. */
  concurrency: number;
  seed: number;
}

const DEFAULTS = {
  namePrefix: "simulated-",
  capacity: { cpu: "32", memory: "128Gi", pods: "110", "ephemeral-storage": "200Gi" },
  zones: 3,
  labels: {},
  startMs: { least: 0, most: 0 },
  runMs: { least: 1_000, most: 1_000 },
  stopMs: { least: 0, most: 0 },
  startFailureRate: 0,
  runFailureRate: 0,
  concurrency: 32,
  seed: 1,
} as const;

const MAX_NODES = 15_000;
const MAX_CONCURRENCY = 256;
const MAX_DELAY_MS = 24 * 3_600_000;

type Check = (value: unknown) => string | undefined;

const path: Check = (value) =>
  typeof value === "string" && isAbsolute(value) ? undefined : "must be an absolute path";
const wholeNumber =
  (least: number, most: number): Check =>
  (value) =>
    Number.isInteger(value) && (value as number) >= least && (value as number) <= most
      ? undefined
      : `must be a whole number from ${least} to ${most}`;
const rate: Check = (value) =>
  typeof value === "number" && value >= 0 && value <= 1 ? undefined : "must be a number from 0 to 1";
const isMap = (value: unknown): value is { [key: string]: unknown } =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const texts: Check = (value) =>
  isMap(value) && Object.values(value).every((each) => typeof each === "string")
    ? undefined
    : "must be an object of strings";
const range: Check = (value) => {
  const delay = wholeNumber(0, MAX_DELAY_MS);
  if (!isMap(value) || delay(value.least) || delay(value.most)) return "must have least and most, in milliseconds";
  return (value.least as number) <= (value.most as number) ? undefined : "must have least no greater than most";
};

const CHECKS: { readonly [field in keyof SimulationConfig]: Check } = {
  serverUrl: (value) =>
    typeof value === "string" && /^https:\/\/[^/?#@]+$/.test(value) ? undefined : "must be https://host:port, no more",
  serverCa: (value) => (typeof value === "string" && value !== "" ? undefined : "must be a non-empty string"),
  tokenFile: path,
  stateDir: path,
  count: wholeNumber(1, MAX_NODES),
  namePrefix: (value) => (typeof value === "string" ? dns1123Subdomain(`${value}0`)[0] : "must be a string"),
  capacity: (value) =>
    texts(value) ??
    Object.entries(value as { [key: string]: string }).flatMap(([name, text]) => quantityErrors(text, name))[0]
      ?.message,
  zones: wholeNumber(0, 1_000),
  labels: texts,
  startMs: range,
  runMs: range,
  stopMs: range,
  startFailureRate: rate,
  runFailureRate: rate,
  concurrency: wholeNumber(1, MAX_CONCURRENCY),
  seed: wholeNumber(0, 2 ** 32 - 1),
};
const REQUIRED = ["serverUrl", "tokenFile", "stateDir", "count"] as const;

/** @throws ConfigError naming every field that is wrong */
export function parseSimulationConfig(source: string): SimulationConfig {
  let value: unknown;
  try {
    value = JSON.parse(source);
  } catch (error) {
    throw new ConfigError(`not JSON: ${(error as Error).message}`);
  }
  if (!isMap(value)) throw new ConfigError("not a JSON object");
  const given = value;
  const checks = new Map<string, Check>(Object.entries(CHECKS));
  const wrong: string[] = [];
  for (const field of REQUIRED) if (!Object.hasOwn(given, field)) wrong.push(`${field} is missing`);
  for (const [field, each] of Object.entries(given)) {
    const check = checks.get(field);
    const problem = check ? check(each) : "is unknown";
    if (problem) wrong.push(`${field} ${problem}`);
  }
  if (wrong.length > 0) throw new ConfigError(wrong.join("; "));
  return { ...DEFAULTS, ...given } as unknown as SimulationConfig;
}

/** @throws ConfigError */
export async function readSimulationConfig(file: string): Promise<SimulationConfig> {
  let source: string;
  try {
    source = await readFile(file, "utf8");
  } catch (error) {
    throw new ConfigError(`cannot be read: ${(error as Error).message}`);
  }
  return parseSimulationConfig(source);
}
