/** The volume with a pod's own token, the cluster CA and its namespace. */
import { randomSuffix } from "../../../machinery/meta/random.ts";

export const TOKEN_MOUNT_PATH = "/var/run/secrets/kubernetes.io/serviceaccount";
const VOLUME_PREFIX = "kube-api-access-";
/** An hour and seven seconds, so that these tokens can be told from others. */
const TOKEN_SECONDS = 3607;

interface Container {
  volumeMounts?: { name: string; mountPath: string; readOnly?: boolean }[];
}

export interface TokenPod {
  volumes?: { name: string; [source: string]: unknown }[];
  containers?: Container[];
  initContainers?: Container[];
}

/** Mounts the token into each container that has nothing at its path yet. Changes `spec`. */
export function mountToken(spec: TokenPod, random: () => number): void {
  const volumes = spec.volumes ?? [];
  const given = volumes.find(({ name }) => name?.startsWith(VOLUME_PREFIX));
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
