/** Objects that belong to a node by way of its pods' volumes, or by a field of their own. Reads the store. */
import type { Store } from "../../store/contract.ts";
import type { NodeReferences } from "./references.ts";

interface SecretRef {
  name?: string;
  namespace?: string;
}

interface Volume {
  spec?: { claimRef?: { namespace?: string; name?: string }; [source: string]: unknown };
}

/** Whether a pod of the node uses the claim that a volume is bound to. */
export function usesVolume(store: Store, references: NodeReferences, node: string, name: string): boolean {
  const row = store.get({ resource: "persistentvolumes", namespace: "", name });
  return row !== undefined && isUsed(JSON.parse(row.value) as Volume, references, node);
}

function isUsed({ spec }: Volume, references: NodeReferences, node: string): boolean {
  const { namespace, name } = spec?.claimRef ?? {};
  return namespace && name ? references.has(node, { what: "claim", namespace, name }) : false;
}

/** Whether a volume that a pod of the node uses needs the secret on the node (and not only in a controller). */
export function volumeNeedsSecret(
  store: Store,
  references: NodeReferences,
  { node, namespace, name }: { node: string; namespace: string; name: string },
): boolean {
  const quoted = JSON.stringify(name);
  for (const row of store.list({ resource: "persistentvolumes", contains: quoted })) {
    const volume = JSON.parse(row.value) as Volume;
    if (!isUsed(volume, references, node)) continue;
    const ownNamespace = volume.spec?.claimRef?.namespace ?? "";
    for (const secret of secretsOf(volume))
      if (secret.name === name && (secret.namespace || ownNamespace) === namespace) return true;
  }
  return false;
}

/** Of CSI's secrets those for the controller stay there. */
const CONTROLLER_ONLY: ReadonlySet<string> = new Set(["controllerPublishSecretRef", "controllerExpandSecretRef"]);

function* secretsOf({ spec = {} }: Volume): Iterable<SecretRef> {
  for (const source of Object.values(spec)) {
    if (typeof source !== "object" || source === null) continue;
    const fields = source as { [field: string]: unknown };
    for (const [field, value] of Object.entries(fields)) {
      if (/secretRef$/i.test(field) && !CONTROLLER_ONLY.has(field) && value) yield value as SecretRef;
      // azureFile spells its reference out.
      if (field === "secretName") yield { name: String(value), namespace: String(fields.secretNamespace ?? "") };
    }
  }
}

/** Whether a cluster-scoped object's spec names the node. */
export function namesNode(store: Store, resource: string, name: string, node: string): boolean {
  const row = store.get({ resource, namespace: "", name });
  return row !== undefined && (JSON.parse(row.value) as { spec?: { nodeName?: string } }).spec?.nodeName === node;
}
