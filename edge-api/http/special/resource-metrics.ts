/**
 * metrics.k8s.io: what nodes and pods use, asked of the nodes when somebody wants to know.
 * Source: https://github.com/kubernetes/metrics
 */
import type { NodeMetrics, PodMetrics, Usage } from "../../../kinds/metrics/v1beta1-types.ts";
import { formatTime } from "../../../machinery/clock.ts";
import type { KubeObject } from "../../../machinery/meta/object.ts";
import { canonicalQuantity } from "../../../machinery/meta/quantity.ts";
import { notFound } from "../../../machinery/meta/status.ts";
import type { UsageFigures, UsageReport } from "../../../machinery/usage.ts";
import type { Target } from "../../verbs/environment.ts";
import { parseObject } from "../../verbs/object-text.ts";
import { parseSelection, selects } from "../../verbs/selection.ts";
import type { RequestContext } from "../context.ts";
import { listOptions } from "../options.ts";
import type { Answer } from "../reply.ts";
import { showList, showObject } from "../view.ts";
import type { SpecialEndpoint } from "./endpoint.ts";

interface Pod extends KubeObject {
  spec?: { nodeName?: string };
  status?: { phase?: string };
}

export const nodeMetrics: SpecialEndpoint = async (context, target) => {
  const nodes = stored(context, target, "nodes");
  const reports = await reportsOf(
    context,
    nodes.map(({ metadata }) => metadata.name ?? ""),
  );
  const found = nodes.flatMap(({ metadata }) => {
    const node = reports.get(metadata.name ?? "")?.node;
    return node && node.windowMs > 0 ? [nodeObject(metadata, node)] : [];
  });
  return answer(context, target, found);
};

export const podMetrics: SpecialEndpoint = async (context, target) => {
  const pods = (stored(context, target, "pods") as Pod[]).filter(
    ({ spec, status }) => spec?.nodeName && status?.phase === "Running",
  );
  const reports = await reportsOf(context, new Set(pods.map(({ spec }) => spec!.nodeName!)));
  const found = pods.flatMap(({ metadata, spec }) => {
    // A node is believed about its own pods only.
    const pod = reports.get(spec!.nodeName!)?.pods.find(({ uid }) => uid === metadata.uid);
    return pod && pod.containers.length > 0 ? [podObject(metadata, pod.containers)] : [];
  });
  return answer(context, target, found);
};

/** The nodes or pods that are asked about: theirs are name, labels and selectors. */
function stored({ services, query }: RequestContext, target: Target, resource: "nodes" | "pods"): KubeObject[] {
  const { env } = services;
  if (target.name !== "") {
    const row = env.store.get({ resource, namespace: target.namespace, name: target.name });
    return row ? [parseObject(row.value)] : [];
  }
  const selection = parseSelection(target.kind, listOptions(query));
  const found: KubeObject[] = [];
  for (const { value } of env.store.list({ resource, ...(target.namespace && { namespace: target.namespace }) })) {
    const object = parseObject(value);
    if (!selection || selects(selection, target.kind, object)) found.push(object);
  }
  return found;
}

/** By node; without those that do not answer. */
async function reportsOf({ services }: RequestContext, nodes: Iterable<string>): Promise<Map<string, UsageReport>> {
  const reports = new Map<string, UsageReport>();
  const ask = async (node: string): Promise<void> => {
    const report = await services.usageOf(node);
    if (report) reports.set(node, report);
  };
  await Promise.all([...nodes].map(ask));
  return reports;
}

function answer(context: RequestContext, target: Target, found: readonly (NodeMetrics | PodMetrics)[]): Answer {
  const texts = found.map((object) => JSON.stringify(object));
  if (target.name === "") return showList(context, target, texts, { resourceVersion: "" });
  const { kind, namespace, name } = target;
  const [text] = texts;
  const full = namespace ? `${namespace}/${name}` : name;
  if (text === undefined) throw notFound({ group: kind.group, resource: `${kind.plural}`, name: full });
  return showObject(context, target, 200, text);
}

const usage = ({ cpuNanoCores, memoryWorkingSetBytes }: UsageFigures): Usage => ({
  cpu: canonicalQuantity(`${Math.round(cpuNanoCores)}n`),
  memory: `${Math.ceil(memoryWorkingSetBytes / 1024)}Ki`,
});

/** When the last of the figures was taken, and over how long. */
function measured(figures: readonly UsageFigures[]): { timestamp: string; window: string } {
  const latest = figures.reduce((a, b) => (a.timestampMs >= b.timestampMs ? a : b));
  return { timestamp: formatTime(latest.timestampMs), window: `${latest.windowMs / 1_000}s` };
}

const metadataOf = ({
  name,
  namespace,
  creationTimestamp,
  labels,
}: KubeObject["metadata"]): KubeObject["metadata"] => ({
  ...(name && { name }),
  ...(namespace && { namespace }),
  ...(creationTimestamp && { creationTimestamp }),
  ...(labels && { labels }),
});

const nodeObject = (metadata: KubeObject["metadata"], figures: UsageFigures): NodeMetrics => ({
  kind: "NodeMetrics",
  apiVersion: "metrics.k8s.io/v1beta1",
  metadata: metadataOf(metadata),
  ...measured([figures]),
  usage: usage(figures),
});

const podObject = (
  metadata: KubeObject["metadata"],
  containers: UsageReport["pods"][number]["containers"],
): PodMetrics => ({
  kind: "PodMetrics",
  apiVersion: "metrics.k8s.io/v1beta1",
  metadata: metadataOf(metadata),
  ...measured(containers),
  containers: containers.map(({ name, ...figures }) => ({ name, usage: usage(figures) })),
});
