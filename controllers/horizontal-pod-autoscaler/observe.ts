/** Asks the API what an autoscaler wants to know: the scale of its target, and each metric of its spec. */
import type {
  CrossVersionObjectReference,
  HorizontalPodAutoscaler,
  MetricSpec,
} from "../../kinds/autoscaling/v2-types.ts";
import type { Registry } from "../../kinds/kind.ts";
import type { LabelSelector } from "../../machinery/meta/object.ts";
import { milliValue } from "../../machinery/meta/quantity.ts";
import { formatSelector } from "../../machinery/meta/selector.ts";
import {
  type ApiReader,
  type Measured,
  metricsOf,
  type Observed,
  type ObservedScale,
  type PodSample,
} from "./metrics.ts";

const CUSTOM_METRICS = "/apis/custom.metrics.k8s.io/v1beta2";
const EXTERNAL_METRICS = "/apis/external.metrics.k8s.io/v1beta1";
const RESOURCE_METRICS = "/apis/metrics.k8s.io/v1beta1";

interface Scale {
  spec?: { replicas?: number };
  status?: { replicas?: number; selector?: string };
}

/** @throws an Error when the target has no scale; that a metric cannot be had is part of the result */
export async function observe(api: ApiReader, registry: Registry, hpa: HorizontalPodAutoscaler): Promise<Observed> {
  const { namespace = "" } = hpa.metadata;
  const { scaleTargetRef } = hpa.spec;
  const scale = scaleOf((await api.get(scalePath(registry, namespace, scaleTargetRef))) as Scale);
  const metrics = metricsOf(hpa.spec).map((metric) =>
    measure(api, { namespace, metric, selector: scale.selector, registry }).catch(
      (error): Measured => ({ of: "nothing", error: error instanceof Error ? error.message : String(error) }),
    ),
  );
  return { scale, metrics: await Promise.all(metrics) };
}

const scaleOf = ({ spec, status }: Scale): ObservedScale => ({
  specReplicas: spec?.replicas ?? 0,
  statusReplicas: status?.replicas ?? 0,
  selector: status?.selector ?? "",
});

/** @throws an Error for a kind that is not served or has no scale */
export function scalePath(
  registry: Registry,
  namespace: string,
  { apiVersion = "v1", kind, name }: CrossVersionObjectReference,
): string {
  const target = registry.findKind(apiVersion, kind);
  if (!target?.namespaced) throw new Error(`no matches for kind "${kind}" in group "${groupOf(apiVersion)}"`);
  return `${root(apiVersion)}/namespaces/${namespace}/${target.plural}/${encodeURIComponent(name)}/scale`;
}

const groupOf = (apiVersion: string): string =>
  apiVersion.includes("/") ? apiVersion.slice(0, apiVersion.indexOf("/")) : "";
