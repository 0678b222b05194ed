/**
 * What kube-apiserver counts, under its names: requests, latencies, watches, what is stored. All of it lies in memory
 * and begins anew with the object that keeps it, as counters do when a process restarts.
 * Source: https://kubernetes.io/docs/reference/instrumentation/metrics/
 */
import { nonResourceInfo, type RequestInfo } from "../http/request-info.ts";
import { AdmissionCounts } from "./admission-counts.ts";

/** Upper bounds in seconds, as kube-apiserver's. */
export const LATENCY_BUCKETS = [
  0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60,
] as const;

export interface Counter {
  count: number;
}

export interface Latency {
  /** By index of LATENCY_BUCKETS; the last one holds what took longer. Not cumulative. */
  buckets: Uint32Array;
  sumSeconds: number;
}

/** One sort of request: what its counters are labelled with. */
export interface Series {
  verb: string;
  group: string;
  version: string;
  resource: string;
  subresource: string;
  scope: string;
  dryRun: boolean;
  codes: Map<number, Counter>;
  /** Absent for long-running requests, whose length says nothing. */
  latency: Latency | undefined;
  /** Of answers to reads whose length is known when they begin: all but streams. */
  sizes: Sizes | undefined;
}

/** Upper bounds in bytes, as kube-apiserver's. */
export const RESPONSE_SIZE_BUCKETS = [1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9] as const;

export interface Sizes {
  /** By index of RESPONSE_SIZE_BUCKETS, as in Latency. */
  buckets: Uint32Array;
  sumBytes: number;
}

/** Upper bounds in bytes, as kube-apiserver's. */
export const EVENT_SIZE_BUCKETS = [1024, 2048, 4096, 8192, 16_384, 32_768, 65_536, 131_072] as const;

/** What was sent to the watches of one kind. */
export class SentEvents {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  count = 0;
  sumBytes = 0;
  /** By index of EVENT_SIZE_BUCKETS, as in Latency. */
  readonly buckets = new Uint32Array(EVENT_SIZE_BUCKETS.length + 1);

  constructor({ group, version, plural }: { group: string; version: string; plural: string }) {
    this.group = group;
    this.version = version;
    this.resource = plural;
  }

  add(sizeBytes: number): void {
    this.count++;
    this.sumBytes += sizeBytes;
    let bucket = 0;
    while (bucket < EVENT_SIZE_BUCKETS.length && sizeBytes > EVENT_SIZE_BUCKETS[bucket]!) bucket++;
    this.buckets[bucket]!++;
  }
}

/** A served version on its way out that somebody has asked for. */
export interface DeprecatedUse {
  group: string;
  version: string;
  resource: string;
  subresource: string;
  /** "1.39"; "" when it is not known. */
  removedRelease: string;
}

export type HealthStatus = "success" | "error";

/** A check below a health endpoint. */
export interface HealthCount {
  name: string;
  /** "livez" */
  type: string;
  last: HealthStatus;
  counts: { [status in HealthStatus]: number };
}

const VERBS: { readonly [verb: string]: string } = { create: "POST", update: "PUT" };
/** Spoken with over a connection, whatever the method. */
const CONNECTED: ReadonlySet<string> = new Set(["attach", "exec", "portforward", "proxy"]);

/** As kube-apiserver labels it. */
function verbOf({ verb, subresource, isResource }: RequestInfo, isApply: boolean): string {
  if (isApply) return "APPLY";
  if (isResource && CONNECTED.has(subresource)) return "CONNECT";
  return VERBS[verb] ?? verb.toUpperCase();
}

function scopeOf({ name, verb, namespace, isResource }: RequestInfo): string {
  if (!isResource) return "";
  if (name !== "" || verb === "create") return "resource";
  return namespace !== "" ? "namespace" : "cluster";
}

/** Requests that last as long as the client wishes. */
const isLongRunning = ({ verb, subresource }: RequestInfo): boolean =>
  verb === "watch" || CONNECTED.has(subresource) || subresource === "log";

const MUTATING: ReadonlySet<string> = new Set(["create", "update", "patch", "delete", "deletecollection"]);
/** Names that strangers make up are not worth a series each. */
const MAX_SERIES = 4000;

export class RequestMetrics {
  readonly #series = new Map<string, Series>();
  readonly #watchEvents = new Map<string, SentEvents>();
  readonly #deprecated = new Map<string, DeprecatedUse>();
  readonly #health = new Map<string, HealthCount>();
  /** By kube-apiserver's label: system users by name, all others together. */
  readonly #users = new Map<string, Counter>();
  readonly authorized = { allowed: 0, denied: 0 };
  readonly admission = new AdmissionCounts();
  auditEvents = 0;
  /** Requests by the level at which they are logged. */
  readonly auditLevels = new Map<string, number>();
  readonly inFlight = { mutating: 0, readOnly: 0 };
  readonly startedMs: number;

  constructor(startedMs: number) {
    this.startedMs = startedMs;
  }

