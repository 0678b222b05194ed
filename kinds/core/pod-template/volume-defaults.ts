/** Defaults of volumes. */
import { defaultClaimSpec } from "../claim-spec.ts";
import type { Volume } from "../v1-types.ts";
import { isLatest } from "./image.ts";

const READABLE_BY_ALL = 0o644;
const TOKEN_SECONDS = 3600;

function defaultProjected(projected: NonNullable<Volume["projected"]>): void {
  projected.defaultMode ??= READABLE_BY_ALL;
  for (const source of projected.sources ?? []) {
    if (source.serviceAccountToken) source.serviceAccountToken.expirationSeconds ??= TOKEN_SECONDS;
    for (const file of source.downwardAPI?.items ?? []) defaultFile(file);
    if (source.podCertificate) source.podCertificate.maxExpirationSeconds ??= 86_400;
  }
}

function defaultFile(file: NonNullable<NonNullable<Volume["downwardAPI"]>["items"]>[number]): void {
  if (file.fieldRef) file.fieldRef.apiVersion ||= "v1";
  if (file.resourceFieldRef) file.resourceFieldRef.divisor ??= "0";
}

export function defaultVolume(volume: Volume): void {
  if (Object.keys(volume).every((field) => field === "name" || volume[field as keyof Volume] === undefined)) {
    volume.emptyDir = {};
    return;
  }
  if (volume.secret) volume.secret.defaultMode ??= READABLE_BY_ALL;
  if (volume.configMap) volume.configMap.defaultMode ??= READABLE_BY_ALL;
  if (volume.hostPath) volume.hostPath.type ??= "";
  if (volume.projected) defaultProjected(volume.projected);
  if (volume.downwardAPI) {
    volume.downwardAPI.defaultMode ??= READABLE_BY_ALL;
    for (const file of volume.downwardAPI.items ?? []) defaultFile(file);
  }
  if (volume.ephemeral?.volumeClaimTemplate) {
    volume.ephemeral.volumeClaimTemplate.spec ??= {};
    defaultClaimSpec(volume.ephemeral.volumeClaimTemplate.spec);
  }
  if (volume.image) volume.image.pullPolicy ||= isLatest(volume.image.reference ?? "") ? "Always" : "IfNotPresent";
  defaultLegacySources(volume);
}

/** Also for persistent volumes, whose sources of these names have the same defaults. */
export function defaultLegacySources(source: Pick<Volume, "iscsi" | "rbd" | "azureDisk" | "scaleIO">): void {
  if (source.iscsi) source.iscsi.iscsiInterface ||= "default";
  if (source.rbd) {
    source.rbd.pool ||= "rbd";
    source.rbd.user ||= "admin";
    source.rbd.keyring ||= "/etc/ceph/keyring";
  }
  if (source.azureDisk) {
    source.azureDisk.cachingMode ??= "ReadWrite";
    source.azureDisk.kind ??= "Shared";
    source.azureDisk.fsType ??= "ext4";
    source.azureDisk.readOnly ??= false;
  }
  if (source.scaleIO) {
    source.scaleIO.storageMode ||= "ThinProvisioned";
    source.scaleIO.fsType ||= "xfs";
  }
}