const root = (apiVersion: string): string => (apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`);

interface Asked {
  namespace: string;
  metric: MetricSpec;
  selector: string;
  registry: Registry;
}

async function measure(api: ApiReader, { namespace, metric, selector, registry }: Asked): Promise<Measured> {
  switch (metric.type) {
    case "Resource":
      return usage(api, { namespace, selector, resource: metric.resource!.name });
    case "ContainerResource": {
      const { name: resource, container } = metric.containerResource!;
      return usage(api, { namespace, selector, resource, container });
    }
    case "Pods":
      return podsMetric(api, { namespace, selector, metric: metric.pods!.metric });
    case "Object": {
      const { describedObject, metric: identifier } = metric.object!;
      const path = `${objectPath(registry, namespace, describedObject)}/${encodeURIComponent(identifier.name)}`;
      const [value] = (await customMetrics(api, path, metricQuery(identifier.selector))).items;
      if (!value) return { of: "nothing", error: "no metrics returned from custom metrics API" };
      return { of: "value", valueMilli: milliValue(value.value) };
    }
    case "External":
      return externalMetric(api, { namespace, metric: metric.external!.metric });
    default:
      return { of: "nothing", error: `unknown metric source type "${metric.type}"` };
  }
}

interface PodMetricsList {
  items: {
    metadata: { name: string };
    timestamp: string;
    window: string;
    containers: { name: string; usage: { [resource: string]: string } }[];
  }[];
}

async function usage(
  api: ApiReader,
  {
    namespace,
    selector,
    resource,
    container,
  }: { namespace: string; selector: string; resource: string; container?: string },
): Promise<Measured> {
  const path = `${RESOURCE_METRICS}/namespaces/${namespace}/pods?labelSelector=${encodeURIComponent(selector)}`;
  let list: PodMetricsList;
  try {
    list = (await api.get(path)) as PodMetricsList;
  } catch (error) {
    throw new Error(`unable to fetch metrics from resource metrics API: ${(error as Error).message}`);
  }
  if (list.items.length === 0) throw new Error("no metrics returned from resource metrics API");
  const samples = new Map<string, PodSample>();
  for (const { metadata, timestamp, window, containers } of list.items) {
    const counted = container === undefined ? containers : containers.filter(({ name }) => name === container);
    if (container !== undefined && counted.length === 0)
      throw new Error(`container ${container} not present in metrics for pod ${namespace}/${metadata.name}`);
    const values = counted.map((each) => each.usage[resource]);
    // A pod of which no container, or not each, has a figure has none itself.
    if (values.length === 0 || values.some((value) => value === undefined)) continue;
    samples.set(metadata.name, {
      valueMilli: values.reduce<number>((sum, value) => sum + milliValue(value!), 0),
      timestampMs: Date.parse(timestamp),
      windowMs: secondsOf(window) * 1_000,
    });
  }
  return { of: "pods", samples };
}

/** Of a Go duration such as "15.2s" or "1m0s". */
function secondsOf(duration: string): number {
  let seconds = 0;
  for (const [, number, unit] of duration.matchAll(/([\d.]+)(h|ms|m|s)/g)) {
    seconds += Number(number) * { h: 3_600, m: 60, s: 1, ms: 0.001 }[unit as "h" | "m" | "s" | "ms"];
  }
  return seconds;
}

interface MetricValueList {
  items: {
    describedObject: { name: string };
    timestamp: string;
    windowSeconds?: number;
    value: string;
  }[];
}

async function customMetrics(api: ApiReader, path: string, query: string): Promise<MetricValueList> {
  try {
    return (await api.get(`${CUSTOM_METRICS}${path}${query}`)) as MetricValueList;
  } catch (error) {
    throw new Error(`unable to fetch metrics from custom metrics API: ${(error as Error).message}`);
  }
}

const metricQuery = (selector: LabelSelector | undefined): string =>
  selector ? `?metricLabelSelector=${encodeURIComponent(formatSelector(selector))}` : "";

async function podsMetric(
  api: ApiReader,
  {
    namespace,
    selector,
    metric,
  }: { namespace: string; selector: string; metric: { name: string; selector?: LabelSelector } },
): Promise<Measured> {
  const byMetric = metric.selector ? `&metricLabelSelector=${encodeURIComponent(formatSelector(metric.selector))}` : "";
  const path = `/namespaces/${namespace}/pods/*/${encodeURIComponent(metric.name)}`;
  const { items } = await customMetrics(api, path, `?labelSelector=${encodeURIComponent(selector)}${byMetric}`);
  if (items.length === 0) throw new Error("no metrics returned from custom metrics API");
  const samples = items.map(({ describedObject, timestamp, windowSeconds = 60, value }): [string, PodSample] => [
    describedObject.name,
    { valueMilli: milliValue(value), timestampMs: Date.parse(timestamp), windowMs: windowSeconds * 1_000 },
  ]);
  return { of: "pods", samples: new Map(samples) };
}

/** Where the custom metrics API has an object of this namespace; a namespace itself lies at the root. */
function objectPath(
  registry: Registry,
  namespace: string,
  { apiVersion = "v1", kind, name }: CrossVersionObjectReference,
): string {
  if (kind === "Namespace" && groupOf(apiVersion) === "") return `/namespaces/${namespace}/metrics`;
  const found = registry.findKind(apiVersion, kind);
  const group = groupOf(apiVersion);
  if (!found) throw new Error(`no matches for kind "${kind}" in group "${group}"`);
  return `/namespaces/${namespace}/${found.plural}${group ? `.${group}` : ""}/${encodeURIComponent(name)}`;
}

async function externalMetric(
  api: ApiReader,
  { namespace, metric }: { namespace: string; metric: { name: string; selector?: LabelSelector } },
): Promise<Measured> {
  const query = metric.selector ? `?labelSelector=${encodeURIComponent(formatSelector(metric.selector))}` : "";
  let list: { items: { value: string }[] };
  try {
    const path = `${EXTERNAL_METRICS}/namespaces/${namespace}/${encodeURIComponent(metric.name)}${query}`;
    list = (await api.get(path)) as typeof list;
  } catch (error) {
    throw new Error(`unable to fetch metrics from external metrics API: ${(error as Error).message}`);
  }
  if (list.items.length === 0) throw new Error("no metrics returned from external metrics API");
  return { of: "value", valueMilli: list.items.reduce((sum, { value }) => sum + milliValue(value), 0) };
}
