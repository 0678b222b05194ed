/**
 * What kube-apiserver counts, under its names: requests, latencies, watches, what is stored. All of it lies in memory
 * and begins anew with the object that keeps it, as counters do when a process restarts.
 * Source: https://kubernetes.io/docs/reference/instrumentation/metrics/
 */
import type { RequestInfo } from "../http/request-info.ts";

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
}

const VERBS: { readonly [verb: string]: string } = { create: "POST", update: "PUT" };
const MUTATING: ReadonlySet<string> = new Set(["create", "update", "patch", "delete", "deletecollection"]);
/** Names that strangers make up are not worth a series each. */
const MAX_SERIES = 4000;

export class RequestMetrics {
  readonly #series = new Map<string, Series>();
  readonly #watchEvents = new Map<string, Counter & { group: string; version: string; resource: string }>();
  readonly inFlight = { mutating: 0, readOnly: 0 };
  readonly startedMs: number;

  constructor(startedMs: number) {
    this.startedMs = startedMs;
  }

  /** To be called when a request comes; `done` with the same info when it has been answered. */
  begin({ verb }: RequestInfo): void {
    if (verb === "watch") return;
    if (MUTATING.has(verb)) this.inFlight.mutating++;
    else this.inFlight.readOnly++;
  }

  done(info: RequestInfo, { code, seconds, dryRun }: { code: number; seconds: number; dryRun: boolean }): void {
    if (info.verb !== "watch") {
      if (MUTATING.has(info.verb)) this.inFlight.mutating--;
      else this.inFlight.readOnly--;
    }
    const series = this.#seriesOf(info, code, dryRun);
    const counter = series.codes.get(code);
    if (counter) counter.count++;
    else series.codes.set(code, { count: 1 });
    if (!series.latency) return;
    let bucket = 0;
    while (bucket < LATENCY_BUCKETS.length && seconds > LATENCY_BUCKETS[bucket]!) bucket++;
    series.latency.buckets[bucket]!++;
    series.latency.sumSeconds += seconds;
  }

  #seriesOf(info: RequestInfo, code: number, dryRun: boolean): Series {
    // Paths and kinds that are not served are of one sort, whatever they are called.
    const known = code !== 404 || this.#series.size < MAX_SERIES / 2;
    const scope = info.name !== "" ? "resource" : info.namespace !== "" ? "namespace" : "cluster";
    const key = known
      ? `${info.verb} ${info.group}/${info.version}/${info.resource}/${info.subresource} ${scope}${dryRun ? "!" : ""}`
      : "other";
    let series = this.#series.get(key);
    if (!series) {
      if (this.#series.size >= MAX_SERIES && key !== "other") return this.#seriesOf(OTHER, 404, false);
      series = {
        verb: VERBS[info.verb] ?? info.verb.toUpperCase(),
        group: info.group,
        version: info.version,
        resource: info.resource,
        subresource: info.isResource ? info.subresource : nonResource(info.path),
        scope: info.isResource ? scope : "",
        dryRun,
        codes: new Map(),
        latency:
          info.verb === "watch" ? undefined : { buckets: new Uint32Array(LATENCY_BUCKETS.length + 1), sumSeconds: 0 },
      };
      this.#series.set(key, series);
    }
    return series;
  }

  /** Counts the events of one watch; the same for all watches of a resource. */
  watchEvents({ group, version, plural }: { group: string; version: string; plural: string }): Counter {
    const key = `${group}/${version}/${plural}`;
    let counter = this.#watchEvents.get(key);
    if (!counter) {
      counter = { group, version, resource: plural, count: 0 };
      this.#watchEvents.set(key, counter);
    }
    return counter;
  }

  series(): Iterable<Series> {
    return this.#series.values();
  }

  watched(): Iterable<Counter & { group: string; version: string; resource: string }> {
    return this.#watchEvents.values();
  }
}

const OTHER: RequestInfo = {
  isResource: false,
  verb: "get",
  path: "",
  group: "",
  version: "",
  namespace: "",
  resource: "",
  name: "",
  subresource: "",
  rest: "",
};

/** "/livez" of "/livez/ping". */
const nonResource = (path: string): string => /^\/[a-z.-]{1,32}/.exec(path)?.[0] ?? "";
