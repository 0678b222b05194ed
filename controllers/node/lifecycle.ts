import type { Node, Pod } from "../../kinds/core/v1-types.ts";
import type { Change } from "../../machinery/cluster/feed-cache.ts";
import { type Controller, type EventDraft, NOTHING, type Plan } from "../runner/controller.ts";
import { NODES, PODS } from "../view/resources.ts";
import type { View } from "../view/view.ts";
import { createdMs, isReady } from "../workload/pods.ts";
import { EvictionRate, isReady as isReadyNode, zoneOf } from "./eviction-rate.ts";
import { isNotReady, planNode } from "./plan-lifecycle.ts";
import { isEvicting } from "./taints.ts";

/** A node older than this is known already: a controller that starts anew tells nothing of it. */
const NEW_MS = 10_000;

/** Keeps taints as node conditions say, and pods of a lost node not ready. Keys are node names. */
export function nodeLifecycleController(): Controller {
  const rate = new EvictionRate();
  /** Nodes whose coming has been told, by name: their uids. */
  const told = new Map<string, string>();
  /** Nodes that have gone, until that is told. */
  const gone = new Map<string, Node>();

  /** Of coming and going. */
  function news(name: string, node: Node | undefined, nowMs: number): EventDraft[] {
    const events: EventDraft[] = [];
    const removed = gone.get(name);
    if (removed && removed.metadata.uid !== node?.metadata.uid) {
      gone.delete(name);
      told.delete(name);
      events.push(word(removed, "RemovingNode", `Removing Node ${name} from Controller`));
    }
    const isNews = node && told.get(name) !== node.metadata.uid && nowMs - createdMs(node) < NEW_MS;
    if (isNews) {
      told.set(name, node.metadata.uid ?? "");
      events.push(word(node, "RegisteredNode", `Registered Node ${name} in Controller`));
    }
    return events;
  }

  return {
    name: "node-lifecycle-controller",
    eventSource: "node-controller",
    watches: {
      [NODES]: (change: Change<Node>, view) => {
        const { type, object, previous } = change;
        const name = object.metadata.name ?? "";
        if (type === "deleted") {
          gone.set(name, object);
          rate.forget(name);
        }
        const isSame = type === "changed" && previous && countsTheSame(object, previous);
        if (isSame) return [name];
        rate.nodesChanged();
        // One that comes is not Ready yet, and changes nothing for the others until it is.
        return type === "added" ? [name] : [name, ...lostNodes(view)];
      },
      [PODS]: ({ type, object }: Change<Pod>, view) => {
        const { nodeName } = object.spec;
        if (type === "deleted" || !nodeName || !isReady(object)) return undefined;
        const node = view.nodes.get("", nodeName);
        return node && isNotReady(node) ? [nodeName] : undefined;
      },
    },
    plan(name, view, { nowMs }) {
      const node: Node | undefined = view.nodes.get("", name);
      const events = news(name, node, nowMs);
      const withNews = (plan: Plan): Plan =>
        events.length > 0 ? { ...plan, events: [...events, ...(plan.events ?? [])] } : plan;
      if (!node) return withNews(NOTHING);
      if (isReadyNode(node)) rate.forget(name);
      const isLost = isNotReady(node);
      const eviction = isLost ? rate.ask(node, () => view.nodes.values(), nowMs) : undefined;
      return withNews(planNode(node, view.pods.by("node", name), nowMs, eviction));
    },
  };
}

const word = (about: Node, reason: string, message: string): EventDraft => ({
  about,
  type: "Normal",
  reason,
  message: `Node ${about.metadata.name} event: ${message}`,
});

const countsTheSame = (a: Node, b: Node): boolean => isReadyNode(a) === isReadyNode(b) && zoneOf(a) === zoneOf(b);

/** That others are lost too, or come back, may end a wait or an eviction. */
function* lostNodes(view: View): Generator<string> {
  for (const node of view.nodes.values()) {
    if (isNotReady(node) || node.spec?.taints?.some(isEvicting)) yield node.metadata.name ?? "";
  }
}
