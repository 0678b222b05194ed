/** IngressClass. Source: https://kubernetes.io/docs/concepts/services-networking/ingress/#ingress-class */
import { type FieldError, fieldForbidden, notSupported, required, tooLong } from "../../machinery/meta/field-error.ts";
import { checkDomainPrefixedPath, checkLabel } from "../common/checks.ts";
import { age, nameOf } from "../common/rows.ts";
import { checkImmutable } from "../common/same.ts";
import type { Strategy } from "../kind.ts";
import { checkTypedReference } from "./ingress-paths.ts";
import type { IngressClass, IngressClassParametersReference } from "./v1-types.ts";

const MAX_CONTROLLER = 250;
const PATH = "spec.parameters";

function checkParameters(errors: FieldError[], parameters: IngressClassParametersReference): void {
  checkTypedReference(errors, parameters, PATH);
  const { scope, namespace } = parameters;
  if (scope === undefined) errors.push(required(`${PATH}.scope`));
  else if (scope === "Namespace") {
    if (namespace === undefined) {
      errors.push(required(`${PATH}.namespace`, "`parameters.scope` is set to 'Namespace'"));
    } else checkLabel(errors, namespace, `${PATH}.namespace`);
  } else if (scope === "Cluster") {
    if (namespace !== undefined) {
      errors.push(fieldForbidden(`${PATH}.namespace`, "`parameters.scope` is set to 'Cluster'"));
    }
  } else errors.push(notSupported(`${PATH}.scope`, scope, ["Cluster", "Namespace"]));
}

function parametersText(parameters: IngressClassParametersReference | undefined): string {
  if (!parameters) return "<none>";
  const group = parameters.apiGroup === undefined ? "" : `.${parameters.apiGroup}`;
  return `${parameters.kind ?? ""}${group}/${parameters.name ?? ""}`;
}

export const ingressClass: Strategy<IngressClass> = {
  generation: true,
  defaults(next) {
    next.spec ??= {};
    if (next.spec.parameters) next.spec.parameters.scope ??= "Cluster";
    return next;
  },
  validate({ spec }) {
    const errors: FieldError[] = [];
    const controller = spec.controller ?? "";
    if (controller.length > MAX_CONTROLLER) errors.push(tooLong("spec.controller", MAX_CONTROLLER));
    checkDomainPrefixedPath(errors, controller, "spec.controller");
    if (spec.parameters) checkParameters(errors, spec.parameters);
    return errors;
  },
  validateUpdate(next, prev) {
    const errors: FieldError[] = [];
    checkImmutable(errors, next.spec.controller, prev.spec.controller, "spec.controller");
    return errors;
  },
  row: (object, nowMs) => [
    nameOf(object),
    object.spec.controller ?? "",
    parametersText(object.spec.parameters),
    age(object, nowMs),
  ],
};
