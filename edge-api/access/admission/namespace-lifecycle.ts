/** Nothing is made in a namespace that does not exist or is going away; the built-in namespaces stay. */
import type { KubeObject } from "../../../machinery/meta/object.ts";
import { forbidden, notFound } from "../../../machinery/meta/status.ts";
import { parsedRow } from "../cached-rows.ts";
import type { AdmissionPlugin } from "./plugin.ts";
import { refuse } from "./refuse.ts";

const ACCESS_REVIEWS = "localsubjectaccessreviews.authorization.k8s.io";
const IMMORTAL: ReadonlySet<string> = new Set(["default", "kube-system", "kube-public"]);

export const namespaceLifecycle: AdmissionPlugin = {
  name: "NamespaceLifecycle",
  admit(attributes, { store }) {
    const { operation, kind, namespace, name } = attributes;
    if (operation === "DELETE") {
      if (kind.storage === "namespaces" && IMMORTAL.has(name))
        throw forbidden({ group: "", resource: "namespaces", name }, "this namespace may not be deleted");
      return;
    }
    // Who may do what can be asked of namespaces that are not there.
    if (operation !== "CREATE" || !kind.namespaced || kind.storage === ACCESS_REVIEWS) return;
    const row = store.get({ resource: "namespaces", namespace: "", name: namespace });
    if (!row) throw notFound({ group: "", resource: "namespaces", name: namespace });
    // Most namespaces are not going away: do not parse them to see that.
    if (!row.value.includes('"deletionTimestamp"')) return;
    const { metadata } = parsedRow<KubeObject>(row);
    if (metadata.deletionTimestamp === undefined) return;
    const error = refuse(
      attributes,
      `unable to create new content in namespace ${namespace} because it is being terminated`,
    );
    const cause = {
      reason: "NamespaceTerminating",
      message: `namespace ${namespace} is being terminated`,
      field: "metadata.namespace",
    };
    error.status.details = { ...error.status.details, causes: [cause] };
    throw error;
  },
};
