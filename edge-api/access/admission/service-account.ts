/**
 * Every pod runs as a service account, and gets that account's token, the cluster CA and its namespace in a volume.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/
 */
import type { KubeObject } from "../../../machinery/meta/object.ts";
import { randomSuffix } from "../../../machinery/meta/random.ts";
import { forbidden } from "../../../machinery/meta/status.ts";
import type { AdmissionEnvironment, AdmissionPlugin, Attributes } from "./plugin.ts";

const DEFAULT_ACCOUNT = "default";
export const TOKEN_MOUNT_PATH = "/var/run/secrets/kubernetes.io/serviceaccount";
const VOLUME_PREFIX = "kube-api-access-";
/** An hour and seven seconds, so that these tokens can be told from others. */
const TOKEN_SECONDS = 3607;
const MIRROR_ANNOTATION = "kubernetes.io/config.mirror";

interface Mount {
  name: string;
  mountPath: string;
  readOnly?: boolean;
}

interface Container {
  volumeMounts?: Mount[];
}

interface PodFields {
  serviceAccountName?: string;
  serviceAccount?: string;
  automountServiceAccountToken?: boolean;
  imagePullSecrets?: unknown[];
  volumes?: { name: string; [source: string]: unknown }[];
  containers?: Container[];
  initContainers?: Container[];
}

interface ServiceAccount extends KubeObject {
  automountServiceAccountToken?: boolean;
  imagePullSecrets?: unknown[];
}

export const serviceAccount: AdmissionPlugin = {
  name: "ServiceAccount",
  admit(attributes, env) {
    const { operation, kind, subresource, object } = attributes;
    if (operation !== "CREATE" || kind.storage !== "pods" || subresource !== "") return;
    const pod = object!;
    const spec = pod.spec as PodFields;
    if (pod.metadata.annotations && Object.hasOwn(pod.metadata.annotations, MIRROR_ANNOTATION))
      return refuseMirror(attributes, spec);
    spec.serviceAccountName ||= DEFAULT_ACCOUNT;
    spec.serviceAccount = spec.serviceAccountName;
    const account = findAccount(attributes, spec.serviceAccountName, env);
    if (spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true) mountToken(spec, env.random);
    if (!spec.imagePullSecrets?.length && account.imagePullSecrets?.length)
      spec.imagePullSecrets = account.imagePullSecrets;
  },
};

/** A mirror pod stands for one that a node runs on its own: it gets nothing from the API. */
function refuseMirror({ name }: Attributes, spec: PodFields): void {
  if (spec.serviceAccountName)
    throw forbidden({ group: "", resource: "pods", name }, "a mirror pod may not reference service accounts");
}

function findAccount(
  { namespace, name }: Attributes,
  account: string,
  { store }: AdmissionEnvironment,
): ServiceAccount {
  const row = store.get({ resource: "serviceaccounts", namespace, name: account });
  if (!row) {
    throw forbidden(
      { group: "", resource: "pods", name },
      `error looking up service account ${namespace}/${account}: serviceaccount ${JSON.stringify(account)} not found`,
    );
  }
  return JSON.parse(row.value) as ServiceAccount;
}

/** Mounts the token into each container that has nothing at its path yet. */
function mountToken(spec: PodFields, random: () => number): void {
  const volumes = spec.volumes ?? [];
  const given = volumes.find(({ name }) => name.startsWith(VOLUME_PREFIX));
  const name = given?.name ?? `${VOLUME_PREFIX}${randomSuffix(5, random)}`;
  let needed = false;
  for (const container of [...(spec.initContainers ?? []), ...(spec.containers ?? [])]) {
    const mounts = container.volumeMounts ?? [];
    if (mounts.some(({ mountPath }) => mountPath === TOKEN_MOUNT_PATH)) continue;
    container.volumeMounts = [...mounts, { name, readOnly: true, mountPath: TOKEN_MOUNT_PATH }];
    needed = true;
  }
  if (needed && !given) spec.volumes = [...volumes, tokenVolume(name)];
}

const tokenVolume = (name: string): { name: string; [source: string]: unknown } => ({
  name,
  projected: {
    sources: [
      { serviceAccountToken: { expirationSeconds: TOKEN_SECONDS, path: "token" } },
      { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
      {
        downwardAPI: {
          items: [{ path: "namespace", fieldRef: { apiVersion: "v1", fieldPath: "metadata.namespace" } }],
        },
      },
    ],
    defaultMode: 0o644,
  },
});
