import type { Container, PodSpec, Volume } from "../../kinds/core/v1-types.ts";

/** The Secrets of its namespace that a pod uses: volumes, variables and credentials for images and storage. */
export function secretNamesOf({ volumes, containers, initContainers, ephemeralContainers, imagePullSecrets }: PodSpec) {
  const names = new Set<string>();
  const add = (name: string | undefined): void => void (name && names.add(name));
  for (const { name } of imagePullSecrets ?? []) add(name);
  for (const volume of volumes ?? []) for (const name of namesInVolume(volume)) add(name);
  for (const list of [containers, initContainers, ephemeralContainers as Container[] | undefined]) {
    for (const { env, envFrom } of list ?? []) {
      for (const { valueFrom } of env ?? []) add(valueFrom?.secretKeyRef?.name);
      for (const { secretRef } of envFrom ?? []) add(secretRef?.name);
    }
  }
  return names;
}

const namesInVolume = (volume: Volume): (string | undefined)[] => [
  volume.secret?.secretName,
  volume.azureFile?.secretName,
  volume.cephfs?.secretRef?.name,
  volume.cinder?.secretRef?.name,
  volume.csi?.nodePublishSecretRef?.name,
  volume.flexVolume?.secretRef?.name,
  volume.iscsi?.secretRef?.name,
  volume.rbd?.secretRef?.name,
  volume.scaleIO?.secretRef?.name,
  volume.storageos?.secretRef?.name,
  ...(volume.projected?.sources?.map(({ secret }) => secret?.name) ?? []),
];
