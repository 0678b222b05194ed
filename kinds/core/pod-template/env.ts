/** Environment variables of containers. */
import { type FieldError, invalid, notFound, required } from "../../../machinery/meta/field-error.ts";
import { configMapKey, dns1123Subdomain, envVarName } from "../../../machinery/meta/names.ts";
import { addMessages, checkLabel, checkPresent } from "../../common/checks.ts";
import { checkNoBacksteps } from "../../common/paths.ts";
import type { EnvFromSource, EnvVar, PodSpec } from "../v1-types.ts";
import { checkFieldRef, checkResourceFieldRef, ENV_FIELDS } from "./field-refs.ts";
import { eachContainer } from "./windows.ts";

/** A key of a ConfigMap or Secret. */
export function checkKeyRef(errors: FieldError[], ref: { name?: string; key: string }, path: string): void {
  addMessages(errors, `${path}.name`, ref.name ?? "", dns1123Subdomain(ref.name ?? ""));
  if (checkPresent(errors, ref.key, `${path}.key`)) addMessages(errors, `${path}.key`, ref.key, configMapKey(ref.key));
}

function checkValueFrom(errors: FieldError[], variable: EnvVar, path: string): void {
  const from = variable.valueFrom;
  if (!from) return;
  let sources = 0;
  if (from.fieldRef) {
    sources++;
    checkFieldRef(errors, from.fieldRef, `${path}.fieldRef`, ENV_FIELDS);
  }
  if (from.resourceFieldRef) {
    sources++;
    checkResourceFieldRef(errors, from.resourceFieldRef, `${path}.resourceFieldRef`, { named: false });
  }
  if (from.configMapKeyRef) {
    sources++;
    checkKeyRef(errors, from.configMapKeyRef, `${path}.configMapKeyRef`);
  }
  if (from.secretKeyRef) {
    sources++;
    checkKeyRef(errors, from.secretKeyRef, `${path}.secretKeyRef`);
  }
  if (from.fileKeyRef) {
    sources++;
    const ref = from.fileKeyRef;
    const at = `${path}.fileKeyRef`;
    if (checkPresent(errors, ref.key, `${at}.key`)) addMessages(errors, `${at}.key`, ref.key, envVarName(ref.key));
    const volumePath = `${at}.volumeName`;
    if (checkPresent(errors, ref.volumeName, volumePath)) checkLabel(errors, ref.volumeName, volumePath);
    if (checkPresent(errors, ref.path, `${at}.path`)) checkNoBacksteps(errors, ref.path, `${at}.path`);
  }
  if (sources === 0) {
    const detail =
      "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`";
    errors.push(invalid(path, "", detail));
  } else if (variable.value) {
    errors.push(invalid(path, "", "may not be specified when `value` is not empty"));
  } else if (sources > 1) {
    errors.push(invalid(path, "", "may not have more than one field specified at a time"));
  }
}

export function checkEnv(errors: FieldError[], variables: readonly EnvVar[] | undefined, path: string): void {
  variables?.forEach((variable, i) => {
    const item = `${path}[${i}]`;
    if (!variable.name) errors.push(required(`${item}.name`));
    else addMessages(errors, `${item}.name`, variable.name, envVarName(variable.name));
    checkValueFrom(errors, variable, `${item}.valueFrom`);
  });
}

export function checkEnvFrom(errors: FieldError[], sources: readonly EnvFromSource[] | undefined, path: string): void {
  sources?.forEach((source, i) => {
    const item = `${path}[${i}]`;
    if (source.prefix) addMessages(errors, `${item}.prefix`, source.prefix, envVarName(source.prefix));
    let count = 0;
    for (const field of ["configMapRef", "secretRef"] as const) {
      const ref = source[field];
      if (!ref) continue;
      count++;
      const at = `${item}.${field}.name`;
      if (checkPresent(errors, ref.name, at)) addMessages(errors, at, ref.name, dns1123Subdomain(ref.name));
    }
    if (count === 0) errors.push(invalid(path, "", "must specify one of: `configMapRef` or `secretRef`"));
    else if (count > 1) errors.push(invalid(path, "", "may not have more than one field specified at a time"));
  });
}

/** Files of variables are written by other containers of the pod, into a volume that lives no longer than it does. */
export function checkFileVolumes(errors: FieldError[], spec: PodSpec, path: string): void {
  eachContainer(spec, path, ({ env }, at) => {
    env?.forEach(({ valueFrom }, i) => {
      if (!valueFrom?.fileKeyRef) return;
      const { volumeName = "" } = valueFrom.fileKeyRef;
      const volumePath = `${at}.env[${i}].valueFrom.fileKeyRef.volumeName`;
      const volume = spec.volumes?.findLast(({ name }) => (name ?? "") === volumeName);
      if (!volume) errors.push(notFound(volumePath, volumeName));
      else if (!volume.emptyDir) {
        errors.push(invalid(volumePath, volumeName, "referenced volume must be of type emptyDir"));
      }
    });
  });
}
