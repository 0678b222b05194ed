/**
 * The metrics of the API server, under kube-apiserver's names and with its stability levels. What kedge cannot know is
 * left out: workerd tells a program neither its memory nor its processor time, and stops the clock while it computes.
 */
import type { Services } from "../http/context.ts";
import { versionInfo } from "../http/discovery/version.ts";
import { EVENT_SIZE_BUCKETS, LATENCY_BUCKETS, RESPONSE_SIZE_BUCKETS, type Series } from "./metrics.ts";
import { family, histogram, type Labels, type Sample } from "./prometheus.ts";

const labelsOf = ({ verb, group, version, resource, subresource, scope, dryRun }: Series): Labels => ({
  component: "apiserver",
  dry_run: dryRun ? "All" : "",
  group,
  resource,
  scope,
  subresource,
  verb,
  version,
});

export function requestMetrics({ metrics }: Services): string {
  const series = [...metrics.series()];
  const latencies = (labels: (one: Series) => Labels): Sample[] =>
    series.flatMap((one) => {
      const { latency } = one;
      if (!latency) return [];
      return [
        ...histogram(labels(one), { bounds: LATENCY_BUCKETS, buckets: latency.buckets, sum: latency.sumSeconds }),
      ];
    });
  return [
    family(
      {
        name: "apiserver_audit_event_total",
        help: "[ALPHA] Audit events written.",
        type: "counter",
      },
      [{ labels: {}, value: metrics.auditEvents }],
    ),
    family(
      { name: "apiserver_audit_level_total", help: "[ALPHA] Requests by the level of their audit.", type: "counter" },
      [...metrics.auditLevels].map(([level, value]) => ({ labels: { level }, value })),
    ),
    family(
      {
        name: "apiserver_current_inflight_requests",
        help: "[STABLE] Requests being answered now, long-running ones not counted.",
        type: "gauge",
      },
      Object.entries(metrics.inFlight).map(([kind, value]) => ({ labels: { request_kind: kind }, value })),
    ),
    family(
      {
        name: "apiserver_request_duration_seconds",
        help: "[STABLE] From the arrival of a request to its answer, in seconds.",
        type: "histogram",
      },
      latencies(labelsOf),
    ),
    family(
      {
        name: "apiserver_request_sli_duration_seconds",
        help: "[BETA] The same without waiting for webhooks.",
        type: "histogram",
      },
      latencies((one) => {
        const { dry_run: _, ...labels } = labelsOf(one);
        return labels as Labels;
      }),
    ),
    family(
      { name: "apiserver_request_total", help: "[STABLE] Requests answered, by HTTP status.", type: "counter" },
      series.flatMap((one) =>
        [...one.codes].map(([code, { count }]) => ({ labels: { code, ...labelsOf(one) }, value: count })),
      ),
    ),
    family(
      {
        name: "apiserver_requested_deprecated_apis",
        help: "[STABLE] Deprecated versions that were asked for, with the release that will no longer serve them.",
        type: "gauge",
      },
      [...metrics.deprecated()].map(({ removedRelease, ...labels }) => ({
        labels: { ...labels, removed_release: removedRelease },
        value: 1,
      })),
    ),
    family(
      {
        name: "apiserver_response_sizes",
        help: "[STABLE] Length of answers to reads, in bytes; of those that are not streams.",
        type: "histogram",
      },
      series.flatMap((one) => {
        const { dry_run: _, ...labels } = labelsOf(one);
        const { sizes } = one;
        if (!sizes) return [];
        const filled = { bounds: RESPONSE_SIZE_BUCKETS, buckets: sizes.buckets, sum: sizes.sumBytes };
        return [...histogram(labels as Labels, filled)];
      }),
    ),
    family(
      {
        name: "authenticated_user_requests",
        help: "[ALPHA] Requests by who asked; all but system users together.",
        type: "counter",
      },
      [...metrics.users()].map(([username, { count }]) => ({ labels: { username }, value: count })),
    ),
    family(
      { name: "authorization_attempts_total", help: "[ALPHA] Decisions about requests.", type: "counter" },
      Object.entries(metrics.authorized).map(([result, value]) => ({ labels: { result }, value })),
    ),
  ].join("");
}

