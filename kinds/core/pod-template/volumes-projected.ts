/** Projected volumes: several sources in one directory. */
import { type FieldError, fieldForbidden, invalid, required } from "../../../machinery/meta/field-error.ts";
import { dns1123Subdomain } from "../../../machinery/meta/names.ts";
import { checkSignerName } from "../../certificates/signer-name.ts";
import { checkAnnotations, checkOneOf, checkPresent } from "../../common/checks.ts";
import { checkVolumeFilePath } from "../../common/paths.ts";
import { checkSelector } from "../../common/selectors.ts";
import type { ClusterTrustBundleProjection, PodCertificateProjection, ProjectedVolumeSource } from "../v1-types.ts";
import { checkDownwardFile, checkFileMode, checkKeyToPath } from "./volume-files.ts";

const MIN_TOKEN_SECONDS = 600;
const MAX_TOKEN_SECONDS = 2 ** 32;
const CONFLICT = "conflicting duplicate paths";

/** A signer's bundles are named after it: `example.com:signer:name`. */
function bundleNameProblems(name: string): readonly string[] {
  const own = name.slice(name.lastIndexOf(":") + 1);
  const signer = name.slice(0, Math.max(name.lastIndexOf(":"), 0)).replaceAll(":", "/");
  const prefix = signer === "" ? "" : `${signer.replaceAll("/", ":")}:`;
  if (prefix === "" && name.includes(":")) {
    return ['ClusterTrustBundle without signer name must not have ":" in its name'];
  }
  return name.startsWith(prefix)
    ? dns1123Subdomain(own)
    : [`ClusterTrustBundle for signerName ${signer} must be named with prefix ${prefix}`];
}

function checkTrustBundle(errors: FieldError[], bundle: ClusterTrustBundleProjection, path: string): void {
  const { name, signerName, labelSelector } = bundle;
  if (name !== undefined && signerName !== undefined) {
    errors.push(invalid(path, bundle, "only one of name and signerName may be used"));
  } else if (name !== undefined) {
    checkPresent(errors, name, `${path}.name`, "must be a valid object name");
    for (const message of bundleNameProblems(name)) {
      errors.push(invalid(`${path}.name`, name, `not a valid clustertrustbundlename: ${message}`));
    }
    if (labelSelector) {
      const detail = "labelSelector must be unset if name is specified";
      errors.push(invalid(`${path}.labelSelector`, labelSelector, detail));
    }
  } else if (signerName !== undefined) {
    checkPresent(errors, signerName, `${path}.signerName`, "must be a valid signer name");
    checkSignerName(errors, signerName, `${path}.signerName`);
    checkSelector(errors, labelSelector, `${path}.labelSelector`);
  } else errors.push(required(path, "either name or signerName must be specified"));
  checkPresent(errors, bundle.path, `${path}.path`);
  checkVolumeFilePath(errors, bundle.path ?? "", `${path}.path`);
}

const KEY_TYPES = ["RSA3072", "RSA4096", "ECDSAP256", "ECDSAP384", "ECDSAP521", "ED25519"];
const HOUR_SECONDS = 3600;
const DAY_SECONDS = 24 * HOUR_SECONDS;
const MAX_CERTIFICATE_SECONDS = 91 * DAY_SECONDS;

function checkExpiry(errors: FieldError[], seconds: number | undefined, signer: string, path: string): void {
  if (seconds === undefined) return;
  if (seconds < HOUR_SECONDS) {
    errors.push(invalid(path, seconds, `if provided, maxExpirationSeconds must be >= ${HOUR_SECONDS}`));
  }
  const most = signer.startsWith("kubernetes.io/") ? DAY_SECONDS : MAX_CERTIFICATE_SECONDS;
  if (seconds > most) errors.push(invalid(path, seconds, `if provided, maxExpirationSeconds must be <= ${most}`));
}

function checkCertificate(errors: FieldError[], certificate: PodCertificateProjection, path: string): void {
  const { signerName, keyType, userAnnotations, maxExpirationSeconds } = certificate;
  checkSignerName(errors, signerName, `${path}.signerName`);
  checkAnnotations(errors, userAnnotations, `${path}.userAnnotations`);
  checkOneOf(errors, keyType, `${path}.keyType`, KEY_TYPES);
  checkExpiry(errors, maxExpirationSeconds, signerName ?? "", `${path}.maxExpirationSeconds`);
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
      const { credentialBundlePath, keyPath, certificateChainPath } = source.podCertificate;
      checkCertificate(errors, source.podCertificate, `${item}.podCertificate`);
      for (const file of [credentialBundlePath, keyPath, certificateChainPath]) take(file, file ?? "");
    }
    if (count > 1) errors.push(fieldForbidden(item, "may not specify more than 1 volume type per source"));
  });
}
