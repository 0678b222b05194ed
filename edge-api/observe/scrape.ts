/** /metrics and /metrics/slis. */
import { fairnessMetrics } from "../fairness/metrics.ts";
import type { RequestContext, Services } from "../http/context.ts";
import { runHealthChecks } from "../http/discovery/health.ts";
import { marked } from "../http/large.ts";
import { type Answer, Reply } from "../http/reply.ts";
import { headersFor } from "../http/respond.ts";
import { admissionMetrics } from "./admission-counts.ts";
import { healthMetrics, requestMetrics, storeMetrics, versionMetrics, watchMetrics } from "./families.ts";
import { mergeMetrics } from "./merge.ts";
import { METRICS_TYPE } from "./prometheus.ts";

/** Undefined for other paths. */
export function metricsEndpoint(context: RequestContext): Answer | Promise<Answer> | undefined {
  const { path } = context.info;
  if (context.method !== "GET" && context.method !== "HEAD") return undefined;
  if (path === "/metrics") return everything(context);
  if (path !== "/metrics/slis") return undefined;
  runHealthChecks(context.services);
  return show(context, healthMetrics(context.services));
}

const show = (context: RequestContext, text: string): Answer =>
  marked(new Reply(200, headersFor(context, METRICS_TYPE), text), text.length);

/** What one object counts. */
export const metricsText = (services: Services): string =>
  [requestMetrics, watchMetrics, storeMetrics, versionMetrics].map((families) => families(services)).join("") +
  admissionMetrics(services.metrics.admission) +
  fairnessMetrics(services.fairness);

/** With what the programs around the API server count; who does not answer is left out, and reported. */
async function everything(context: RequestContext): Promise<Answer> {
  const { services } = context;
  const others = await Promise.allSettled(services.around?.programs().map(({ metrics }) => metrics()) ?? []);
  const texts = others.map((other) => {
    if (other.status === "fulfilled") return other.value;
    services.report(other.reason, "metrics");
    return "";
  });
  return show(context, mergeMetrics([metricsText(services), ...texts]));
}