export function watchMetrics({ metrics, hub, env }: Services): string {
  const kinds = new Map(env.registry.all().map((kind) => [kind.storage, kind]));
  const open = [...kinds.values()]
    .map((kind) => ({ kind, count: hub.count(kind.storage) }))
    .filter(({ count }) => count > 0);
  const sent = [...metrics.watched()];
  return [
    family(
      { name: "apiserver_longrunning_requests", help: "[STABLE] Watches that are open.", type: "gauge" },
      open.map(({ kind, count }) => ({
        labels: {
          component: "apiserver",
          group: kind.group,
          resource: kind.plural,
          scope: "cluster",
          subresource: "",
          verb: "WATCH",
          version: kind.version,
        },
        value: count,
      })),
    ),
    family(
      { name: "apiserver_watch_events_sizes", help: "[ALPHA] Bytes of events sent to watches.", type: "histogram" },
      sent.flatMap(({ group, resource, version, buckets, sumBytes }) => [
        ...histogram({ group, resource, version }, { bounds: EVENT_SIZE_BUCKETS, buckets, sum: sumBytes }),
      ]),
    ),
    family(
      { name: "apiserver_watch_events_total", help: "[ALPHA] Events sent to watches.", type: "counter" },
      sent.map(({ count, group, version, resource }) => ({ labels: { group, resource, version }, value: count })),
    ),
  ].join("");
}

export function storeMetrics({ metrics, storage, around }: Services): string {
  const stored = [...storage.counts()].filter(([resource]) => around?.owns(resource) ?? true);
  const bytes = storage.sizeBytes?.();
  return [
    family(
      {
        name: "apiserver_resource_objects",
        help: "[STABLE] Objects stored, by group and resource.",
        type: "gauge",
      },
      stored.map(([resource, value]) => ({ labels: groupResource(resource), value })),
    ),
    family(
      { name: "apiserver_storage_list_total", help: "[ALPHA] Lists read from the store.", type: "counter" },
      [...listsByResource(metrics.series())].map(([resource, value]) => ({ labels: groupResource(resource), value })),
    ),
    family(
      {
        name: "apiserver_storage_objects",
        help: "[STABLE] (Deprecated since 1.34.0) Objects stored, by resource.",
        type: "gauge",
      },
      stored.map(([resource, value]) => ({ labels: { resource }, value })),
    ),
    family(
      { name: "apiserver_storage_size_bytes", help: "[STABLE] Size of the database.", type: "gauge" },
      bytes === undefined ? [] : [{ labels: { storage_cluster_id: "etcd-0" }, value: bytes }],
    ),
  ].join("");
}

/** Each list that was answered is one that was read: nothing is cached. By storage key. */
function listsByResource(series: Iterable<Series>): Map<string, number> {
  const lists = new Map<string, number>();
  for (const { verb, group, resource, codes } of series) {
    const count = codes.get(200)?.count;
    if (verb !== "LIST" || count === undefined) continue;
    const key = group ? `${resource}.${group}` : resource;
    lists.set(key, (lists.get(key) ?? 0) + count);
  }
  return lists;
}

/** "deployments.apps" → deployments of apps. */
function groupResource(storage: string): Labels {
  const dot = storage.indexOf(".");
  return dot < 0
    ? { group: "", resource: storage }
    : { group: storage.slice(dot + 1), resource: storage.slice(0, dot) };
}

export function versionMetrics({ metrics }: Services): string {
  return [
    family({ name: "kubernetes_build_info", help: "[ALPHA] What is running.", type: "gauge" }, [
      {
        labels: {
          build_date: versionInfo.buildDate,
          compiler: versionInfo.compiler,
          git_commit: versionInfo.gitCommit,
          git_tree_state: versionInfo.gitTreeState,
          git_version: versionInfo.gitVersion,
          go_version: versionInfo.goVersion,
          major: versionInfo.major,
          minor: versionInfo.minor,
          platform: versionInfo.platform,
        },
        value: 1,
      },
    ]),
    family(
      {
        name: "process_start_time_seconds",
        help: "[STABLE] When counting began, in seconds since 1970.",
        type: "gauge",
      },
      [{ labels: {}, value: metrics.startedMs / 1000 }],
    ),
  ].join("");
}

/** Of the health checks, for who reckons how often the API server was well. */
export function healthMetrics({ metrics }: Services): string {
  const checks = [...metrics.healthChecks()];
  return [
    family(
      { name: "kubernetes_healthcheck", help: "[STABLE] Whether a health check found all well.", type: "gauge" },
      checks.map(({ name, type, last }) => ({ labels: { name, type }, value: last === "success" ? 1 : 0 })),
    ),
    family(
      { name: "kubernetes_healthchecks_total", help: "[STABLE] Results of health checks.", type: "counter" },
      checks.flatMap(({ name, type, counts }) =>
        Object.entries(counts)
          .filter(([, value]) => value > 0)
          .map(([status, value]) => ({ labels: { name, status, type }, value })),
      ),
    ),
  ].join("");
}
