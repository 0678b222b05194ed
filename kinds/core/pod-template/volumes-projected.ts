/** Projected volumes: several sources in one directory. */
import { type FieldError, fieldForbidden, invalid, required } from "../../../machinery/meta/field-error.ts";
import { checkPresent } from "../../common/checks.ts";
import { checkVolumeFilePath } from "../../common/paths.ts";
import { checkSelector } from "../../common/selectors.ts";
import type { ClusterTrustBundleProjection, PodCertificateProjection, ProjectedVolumeSource } from "../v1-types.ts";
import { checkDownwardFile, checkFileMode, checkKeyToPath } from "./volume-files.ts";

const MIN_TOKEN_SECONDS = 600;
const MAX_TOKEN_SECONDS = 2 ** 32;
const CONFLICT = "conflicting duplicate paths";

function checkTrustBundle(errors: FieldError[], bundle: ClusterTrustBundleProjection, path: string): void {
  const { name, signerName, labelSelector } = bundle;
  if (name !== undefined && signerName !== undefined) {
    errors.push(invalid(path, bundle, "only one of name and signerName may be used"));
  } else if (name !== undefined) {
    checkPresent(errors, name, `${path}.name`, "must be a valid object name");
    if (labelSelector) {
      const detail = "labelSelector must be unset if name is specified";
      errors.push(invalid(`${path}.labelSelector`, labelSelector, detail));
    }
  } else if (signerName !== undefined) {
    checkPresent(errors, signerName, `${path}.signerName`, "must be a valid signer name");
    checkSelector(errors, labelSelector, `${path}.labelSelector`);
  } else errors.push(required(path, "either name or signerName must be specified"));
  checkPresent(errors, bundle.path, `${path}.path`);
  checkVolumeFilePath(errors, bundle.path ?? "", `${path}.path`);
}

const KEY_TYPES = ["ECDSAP256", "ECDSAP384", "ECDSAP521", "ED25519", "RSA3072", "RSA4096"];

function checkCertificate(errors: FieldError[], certificate: PodCertificateProjection, path: string): void {
  checkPresent(errors, certificate.signerName, `${path}.signerName`);
  if (!KEY_TYPES.includes(certificate.keyType)) {
    const supported = KEY_TYPES.map((type) => JSON.stringify(type)).join(", ");
    const message = `Unsupported value: ${JSON.stringify(certificate.keyType ?? "")}: supported values: ${supported}`;
    errors.push({ reason: "FieldValueNotSupported", field: `${path}.keyType`, message });
  }
  const paths = ["credentialBundlePath", "keyPath", "certificateChainPath"] as const;
  for (const field of paths) {
    const file = certificate[field];
    if (file) checkVolumeFilePath(errors, file, `${path}.${field}`);
  }
  if (paths.every((field) => !certificate[field])) {
    errors.push(required(path, "specify at least one of credentialBundlePath, keyPath, and certificateChainPath"));
  }
}

export function checkProjected(errors: FieldError[], projected: ProjectedVolumeSource, path: string): void {
  checkFileMode(errors, projected.defaultMode, `${path}.defaultMode`);
  const taken = new Set<string>();
  const take = (file: string | undefined, blame: string): void => {
    if (!file) return;
    if (taken.has(file)) errors.push(invalid(path, blame, CONFLICT));
    taken.add(file);
  };
  projected.sources?.forEach((source, i) => {
    const item = `${path}.sources[${i}]`;
    let count = 0;
    for (const field of ["secret", "configMap"] as const) {
      const from = source[field];
      if (!from) continue;
      count++;
      checkPresent(errors, from.name, `${item}.${field}.name`);
      from.items?.forEach((key, k) => {
        checkKeyToPath(errors, key, `${item}.${field}.items[${k}]`);
        take(key.path, from.name ?? "");
      });
    }
    if (source.downwardAPI) {
      count++;
      for (const file of source.downwardAPI.items ?? []) {
        checkDownwardFile(errors, file, `${item}.downwardAPI`);
        take(file.path, file.path);
      }
    }
    const token = source.serviceAccountToken;
    if (token) {
      count++;
      const seconds = token.expirationSeconds ?? MIN_TOKEN_SECONDS;
      const at = `${item}.serviceAccountToken.expirationSeconds`;
      if (seconds < MIN_TOKEN_SECONDS) {
        errors.push(invalid(at, seconds, "may not specify a duration less than 10 minutes"));
      }
      if (seconds > MAX_TOKEN_SECONDS) {
        errors.push(invalid(at, seconds, "may not specify a duration larger than 2^32 seconds"));
      }
      if (checkPresent(errors, token.path, `${path}.path`)) checkVolumeFilePath(errors, token.path, `${path}.path`);
    }
    if (source.clusterTrustBundle) {
      count++;
      checkTrustBundle(errors, source.clusterTrustBundle, `${item}.clusterTrustBundle`);
      take(source.clusterTrustBundle.path, source.clusterTrustBundle.path);
    }
    if (source.podCertificate) {
      count++;
      checkCertificate(errors, source.podCertificate, `${item}.podCertificate`);
    }
    if (count > 1) errors.push(fieldForbidden(item, "may not specify more than 1 volume type per source"));
  });
}
