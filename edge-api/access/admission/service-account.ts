/**
 * Every pod runs as a service account, and gets that account's token, the cluster CA and its namespace in a volume.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/
 */
import type { KubeObject } from "../../../machinery/meta/object.ts";
import { parsedRow } from "../cached-rows.ts";
import { MIRROR_ANNOTATION, type PodShape, referencesOf } from "../node/pod-references.ts";
import { checkMountable, enforcesMountable } from "./mountable-secrets.ts";
import type { AdmissionEnvironment, AdmissionPlugin, Attributes } from "./plugin.ts";
import { refuse } from "./refuse.ts";
import { mountToken, type TokenPod } from "./token-volume.ts";

const DEFAULT_ACCOUNT = "default";

interface PodFields extends TokenPod {
  serviceAccountName?: string;
  serviceAccount?: string;
  automountServiceAccountToken?: boolean;
  imagePullSecrets?: { name?: string }[];
}

export interface ServiceAccount extends KubeObject {
  automountServiceAccountToken?: boolean;
  imagePullSecrets?: { name?: string }[];
  secrets?: { name?: string }[];
}

export const serviceAccount: AdmissionPlugin = {
  name: "ServiceAccount",
  resources: ["pods"],
  admit(attributes, env) {
    if (attributes.operation !== "CREATE" || attributes.subresource !== "") return;
    const pod = attributes.object!;
    const spec = pod.spec as PodFields;
    if (!isMirror(pod)) {
      spec.serviceAccountName ||= DEFAULT_ACCOUNT;
      spec.serviceAccount = spec.serviceAccountName;
      const account = findAccount(attributes, spec.serviceAccountName, env);
      if (spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true)
        mountToken(spec, env.random);
      if (!spec.imagePullSecrets?.length && account.imagePullSecrets?.length)
        spec.imagePullSecrets = account.imagePullSecrets.map(({ name }) => (name === undefined ? {} : { name }));
    }
    check(attributes, env);
  },
  validate(attributes, env) {
    const { operation, subresource } = attributes;
    if (operation === "CREATE" && subresource === "") check(attributes, env);
    else if (operation === "UPDATE" && subresource === "ephemeralcontainers") checkEphemeral(attributes, env);
  },
};

const isMirror = ({ metadata }: KubeObject): boolean =>
  metadata.annotations !== undefined && Object.hasOwn(metadata.annotations, MIRROR_ANNOTATION);

function check(attributes: Attributes, env: AdmissionEnvironment): void {
  const pod = attributes.object!;
  if (isMirror(pod)) checkMirror(attributes, pod);
  else checkMountable(attributes, accountOf(attributes, env), "containers");
}

function checkEphemeral(attributes: Attributes, env: AdmissionEnvironment): void {
  const account = accountOf(attributes, env);
  if (enforcesMountable(account)) checkMountable(attributes, account, "ephemeralContainers");
}

function accountOf(attributes: Attributes, env: AdmissionEnvironment): ServiceAccount {
  const { serviceAccountName } = attributes.object!.spec as PodFields;
  if (!serviceAccountName)
    throw refuse(
      attributes,
      `no service account specified for pod ${attributes.namespace}/${attributes.object!.metadata.name ?? ""}`,
    );
  return findAccount(attributes, serviceAccountName, env);
}

/** A mirror pod stands for one that a node runs on its own: it gets nothing from the API. */
function checkMirror(attributes: Attributes, pod: KubeObject): void {
  const { spec = {} } = pod as PodShape;
  if (spec.serviceAccountName) throw refuse(attributes, "a mirror pod may not reference service accounts");
  const references = referencesOf({ metadata: {}, spec });
  if (references.some((reference) => reference.startsWith("secret/")))
    throw refuse(attributes, "a mirror pod may not reference secrets");
  for (const { projected } of spec.volumes ?? []) {
    const { sources = [] } = (projected ?? {}) as { sources?: { serviceAccountToken?: unknown }[] };
    if (sources.some(({ serviceAccountToken }) => serviceAccountToken !== undefined))
      throw refuse(attributes, "a mirror pod may not use ServiceAccountToken volume projections");
  }
}

function findAccount(attributes: Attributes, name: string, { store }: AdmissionEnvironment): ServiceAccount {
  const { namespace } = attributes;
  const row = store.get({ resource: "serviceaccounts", namespace, name });
  if (row) return parsedRow<ServiceAccount>(row);
  throw refuse(
    attributes,
    `error looking up service account ${namespace}/${name}: serviceaccount ${JSON.stringify(name)} not found`,
  );
}
