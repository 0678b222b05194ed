/** Which path leads to which backend. */
import { type FieldError, invalid, notSupported, required } from "../../machinery/meta/field-error.ts";
import { dns1123Label, dns1123Subdomain, pathSegmentName, portName } from "../../machinery/meta/names.ts";
import { addMessages, checkPortNumber, checkPresent } from "../common/checks.ts";
import type { HTTPIngressPath, HTTPIngressRuleValue, IngressBackend } from "./v1-types.ts";

const BAD_SEQUENCES = ["//", "/./", "/../", "%2f", "%2F"];
const BAD_ENDS = ["/..", "/."];
const PATH_TYPES = ["Exact", "ImplementationSpecific", "Prefix"];

/** A reference within the namespace, or to a kind of the whole cluster. */
export function checkTypedReference(
  errors: FieldError[],
  { apiGroup, kind, name }: { apiGroup?: string | undefined; kind?: string; name?: string },
  path: string,
): void {
  if (apiGroup !== undefined) addMessages(errors, `${path}.apiGroup`, apiGroup, dns1123Subdomain(apiGroup));
  if (checkPresent(errors, kind, `${path}.kind`, "kind is required")) {
    addMessages(errors, `${path}.kind`, kind, pathSegmentName(kind));
  }
  if (checkPresent(errors, name, `${path}.name`, "name is required")) {
    addMessages(errors, `${path}.name`, name, pathSegmentName(name));
  }
}

export function checkBackend(errors: FieldError[], { resource, service }: IngressBackend, path: string): void {
  if (resource && service) errors.push(invalid(path, "", "cannot set both resource and service backends"));
  else if (resource) checkTypedReference(errors, resource, `${path}.resource`);
  else if (!service) errors.push(invalid(path, "", "resource or service backend is required"));
  if (resource || !service) return;
  const { name, port = {} } = service;
  if (checkPresent(errors, name, `${path}.service.name`)) {
    addMessages(errors, `${path}.service.name`, name, dns1123Label(name));
  }
  if (port.name && port.number) errors.push(invalid(path, "", "cannot set both port name & port number"));
  else if (port.name) addMessages(errors, `${path}.service.port.name`, port.name, portName(port.name));
  else if (port.number) checkPortNumber(errors, port.number, `${path}.service.port.number`);
  else errors.push(required(path, "port name or number is required"));
}

function checkPath(errors: FieldError[], rule: HTTPIngressPath, path: string): void {
  const { pathType, path: url = "" } = rule;
  const at = `${path}.path`;
  if (pathType === undefined) {
    errors.push(required(`${path}.pathType`, "pathType must be specified"));
    return;
  }
  if (!PATH_TYPES.includes(pathType)) errors.push(notSupported(`${path}.pathType`, pathType, PATH_TYPES));
  else if (pathType === "ImplementationSpecific") {
    if (url !== "" && !url.startsWith("/")) errors.push(invalid(at, url, "must be an absolute path"));
  } else {
    if (!url.startsWith("/")) errors.push(invalid(at, url, "must be an absolute path"));
    for (const bad of BAD_SEQUENCES) {
      if (url.includes(bad)) errors.push(invalid(at, url, `must not contain '${bad}'`));
    }
    for (const bad of BAD_ENDS) {
      if (url.endsWith(bad)) errors.push(invalid(at, url, `cannot end with '${bad}'`));
    }
  }
  checkBackend(errors, rule.backend ?? {}, `${path}.backend`);
}

export function checkHttp(errors: FieldError[], { paths }: HTTPIngressRuleValue, path: string): void {
  if (!paths?.length) errors.push(required(`${path}.paths`));
  paths?.forEach((rule, i) => {
    checkPath(errors, rule, `${path}.paths[${i}]`);
  });
}
