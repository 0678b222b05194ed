/**
 * An account may say that its pods use no secrets but those it lists.
 * Source: https://kubernetes.io/docs/concepts/security/service-accounts/#enforce-mountable-secrets
 */
import type { KubeObject } from "../../../machinery/meta/object.ts";
import type { Attributes } from "./plugin.ts";
import { refuse } from "./refuse.ts";
import type { ServiceAccount } from "./service-account.ts";

const ANNOTATION = "kubernetes.io/enforce-mountable-secrets";
/** What Go reads as true. */
const TRUE = ["1", "t", "T", "TRUE", "true", "True"];

interface Container {
  name: string;
  env?: { name: string; valueFrom?: { secretKeyRef?: { name?: string } } }[];
  envFrom?: { secretRef?: { name?: string } }[];
}

interface Pod extends KubeObject {
  spec: {
    volumes?: { secret?: { secretName?: string } }[];
    initContainers?: Container[];
    containers?: Container[];
    ephemeralContainers?: Container[];
    imagePullSecrets?: { name?: string }[];
  };
}

export const enforcesMountable = ({ metadata }: ServiceAccount): boolean =>
  TRUE.includes(metadata.annotations?.[ANNOTATION] ?? "");

/** @throws ApiError 403 */
export function checkMountable(
  attributes: Attributes,
  account: ServiceAccount,
  which: "containers" | "ephemeralContainers",
): void {
  if (!enforcesMountable(account)) return;
  const { spec } = attributes.object as Pod;
  const problem =
    which === "containers"
      ? podProblem(account, spec)
      : containerProblem(account, spec.ephemeralContainers, "ephemeral container");
  if (problem !== undefined) throw refuse(attributes, problem);
}

const named = (list: readonly { name?: string }[] | undefined): Set<string> =>
  new Set((list ?? []).map(({ name = "" }) => name));

function podProblem(account: ServiceAccount, spec: Pod["spec"]): string | undefined {
  const allowed = named(account.secrets);
  for (const { secret } of spec.volumes ?? []) {
    if (secret && !allowed.has(secret.secretName ?? ""))
      return `volume with secret.secretName="${secret.secretName}" is not allowed because service account ${account.metadata.name} does not reference that secret`;
  }
  return (
    containerProblem(account, spec.initContainers, "init container") ??
    containerProblem(account, spec.containers, "container") ??
    pullProblem(account, spec)
  );
}

function containerProblem(
  account: ServiceAccount,
  containers: readonly Container[] | undefined,
  what: string,
): string | undefined {
  const allowed = named(account.secrets);
  const refused = (use: string, container: Container, secret = ""): string =>
    `${what} ${container.name} with ${use} referencing secret.secretName="${secret}" is not allowed because service account ${account.metadata.name} does not reference that secret`;
  for (const container of containers ?? []) {
    for (const { name, valueFrom } of container.env ?? []) {
      const secret = valueFrom?.secretKeyRef;
      if (secret && !allowed.has(secret.name ?? "")) return refused(`envVar ${name}`, container, secret.name);
    }
    for (const { secretRef } of container.envFrom ?? [])
      if (secretRef && !allowed.has(secretRef.name ?? "")) return refused("envFrom", container, secretRef.name);
  }
  return undefined;
}

function pullProblem(account: ServiceAccount, { imagePullSecrets = [] }: Pod["spec"]): string | undefined {
  const allowed = named(account.imagePullSecrets);
  for (const [i, { name = "" }] of imagePullSecrets.entries()) {
    if (!allowed.has(name))
      return `imagePullSecrets[${i}].name="${name}" is not allowed because service account ${account.metadata.name} does not reference that imagePullSecret`;
  }
  return undefined;
}
