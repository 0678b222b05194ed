/** APIService. Source: https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/api-service-v1/ */
import { type FieldError, invalid, required } from "../../machinery/meta/field-error.ts";
import { dns1035Label, dns1123Subdomain, pathSegmentName, portNumber } from "../../machinery/meta/names.ts";
import { addMessages, checkOneOf, checkPresent } from "../common/checks.ts";
import { age, nameOf } from "../common/rows.ts";
import { separateStatus } from "../common/status.ts";
import { base64Bytes } from "../core/data.ts";
import type { Strategy } from "../kind.ts";
import type { APIService, APIServiceSpec } from "./v1-types.ts";

const MAX_GROUP_PRIORITY = 20_000;
const MAX_VERSION_PRIORITY = 1000;
const HTTPS_PORT = 443;

function checkService(errors: FieldError[], { service, insecureSkipTLSVerify, caBundle }: APIServiceSpec): void {
  checkPresent(errors, service?.namespace, "spec.service.namespace");
  checkPresent(errors, service?.name, "spec.service.name");
  const port = service?.port ?? 0;
  for (const message of portNumber(port)) {
    errors.push(invalid("spec.service.port", port, `port is not valid: ${message}`));
  }
  if (insecureSkipTLSVerify && caBundle) {
    errors.push(invalid("spec.insecureSkipTLSVerify", true, "may not be true if caBundle is present"));
  }
}

function validate({ metadata, spec }: APIService): FieldError[] {
  const errors: FieldError[] = [];
  const name = metadata.name ?? "";
  const { group = "", version = "", service } = spec;
  const wanted = `${version}.${group}`;
  if (name !== wanted)
    errors.push(invalid("metadata.name", name, `must be \`spec.version+"."+spec.group\`: ${JSON.stringify(wanted)}`));
  if (group !== "") addMessages(errors, "spec.group", group, dns1123Subdomain(group));
  else if (version !== "v1") {
    errors.push(required("spec.group", "only v1 may have an empty group and it better be legacy kube"));
  }
  addMessages(errors, "spec.version", version, dns1035Label(version));
  const groupPriority = spec.groupPriorityMinimum ?? 0;
  if (groupPriority <= 0 || groupPriority > MAX_GROUP_PRIORITY) {
    errors.push(invalid("spec.groupPriorityMinimum", groupPriority, "must be positive and less than 20000"));
  }
  const versionPriority = spec.versionPriority ?? 0;
  if (versionPriority <= 0 || versionPriority > MAX_VERSION_PRIORITY) {
    errors.push(invalid("spec.versionPriority", versionPriority, "must be positive and less than 1000"));
  }
  if (service) checkService(errors, spec);
  else {
    if (spec.caBundle) {
      const size = `${base64Bytes(spec.caBundle)} bytes`;
      errors.push(invalid("spec.caBundle", size, "local APIServices may not have a caBundle"));
    }
    if (spec.insecureSkipTLSVerify) {
      const detail = "local APIServices may not have insecureSkipTLSVerify";
      errors.push(invalid("spec.insecureSkipTLSVerify", true, detail));
    }
  }
  return errors;
}

function availableText({ status }: APIService): string {
  const condition = status?.conditions?.find(({ type }) => type === "Available");
  if (!condition) return "Unknown";
  return condition.status === "True" ? "True" : `${condition.status} (${condition.reason ?? ""})`;
}

export const apiService: Strategy<APIService> = {
  allowUnconditionalUpdate: false,
  nameErrors: pathSegmentName,
  defaults(next) {
    next.spec ??= { groupPriorityMinimum: 0, versionPriority: 0 };
    if (next.spec.service) next.spec.service.port ??= HTTPS_PORT;
    return next;
  },
  ...separateStatus<APIService>({
    keepsMetadata: true,
    check({ status }) {
      const errors: FieldError[] = [];
      status?.conditions?.forEach((condition, i) => {
        checkOneOf(errors, condition.status, `status.conditions[${i}].status`, ["True", "False", "Unknown"]);
      });
      return errors;
    },
    initial({ metadata, spec }) {
      if (spec.service) return {};
      const local = { type: "Available", status: "True", reason: "Local" };
      const message = "Local APIServices are always available";
      const created = metadata.creationTimestamp;
      return { conditions: [{ ...local, message, ...(created && { lastTransitionTime: created }) }] };
    },
  }),
  validate,
  row: (object, nowMs) => {
    const { service } = object.spec;
    const where = service ? `${service.namespace ?? ""}/${service.name ?? ""}` : "Local";
    return [nameOf(object), where, availableText(object), age(object, nowMs)];
  },
};
