import type { HorizontalPodAutoscaler } from "../../kinds/autoscaling/v2-types.ts";
import type { Change } from "../../machinery/cluster/feed-cache.ts";
import { deepEqual } from "../../machinery/meta/equality.ts";
import { parseLabelSelector } from "../../machinery/meta/selector.ts";
import { type Controller, keyOf, NOTHING, splitKey } from "../runner/controller.ts";
import { AUTOSCALERS } from "../view/resources.ts";
import type { View } from "../view/view.ts";
import type { History } from "./behavior.ts";
import type { ApiReader, Observed } from "./metrics.ts";
import { observe } from "./observe.ts";
import { planAutoscaler } from "./plan.ts";

/** What is remembered of one autoscaler, as long as it is the same one. */
interface Remembered {
  uid: string;
  history: History | undefined;
  /** Of its target, as last seen; "" when it has not been seen. */
  selector: string;
}

/** Every 15 seconds for each autoscaler, and when its spec changes. */
export function horizontalPodAutoscalerController(api: ApiReader): Controller {
  const remembered = new Map<string, Remembered>();
  return {
    name: "horizontal-pod-autoscaler",
    watches: {
      [AUTOSCALERS]: ({ type, object, previous }: Change<HorizontalPodAutoscaler>) => {
        const key = keyOf(object);
        if (type === "deleted") remembered.delete(key);
        // Autoscalers have no generation.
        return previous && deepEqual(previous.spec, object.spec) ? undefined : [key];
      },
    },
    plan(key, view, { nowMs, answers, failures }) {
      const { namespace, name } = splitKey(key);
      const hpa = view.autoscalers.get(namespace, name);
      if (!hpa || hpa.metadata.deletionTimestamp) return NOTHING;
      const uid = hpa.metadata.uid ?? "";
      // Named by what it is about: figures of another target, or of other metrics, say nothing once the spec changes.
      const question = JSON.stringify([uid, hpa.spec]);
      const answer = answers?.get(question);
      if (!answer) return { actions: [], asks: [{ name: question, ask: () => observe(api, view.registry, hpa) }] };
      const known = remembered.get(key);
      const selector = answer.ok ? (answer.value as Observed).scale.selector : "";
      const { history, ...plan } = planAutoscaler({
        hpa,
        answer,
        podsOf: (text) => podsOf(view, namespace, text),
        othersOf: (pods) =>
          [...remembered]
            .filter(([other, { selector: text }]) => other !== key && other.startsWith(`${namespace}/`) && text !== "")
            .filter(([, { selector: text }]) => pods.some(({ metadata }) => parseLabelSelector(text)(metadata.labels)))
            .map(([other]) => other),
        failures,
        history: known?.uid === uid ? known.history : undefined,
        scaleOp: (replicas) => scaleOp(view, hpa, replicas),
        nowMs,
      });
      remembered.set(key, { uid, history, selector });
      return plan;
    },
  };
}

function podsOf(view: View, namespace: string, selector: string) {
  const matches = parseLabelSelector(selector);
  return [...view.pods.inNamespace(namespace)].filter(({ metadata }) => matches(metadata.labels));
}

function scaleOp({ registry }: View, { metadata, spec }: HorizontalPodAutoscaler, replicas: number) {
  const { apiVersion = "v1", kind, name } = spec.scaleTargetRef;
  return {
    verb: "patch" as const,
    resource: registry.findKind(apiVersion, kind)?.storage ?? "",
    namespace: metadata.namespace ?? "",
    name,
    subresource: "scale",
    patchType: "merge" as const,
    patch: { spec: { replicas } },
  };
}
