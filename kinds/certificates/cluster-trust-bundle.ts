/** ClusterTrustBundle. Source: https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/ */
import { type FieldError, invalid, tooLong } from "../../machinery/meta/field-error.ts";
import { dns1123Subdomain } from "../../machinery/meta/names.ts";
import { addMessages } from "../common/checks.ts";
import { nameOf } from "../common/rows.ts";
import { checkImmutable } from "../common/same.ts";
import { utf8Bytes } from "../core/data.ts";
import type { ClusterTrustBundle } from "../generated/api/certificates-v1beta1.ts";
import type { Strategy } from "../kind.ts";
import { blockBytes, type PemBlock, pemBlocks } from "./pem.ts";
import { checkSignerName } from "./signer-name.ts";
import { certificateOf } from "./x509.ts";

const PATH = "spec.trustBundle";
const MAX_BUNDLE_BYTES = 1024 * 1024;

/** A signer's bundles are named after it: `example.com:signer:rest`. */
function nameProblems(name: string, signer: string): string[] {
  if (signer === "") {
    if (name.includes(":")) return ['ClusterTrustBundle without signer name must not have ":" in its name'];
    return dns1123Subdomain(name);
  }
  const prefix = `${signer.replaceAll("/", ":")}:`;
  if (name.startsWith(prefix)) return dns1123Subdomain(name.slice(prefix.length));
  return [`ClusterTrustBundle for signerName ${signer} must be named with prefix ${prefix}`];
}

function blockProblem(block: PemBlock): string | undefined {
  if (block.type !== "CERTIFICATE") return `has bad block type: ${block.type}`;
  if (block.hasHeaders) return "has PEM block headers";
  const certificate = certificateOf(blockBytes(block));
  if (!certificate) return "does not parse as X.509";
  return certificate.isAuthority ? undefined : "does not have the CA bit set";
}

function checkBundle(errors: FieldError[], bundle: string): void {
  if (utf8Bytes(bundle) > MAX_BUNDLE_BYTES) {
    errors.push(tooLong(PATH, MAX_BUNDLE_BYTES));
    return;
  }
  const say = (detail: string): void => {
    errors.push(invalid(PATH, "<value omitted>", detail));
  };
  const before = errors.length;
  const places = new Map<string, number[]>();
  pemBlocks(bundle).forEach((block, i) => {
    const problem = blockProblem(block);
    if (problem !== undefined) say(`entry ${i} ${problem}`);
    else places.set(block.data, [...(places.get(block.data) ?? []), i]);
  });
  // Of a bundle with bad entries it says nothing that some are missing or doubled.
  if (errors.length > before) return;
  if (places.size === 0) say("at least one trust anchor must be provided");
  for (const indices of places.values()) {
    if (indices.length > 1) say(`duplicate trust anchor (indices [${indices.join(" ")}])`);
  }
}

export const clusterTrustBundle: Strategy<ClusterTrustBundle> = {
  allowUnconditionalUpdate: false,
  // What names it may have depends on its signer: see validate.
  nameErrors: () => [],
  defaults(next) {
    next.spec ??= { trustBundle: "" };
    return next;
  },
  validate({ metadata, spec }) {
    const errors: FieldError[] = [];
    const signer = spec.signerName ?? "";
    const name = metadata.name ?? "";
    if (name !== "") addMessages(errors, "metadata.name", name, nameProblems(name, signer));
    if (signer !== "") checkSignerName(errors, signer, "spec.signerName");
    return errors;
  },
  validateCreate({ spec }) {
    const errors: FieldError[] = [];
    checkBundle(errors, spec.trustBundle ?? "");
    return errors;
  },
  validateUpdate(next, prev) {
    const errors: FieldError[] = [];
    // A stored bundle stays usable when what certificates may look like is judged more strictly.
    if (next.spec.trustBundle !== prev.spec.trustBundle) checkBundle(errors, next.spec.trustBundle ?? "");
    checkImmutable(errors, next.spec.signerName, prev.spec.signerName, "spec.signerName");
    return errors;
  },
  selectableFields: ({ spec }) => ({ "spec.signerName": spec.signerName ?? "" }),
  row: (object) => [nameOf(object), object.spec.signerName || "<none>"],
};
