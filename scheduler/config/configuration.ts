/**
 * KubeSchedulerConfiguration (kubescheduler.config.k8s.io/v1): profiles, and how long pods wait.
 * Source: https://kubernetes.io/docs/reference/scheduling/config/
 */
import { parseYaml } from "../../machinery/codec/yaml.ts";
import type { Profile } from "../framework/plugin.ts";
import { buildProfile, percentageOf } from "./profile.ts";
import { fail, fieldsOf, listOf, wholeOf } from "./reader.ts";

export interface Configuration {
  /** By schedulerName. */
  profiles: ReadonlyMap<string, Profile>;
  initialBackoffMs: number;
  maxBackoffMs: number;
}

const API_VERSION = "kubescheduler.config.k8s.io/v1";
const KIND = "KubeSchedulerConfiguration";
/** Of upstream's process, without meaning here: there is one scheduler, and it looks at all nodes. */
const WITHOUT_MEANING = [
  "parallelism",
  "leaderElection",
  "clientConnection",
  "percentageOfNodesToScore",
  "enableProfiling",
  "enableContentionProfiling",
  "delayCacheUntilActive",
  "metricsBindAddress",
  "healthzBindAddress",
];

/**
 * The document of a text, for `readConfiguration`, which it has passed.
 *
 * @param text YAML or JSON; undefined or empty: none
 * @throws ConfigurationError naming the field that is wrong, not known, or not built
 */
export function parseConfiguration(text: string | undefined): unknown {
  if (text === undefined || text.trim() === "") return undefined;
  let document: unknown;
  try {
    document = parseYaml(text).value;
  } catch (error) {
    fail("document", `is not YAML: ${error instanceof Error ? error.message : String(error)}`);
  }
  readConfiguration(document);
  return document;
}

/**
 * @param document parsed; undefined: upstream's defaults
 * @throws ConfigurationError for what is wrong, not known, or not built
 */
export function readConfiguration(document: unknown): Configuration {
  const fields = fieldsOf(document, "document", [
    "apiVersion",
    "kind",
    "profiles",
    "extenders",
    "podInitialBackoffSeconds",
    "podMaxBackoffSeconds",
    ...WITHOUT_MEANING,
  ]);
  if (document !== undefined && (fields.apiVersion !== API_VERSION || fields.kind !== KIND))
    fail("apiVersion", `must be ${API_VERSION}, and kind ${KIND}`);
  wholeOf(fields.parallelism, "parallelism", { least: 1, most: 2 ** 31 - 1, otherwise: 16 });
  percentageOf(fields.percentageOfNodesToScore, "percentageOfNodesToScore");
  if (listOf(fields.extenders, "extenders").length > 0) fail("extenders", "calling out to extenders is not built");
  const seconds = { least: 1, most: 86_400 };
  const initial = wholeOf(fields.podInitialBackoffSeconds, "podInitialBackoffSeconds", { ...seconds, otherwise: 1 });
  const max = wholeOf(fields.podMaxBackoffSeconds, "podMaxBackoffSeconds", { ...seconds, otherwise: 10 });
  if (max < initial) fail("podMaxBackoffSeconds", "must be greater than or equal to podInitialBackoffSeconds");
  return { profiles: profilesOf(fields.profiles), initialBackoffMs: initial * 1_000, maxBackoffMs: max * 1_000 };
}

function profilesOf(value: unknown): ReadonlyMap<string, Profile> {
  const documents = listOf(value, "profiles");
  const profiles = new Map<string, Profile>();
  for (const [i, document] of (documents.length > 0 ? documents : [{}]).entries()) {
    const profile = buildProfile(document, `profiles[${i}]`, documents.length > 1 ? undefined : "default-scheduler");
    if (profiles.has(profile.schedulerName)) fail(`profiles[${i}].schedulerName`, "is used twice");
    profiles.set(profile.schedulerName, profile);
  }
  const sorts = new Set([...profiles.values()].map(({ queueSort }) => queueSort.name));
  if (sorts.size > 1) fail("profiles", "all profiles must have the same queueSort plugin");
  return profiles;
}
