/** /metrics. */
import type { RequestContext } from "../http/context.ts";
import { versionInfo } from "../http/discovery/version.ts";
import { headersFor } from "../http/respond.ts";
import { LATENCY_BUCKETS, type Series } from "./metrics.ts";
import { family, type Labels, METRICS_TYPE } from "./prometheus.ts";

/** Undefined for other paths. */
export function metricsEndpoint(context: RequestContext): Response | undefined {
  if (context.info.path !== "/metrics" || context.method !== "GET") return undefined;
  return new Response(scrape(context), { status: 200, headers: headersFor(context, METRICS_TYPE) });
}

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

function scrape({ services }: RequestContext): string {
  const { metrics, hub, env } = services;
  const { registry } = env;
  const series = [...metrics.series()];
  const stored = services.storage.counts();
  const watched = [...new Map(registry.all().map((kind) => [kind.storage, kind])).values()]
    .map((kind) => ({ kind, count: hub.count(kind.storage) }))
    .filter(({ count }) => count > 0);
  const bytes = services.storage.sizeBytes?.();
  return [
    family(
      {
        name: "apiserver_current_inflight_requests",
        help: "Requests being answered now, watches not counted.",
        type: "gauge",
      },
      Object.entries(metrics.inFlight).map(([kind, value]) => ({ labels: { request_kind: kind }, value })),
    ),
    family(
      { name: "apiserver_longrunning_requests", help: "Watches that are open.", type: "gauge" },
      watched.map(({ kind, count }) => ({
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
      {
        name: "apiserver_request_duration_seconds",
        help: "From the arrival of a request to its answer, in seconds.",
        type: "histogram",
      },
      series.flatMap((one) => [...latencies(one)]),
    ),
    family(
      { name: "apiserver_request_total", help: "Requests answered, by HTTP status.", type: "counter" },
      series.flatMap((one) =>
        [...one.codes].map(([code, { count }]) => ({ labels: { code, ...labelsOf(one) }, value: count })),
      ),
    ),
    family(
      { name: "apiserver_storage_objects", help: "Objects stored, by resource.", type: "gauge" },
      [...stored].map(([resource, value]) => ({ labels: { resource }, value })),
    ),
    family(
      { name: "apiserver_resource_objects", help: "Objects stored, by group and resource.", type: "gauge" },
      [...stored].map(([resource, value]) => ({ labels: groupResource(resource), value })),
    ),
    family(
      { name: "apiserver_storage_size_bytes", help: "Size of the database file.", type: "gauge" },
      bytes === undefined ? [] : [{ labels: { storage_cluster_id: "etcd-0" }, value: bytes }],
    ),
    family(
      { name: "apiserver_watch_events_total", help: "Events sent to watches.", type: "counter" },
      [...metrics.watched()].map(({ count, group, version, resource }) => ({
        labels: { group, resource, version },
        value: count,
      })),
    ),
    family({ name: "kubernetes_build_info", help: "What is running.", type: "gauge" }, [
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
    family({ name: "process_start_time_seconds", help: "When counting began, in seconds since 1970.", type: "gauge" }, [
      { labels: {}, value: metrics.startedMs / 1000 },
    ]),
  ].join("");
}

/** "deployments.apps" → deployments of apps. */
function groupResource(storage: string): Labels {
  const dot = storage.indexOf(".");
  return dot < 0
    ? { group: "", resource: storage }
    : { group: storage.slice(dot + 1), resource: storage.slice(0, dot) };
}

function* latencies(series: Series): Generator<{ labels: Labels; value: number; suffix: string }> {
  const { latency } = series;
  if (!latency) return;
  const labels = labelsOf(series);
  let count = 0;
  for (const [i, bound] of [...LATENCY_BUCKETS, "+Inf"].entries()) {
    count += latency.buckets[i]!;
    yield { labels: { ...labels, le: bound }, value: count, suffix: "_bucket" };
  }
  yield { labels, value: latency.sumSeconds, suffix: "_sum" };
  yield { labels, value: count, suffix: "_count" };
}
