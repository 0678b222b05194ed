/** A container's environment, from everything that may feed it. Pure: references are read beforehand. */
import type { ConfigMap, Secret, Service } from "../../kinds/core/v1-types.ts";
import { expand } from "./expand.ts";
import { type NodeFacts, podField, resourceField } from "./field-ref.ts";
import type { AnyContainer, NodePod } from "./pod.ts";
import { serviceVariables, visibleServices } from "./service-env.ts";

/** The container cannot be configured as its pod says; kubelet's CreateContainerConfigError. */
export class ContainerConfigError extends Error {}

/** ConfigMaps and Secrets of the pod's namespace, read before; undefined when there is none. */
export interface References {
  configMap(name: string): ConfigMap | undefined;
  secret(name: string): Secret | undefined;
  /** Contents of a file in one of the pod's volumes, for fileKeyRef. */
  envFile(volume: string, path: string): string | undefined;
}

export interface EnvInput {
  pod: NodePod;
  container: AnyContainer;
  services: Iterable<Service>;
  node: NodeFacts;
  podIps: readonly string[];
  references: References;
}

export interface Environment {
  variables: [string, string][];
  /** Keys of envFrom sources that cannot be variable names, by source. Told in an event. */
  skipped: { source: string; keys: string[] }[];
}

/** Names of the objects and files a container's environment reads. */
export function envReferences(container: AnyContainer): {
  configMaps: string[];
  secrets: string[];
  files: { volumeName: string; path: string }[];
} {
  const configMaps = new Set<string>();
  const secrets = new Set<string>();
  for (const { configMapRef, secretRef } of container.envFrom ?? []) {
    if (configMapRef?.name) configMaps.add(configMapRef.name);
    if (secretRef?.name) secrets.add(secretRef.name);
  }
  for (const { valueFrom } of container.env ?? []) {
    if (valueFrom?.configMapKeyRef?.name) configMaps.add(valueFrom.configMapKeyRef.name);
    if (valueFrom?.secretKeyRef?.name) secrets.add(valueFrom.secretKeyRef.name);
  }
  const files = (container.env ?? []).flatMap(({ valueFrom }) => (valueFrom?.fileKeyRef ? [valueFrom.fileKeyRef] : []));
  return { configMaps: [...configMaps], secrets: [...secrets], files };
}

/** Printable ASCII without "=": what variable names may be made of. */
const isVariableName = (name: string): boolean => /^[\x20-\x3c\x3e-\x7e]+$/.test(name);

export const decodeBase64 = (text: string): string => Buffer.from(text, "base64").toString("utf8");

/** @throws ContainerConfigError */
export function buildEnvironment(input: EnvInput): Environment {
  const { pod, container, services } = input;
  const variables = new Map<string, string>();
  const skipped = fromSources(input, variables);
  const ofServices = new Map(
    serviceVariables(
      visibleServices(services, {
        namespace: pod.metadata.namespace,
        serviceLinks: pod.spec.enableServiceLinks ?? true,
      }),
    ),
  );
  const lookup = (name: string): string | undefined => variables.get(name) ?? ofServices.get(name);
  for (const entry of container.env ?? []) {
    const value = entry.value ? expand(entry.value, lookup) : entry.valueFrom ? valueFrom(input, entry) : "";
    if (value !== undefined) variables.set(entry.name, value);
  }
  for (const [name, value] of ofServices) if (!variables.has(name)) variables.set(name, value);
  return { variables: [...variables], skipped };
}

function fromSources({ pod, container, references }: EnvInput, variables: Map<string, string>): Environment["skipped"] {
  const skipped: Environment["skipped"] = [];
  const { namespace } = pod.metadata;
  const take = (source: string, prefix: string | undefined, data: [string, string][]): void => {
    const bad: string[] = [];
    for (const [key, value] of data) {
      const name = `${prefix ?? ""}${key}`;
      if (isVariableName(name)) variables.set(name, value);
      else bad.push(name);
    }
    if (bad.length > 0) skipped.push({ source, keys: bad.sort() });
  };
  for (const { prefix, configMapRef, secretRef } of container.envFrom ?? []) {
    if (configMapRef) {
      const { name = "", optional } = configMapRef;
      const object = references.configMap(name);
      if (!object && !optional) throw new ContainerConfigError(`configmap "${name}" not found`);
      take(`configMap "${namespace}/${name}"`, prefix, Object.entries(object?.data ?? {}));
    } else if (secretRef) {
      const { name = "", optional } = secretRef;
      const object = references.secret(name);
      if (!object && !optional) throw new ContainerConfigError(`secret "${name}" not found`);
      const decoded = Object.entries(object?.data ?? {}).map(([k, v]): [string, string] => [k, decodeBase64(v)]);
      take(`secret "${namespace}/${name}"`, prefix, decoded);
    }
  }
  return skipped;
}

type EnvEntry = NonNullable<AnyContainer["env"]>[number];

/** @returns undefined when the variable stays unset (an optional reference) */
function valueFrom({ pod, container, node, podIps, references }: EnvInput, entry: EnvEntry): string | undefined {
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef } = entry.valueFrom ?? {};
  const { namespace } = pod.metadata;
  try {
    if (fieldRef) return podField(pod, fieldRef.fieldPath, { node, podIps });
    if (resourceFieldRef) return resourceField(pod, resourceFieldRef, container.name, node);
  } catch (error) {
    throw new ContainerConfigError((error as Error).message);
  }
  if (configMapKeyRef) {
    const { name = "", key, optional } = configMapKeyRef;
    const object = references.configMap(name);
    if (!object) return missing(optional, `configmap "${name}" not found`);
    if (object.data && Object.hasOwn(object.data, key)) return object.data[key];
    return missing(optional, `couldn't find key ${key} in ConfigMap ${namespace}/${name}`);
  }
  if (secretKeyRef) {
    const { name = "", key, optional } = secretKeyRef;
    const object = references.secret(name);
    if (!object) return missing(optional, `secret "${name}" not found`);
    if (object.data && Object.hasOwn(object.data, key)) return decodeBase64(object.data[key] ?? "");
    return missing(optional, `couldn't find key ${key} in Secret ${namespace}/${name}`);
  }
  if (fileKeyRef) {
    const { volumeName, path, key, optional } = fileKeyRef;
    const text = references.envFile(volumeName, path);
    const value = text === undefined ? undefined : parseEnvFile(text).get(key);
    return value ?? missing(optional, `environment variable key "${key}" not found in file "${path}"`);
  }
  return "";
}

function missing(optional: boolean | undefined, message: string): undefined {
  if (!optional) throw new ContainerConfigError(message);
  return undefined;
}

/** `NAME='value'` lines; blank lines and those starting with # are skipped. */
export function parseEnvFile(text: string): Map<string, string> {
  const variables = new Map<string, string>();
  for (const line of text.split("\n")) {
    const match = /^\s*([A-Za-z_][A-Za-z0-9_]*)\s*=\s*'([^']*)'\s*(#.*)?$/.exec(line);
    if (match) variables.set(match[1] as string, match[2] as string);
  }
  return variables;
}
