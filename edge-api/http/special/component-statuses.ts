/** ComponentStatus: how the parts of the control plane are, asked of each. Nothing is stored. */
import { notFound } from "../../../machinery/meta/status.ts";
import type { RequestContext, Services } from "../context.ts";
import { readsStore } from "../discovery/health.ts";
import { showList, showObject } from "../view.ts";
import type { SpecialEndpoint } from "./endpoint.ts";

interface Component {
  name: string;
  /** @throws when it is not well */
  check(): unknown;
}

/** In upstream's order of names; those around the API server where they run. */
const componentsOf = (services: Services): Component[] => [
  ...(services.around?.programs() ?? [])
    .filter(({ component }) => component !== undefined)
    .map(({ component, metrics }) => ({ name: component!, check: metrics })),
  { name: "etcd-0", check: () => readsStore(services) },
];

export const componentStatuses: SpecialEndpoint = async (context, target) => {
  const components = componentsOf(context.services);
  if (target.name === "")
    return showList(context, target, await Promise.all(components.map(statusOf(context))), { resourceVersion: "" });
  const component = components.find(({ name }) => name === target.name);
  if (!component) throw notFound({ group: "", resource: target.kind.plural, name: target.name });
  return showObject(context, target, 200, await statusOf(context)(component));
};

const statusOf =
  ({ services }: RequestContext) =>
  async ({ name, check }: Component): Promise<string> => {
    const condition = { type: "Healthy", status: "True", message: "ok" };
    try {
      await check();
    } catch (error) {
      services.report(error, `component ${name}`);
      Object.assign(condition, { status: "False", message: "", error: "it does not answer" });
    }
    return JSON.stringify({ kind: "ComponentStatus", apiVersion: "v1", metadata: { name }, conditions: [condition] });
  };
