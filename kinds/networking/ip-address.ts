/** IPAddress: which service has a cluster IP. Source: https://kubernetes.io/docs/reference/networking/virtual-ips/ */
import { type FieldError, required } from "../../machinery/meta/field-error.ts";
import { dns1123Subdomain, pathSegmentName } from "../../machinery/meta/names.ts";
import { addMessages, checkPresent } from "../common/checks.ts";
import { canonicalIpMessages } from "../common/ip-checks.ts";
import { nameOf } from "../common/rows.ts";
import { checkImmutable } from "../common/same.ts";
import type { Strategy } from "../kind.ts";
import type { IPAddress, ParentReference } from "./v1-types.ts";

const PATH = "spec.parentRef";

function checkParent(errors: FieldError[], parent: ParentReference | undefined): void {
  if (!parent) {
    errors.push(required(PATH));
    return;
  }
  if (parent.group) addMessages(errors, `${PATH}.group`, parent.group, dns1123Subdomain(parent.group));
  for (const field of ["resource", "name"] as const) {
    const value = parent[field];
    if (checkPresent(errors, value, `${PATH}.${field}`)) {
      addMessages(errors, `${PATH}.${field}`, value, pathSegmentName(value));
    }
  }
  const { namespace } = parent;
  if (namespace) addMessages(errors, `${PATH}.namespace`, namespace, pathSegmentName(namespace));
}

/** `services/default/kubernetes` */
function parentText(parent: ParentReference | undefined): string {
  if (!parent) return "<none>";
  const { group, resource = "", namespace, name = "" } = parent;
  const kind = (group ? `${resource}.${group}` : resource).toLowerCase();
  return [kind, ...(namespace ? [namespace] : []), name].join("/");
}

export const ipAddress: Strategy<IPAddress> = {
  // One name for each address.
  nameErrors: (name) => [...canonicalIpMessages(name)],
  defaults(next) {
    next.spec ??= {} as IPAddress["spec"];
    return next;
  },
  validate({ spec }) {
    const errors: FieldError[] = [];
    checkParent(errors, spec.parentRef);
    return errors;
  },
  validateUpdate(next, prev) {
    const errors: FieldError[] = [];
    checkImmutable(errors, next.spec.parentRef, prev.spec.parentRef, "spec.parentRef");
    return errors;
  },
  selectableFields: ({ spec }) => ({
    "spec.parentRef.group": spec.parentRef?.group ?? "",
    "spec.parentRef.resource": spec.parentRef?.resource ?? "",
    "spec.parentRef.namespace": spec.parentRef?.namespace ?? "",
    "spec.parentRef.name": spec.parentRef?.name ?? "",
  }),
  row: (object) => [nameOf(object), parentText(object.spec.parentRef)],
};
