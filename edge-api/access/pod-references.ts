/** Which secrets, config maps, claims and service accounts the pods of each node refer to. */
import type { Store, StoredEvent } from "../store/contract.ts";

export type ReferenceKind = "secret" | "configMap" | "claim" | "account";

export interface Reference {
  what: ReferenceKind;
  namespace: string;
  name: string;
}

export interface PodReferences {
  has(node: string, reference: Reference): boolean;
}

interface PodSpec {
  nodeName?: string;
  serviceAccountName?: string;
  imagePullSecrets?: { name?: string }[];
  volumes?: { [source: string]: unknown }[];
}

/**
 * All references of one pod as "kind/name", each once. They are found by their shape wherever they stand, so that no
 * volume source is forgotten: `secretKeyRef.name`, `secretName`, `secretRef.name`, `secret.name` and so on.
 */
export function referencesOf(spec: PodSpec): Set<string> {
  const found = new Set<string>();
  if (spec.serviceAccountName) found.add(`account/${spec.serviceAccountName}`);
  for (const { name } of spec.imagePullSecrets ?? []) if (name) found.add(`secret/${name}`);
  collect(spec, found);
  return found;
}

const REFERENCE_FIELDS: ReadonlyMap<string, [kind: ReferenceKind, nameField: string]> = new Map([
  ["secretKeyRef", ["secret", "name"]],
  ["secretRef", ["secret", "name"]],
  ["nodePublishSecretRef", ["secret", "name"]],
  ["configMapKeyRef", ["configMap", "name"]],
  ["configMapRef", ["configMap", "name"]],
  ["configMap", ["configMap", "name"]],
  ["persistentVolumeClaim", ["claim", "claimName"]],
]);

function collect(value: unknown, found: Set<string>): void {
  if (typeof value !== "object" || value === null) return;
  if (Array.isArray(value)) {
    for (const item of value) collect(item, found);
    return;
  }
  for (const [field, inner] of Object.entries(value as { [field: string]: unknown })) {
    const reference = REFERENCE_FIELDS.get(field);
    if (reference) add(found, reference[0], (inner as { [name: string]: unknown } | null)?.[reference[1]]);
    else if (field === "secret") addSecretSource(found, inner);
    else if (field === "secretName") add(found, "secret", inner);
    collect(inner, found);
  }
}

/** A volume says secretName, a projection name. */
function addSecretSource(found: Set<string>, source: unknown): void {
  const { secretName, name } = (source ?? {}) as { secretName?: unknown; name?: unknown };
  add(found, "secret", secretName ?? name);
}

function add(found: Set<string>, kind: ReferenceKind, name: unknown): void {
  if (typeof name === "string" && name !== "") found.add(`${kind}/${name}`);
}

/**
 * Read from the store one namespace at a time, when a node first asks about it, and kept up with every change since.
 */
export function createPodReferences(store: Store): PodReferences {
  /** namespace → pod → its node and references; absent: nobody has asked yet. */
  const namespaces = new Map<string, Map<string, { node: string; references: Set<string> }>>();

  const note = (pods: Map<string, { node: string; references: Set<string> }>, name: string, text: string): void => {
    const { spec } = JSON.parse(text) as { spec?: PodSpec };
    if (spec?.nodeName) pods.set(name, { node: spec.nodeName, references: referencesOf(spec) });
  };
  const apply = ({ type, name, namespace, value }: StoredEvent): void => {
    const pods = namespaces.get(namespace);
    if (!pods) return;
    if (type === "DELETED") pods.delete(name);
    // A pod's references hold from the moment it is bound: its node and volumes do not change after.
    else if (!pods.has(name)) note(pods, name, value);
  };
  store.subscribe((events) => {
    for (const event of events) if (event.resource === "pods") apply(event);
  });

  const podsIn = (namespace: string) => {
    let pods = namespaces.get(namespace);
    if (!pods) {
      pods = new Map();
      namespaces.set(namespace, pods);
      for (const row of store.list({ resource: "pods", namespace })) note(pods, row.name, row.value);
    }
    return pods;
  };

  return {
    has(node, { what, namespace, name }) {
      const wanted = `${what}/${name}`;
      for (const pod of podsIn(namespace).values()) if (pod.node === node && pod.references.has(wanted)) return true;
      return false;
    },
  };
}
