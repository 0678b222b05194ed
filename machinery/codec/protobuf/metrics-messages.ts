/** The messages of metrics.k8s.io/v1beta1, written as those in messages.ts. Source: k8s.io/metrics, generated.proto */
const USAGE = "map<string,k8s.io.apimachinery.pkg.api.resource.Quantity>";
const SCOPE = "k8s.io.metrics.pkg.apis.metrics.v1beta1";

export const METRICS_MESSAGES = `${SCOPE}.NodeMetrics|1 metadata @meta.ObjectMeta|2! timestamp @meta.Time|3! window @meta.Duration|4! usage ${USAGE}
${SCOPE}.NodeMetricsList|1 metadata @meta.ListMeta|2! items +NodeMetrics
${SCOPE}.PodMetrics|1 metadata @meta.ObjectMeta|2! timestamp @meta.Time|3! window @meta.Duration|4! containers +ContainerMetrics
${SCOPE}.PodMetricsList|1 metadata @meta.ListMeta|2! items +PodMetrics
${SCOPE}.ContainerMetrics|1! name string|2! usage ${USAGE}`;
