/**
 * A pod on a node is resized only to what the node could ever give.
 * Source: https://kubernetes.io/docs/tasks/configure-pod-container/resize-container-resources/
 */
import { aggregateContainers } from "../../../kinds/core/pod-template/pod-resources.ts";
import type { PodSpec } from "../../../kinds/core/v1-types.ts";
import type { KubeObject } from "../../../machinery/meta/object.ts";
import { milliValue, wholeValue } from "../../../machinery/meta/quantity.ts";
import type { ApiError } from "../../../machinery/meta/status.ts";
import type { AdmissionPlugin, Attributes } from "./plugin.ts";
import { podTotal } from "./pod-total.ts";
import { refuse } from "./refuse.ts";

interface Node extends KubeObject {
  status?: { allocatable?: { [resource: string]: string } };
}

export const podResizeValidator: AdmissionPlugin = {
  name: "PodResizeValidator",
  resources: ["pods"],
  validate(attributes, { store }) {
    const { operation, subresource, object, old } = attributes;
    if (operation !== "UPDATE" || subresource !== "resize") return;
    const spec = object!.spec as PodSpec;
    if (!spec.nodeName || object!.metadata.generation === old!.metadata.generation) return;
    const row = store.get({ resource: "nodes", namespace: "", name: spec.nodeName });
    if (!row) throw refuse(attributes, `node ${JSON.stringify(spec.nodeName)} not found`);
    const node = JSON.parse(row.value) as Node;
    const os = node.metadata.labels?.["kubernetes.io/os"];
    if (os !== undefined && os !== "linux")
      throw because(
        attributes,
        `pod resize is only supported on linux nodes, node ${JSON.stringify(spec.nodeName)} is ${JSON.stringify(os)}`,
        "UnsupportedPlatform",
      );
    const problems = shortages(spec, node.status?.allocatable ?? {});
    if (problems.length > 0)
      throw because(
        attributes,
        `node didn't have enough allocatable resources: ${problems.join("; ")}`,
        "NodeCapacity",
      );
  },
};

function because(attributes: Attributes, why: string, reason: string): ApiError {
  const error = refuse(attributes, why);
  error.status.details = { ...error.status.details, causes: [{ reason }] };
  return error;
}

function shortages(spec: PodSpec, allocatable: { [resource: string]: string }): string[] {
  const requests = podTotal(spec, aggregateContainers(spec, "requests"), "requests");
  const found: string[] = [];
  for (const [name, amount] of [
    ["cpu", milliValue],
    ["memory", wholeValue],
  ] as const) {
    const [asked, has] = [amount(requests[name] ?? "0"), amount(allocatable[name] ?? "0")];
    if (asked > has) found.push(`${name}, requested: ${asked}, allocatable: ${has}`);
  }
  return found;
}