  /** To be called when a request comes; `done` with the same info when it has been answered. */
  begin(info: RequestInfo): void {
    if (isLongRunning(info)) return;
    if (MUTATING.has(info.verb)) this.inFlight.mutating++;
    else this.inFlight.readOnly++;
  }

  done(info: RequestInfo, answer: Answered): void {
    if (!isLongRunning(info)) {
      if (MUTATING.has(info.verb)) this.inFlight.mutating--;
      else this.inFlight.readOnly--;
    }
    const { code, seconds, sizeBytes } = answer;
    const series = this.#seriesOf(info, answer);
    const counter = series.codes.get(code);
    if (counter) counter.count++;
    else series.codes.set(code, { count: 1 });
    if (!series.latency) return;
    let bucket = 0;
    while (bucket < LATENCY_BUCKETS.length && seconds > LATENCY_BUCKETS[bucket]!) bucket++;
    series.latency.buckets[bucket]!++;
    series.latency.sumSeconds += seconds;
    if (sizeBytes === undefined || (info.verb !== "get" && info.verb !== "list")) return;
    series.sizes ??= { buckets: new Uint32Array(RESPONSE_SIZE_BUCKETS.length + 1), sumBytes: 0 };
    let size = 0;
    while (size < RESPONSE_SIZE_BUCKETS.length && sizeBytes > RESPONSE_SIZE_BUCKETS[size]!) size++;
    series.sizes.buckets[size]!++;
    series.sizes.sumBytes += sizeBytes;
  }

  #seriesOf(info: RequestInfo, { code, dryRun, isApply }: Pick<Answered, "code" | "dryRun" | "isApply">): Series {
    // Paths and kinds that are not served are of one sort, whatever they are called.
    const known = code !== 404 || this.#series.size < MAX_SERIES / 2;
    const scope = scopeOf(info);
    const key = known
      ? `${isApply ? "apply" : info.verb} ${info.group}/${info.version}/${info.resource}/${info.isResource ? info.subresource : nonResource(info.path)} ${scope}${dryRun ? "!" : ""}`
      : "other";
    let series = this.#series.get(key);
    if (!series) {
      if (this.#series.size >= MAX_SERIES && key !== "other")
        return this.#seriesOf(OTHER, { code: 404, dryRun: false });
      series = {
        verb: verbOf(info, isApply ?? false),
        group: info.group,
        version: info.version,
        resource: info.resource,
        subresource: info.isResource ? info.subresource : nonResource(info.path),
        scope,
        dryRun,
        codes: new Map(),
        latency: isLongRunning(info)
          ? undefined
          : { buckets: new Uint32Array(LATENCY_BUCKETS.length + 1), sumSeconds: 0 },
        sizes: undefined,
      };
      this.#series.set(key, series);
    }
    return series;
  }

  /** The same for all watches of a kind. */
  watchEvents(kind: { group: string; version: string; plural: string }): SentEvents {
    const key = `${kind.group}/${kind.version}/${kind.plural}`;
    let sent = this.#watchEvents.get(key);
    if (!sent) {
      sent = new SentEvents(kind);
      this.#watchEvents.set(key, sent);
    }
    return sent;
  }

  deprecatedUse(use: DeprecatedUse): void {
    const key = `${use.group}/${use.version}/${use.resource}/${use.subresource}`;
    if (!this.#deprecated.has(key)) this.#deprecated.set(key, use);
  }

  health(type: string, name: string, last: HealthStatus): void {
    const key = `${type}/${name}`;
    const known = this.#health.get(key) ?? { name, type, last, counts: { success: 0, error: 0 } };
    known.last = last;
    known.counts[last]++;
    this.#health.set(key, known);
  }

  user(name: string): void {
    const label = name.startsWith("system:") && !NUMEROUS_USERS.test(name) ? name : "other";
    const known = this.#users.get(label);
    if (known) known.count++;
    else if (this.#users.size < MAX_USERS) this.#users.set(label, { count: 1 });
  }

  series(): Iterable<Series> {
    return this.#series.values();
  }

  watched(): Iterable<SentEvents> {
    return this.#watchEvents.values();
  }

  deprecated(): Iterable<DeprecatedUse> {
    return this.#deprecated.values();
  }

  healthChecks(): Iterable<HealthCount> {
    return this.#health.values();
  }

  users(): Iterable<[string, Counter]> {
    return this.#users;
  }
}

export interface Answered {
  code: number;
  seconds: number;
  /** Absent for streams. */
  sizeBytes?: number;
  dryRun: boolean;
  /** Of a patch: server-side apply. */
  isApply?: boolean;
}

/** A series for each of them would be too many. */
const NUMEROUS_USERS = /^system:(?:serviceaccount|node|bootstrap):/;
const MAX_USERS = 100;

const OTHER = nonResourceInfo("get", "");

/** "/livez" of "/livez/ping". */
const nonResource = (path: string): string => /^\/[a-z.-]{1,32}/.exec(path)?.[0] ?? "";
