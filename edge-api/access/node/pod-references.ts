/** What one pod refers to. Pure. */

export type ReferenceKind = "secret" | "configMap" | "claim" | "account" | "resourceClaim";

interface NamedClaim {
  name: string;
  resourceClaimName?: string;
}

export interface PodShape {
  metadata: { name?: string; annotations?: { [key: string]: string } };
  spec?: {
    nodeName?: string;
    serviceAccountName?: string;
    imagePullSecrets?: { name?: string }[];
    volumes?: { name?: string; ephemeral?: unknown; [source: string]: unknown }[];
    resourceClaims?: NamedClaim[];
  };
  status?: {
    resourceClaimStatuses?: NamedClaim[];
    extendedResourceClaimStatus?: { resourceClaimName?: string };
  };
}

export const MIRROR_ANNOTATION = "kubernetes.io/config.mirror";

/**
 * All references as "kind/name", each once. Those to secrets and config maps are found by their shape wherever they
 * stand in the spec, so that no volume source is forgotten: `secretKeyRef.name`, `secretName`, `secretRef.name` and so
 * on. A mirror pod, which its node made itself, refers to nothing.
 */
export function referencesOf({ metadata, spec, status }: PodShape): string[] {
  const found = new Set<string>();
  if (!spec || (metadata.annotations && Object.hasOwn(metadata.annotations, MIRROR_ANNOTATION))) return [];
  add(found, "account", spec.serviceAccountName);
  for (const { name } of spec.imagePullSecrets ?? []) add(found, "secret", name);
  collect(spec, found);
  for (const { name, ephemeral } of spec.volumes ?? []) if (ephemeral) add(found, "claim", `${metadata.name}-${name}`);
  for (const { name, resourceClaimName } of spec.resourceClaims ?? []) {
    const made = status?.resourceClaimStatuses?.find((claim) => claim.name === name)?.resourceClaimName;
    add(found, "resourceClaim", resourceClaimName ?? made);
  }
  add(found, "resourceClaim", status?.extendedResourceClaimStatus?.resourceClaimName);
  return [...found];
}

/** Parts of a pod's text that may bring references a pod did not have when it was bound. */
const LATER = ['"ephemeralContainers":', '"resourceClaimStatuses":', '"extendedResourceClaimStatus":'];

export const mayHaveGained = (text: string): boolean => LATER.some((part) => text.includes(part));

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
