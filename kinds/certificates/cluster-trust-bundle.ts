/** ClusterTrustBundle. Source: https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/ */
import { type FieldError, invalid } from "../../machinery/meta/field-error.ts";
import { dns1123Subdomain } from "../../machinery/meta/names.ts";
import { nameOf } from "../common/rows.ts";
import { checkImmutable } from "../common/same.ts";
import type { ClusterTrustBundle } from "../generated/api/certificates-v1beta1.ts";
import type { Strategy } from "../kind.ts";
import { certificatesProblem } from "./pem.ts";
import { checkSignerName } from "./signer-name.ts";

const PATH = "spec.trustBundle";

function checkName(errors: FieldError[], name: string, signer: string): void {
  if (signer === "") {
    if (!name.includes(":")) return;
    const detail = 'ClusterTrustBundle without signer name must not have ":" in its name';
    errors.push(invalid("metadata.name", name, detail));
    return;
  }
  const prefix = `${signer.replaceAll("/", ":")}:`;
  if (name.startsWith(prefix)) return;
  const detail = `ClusterTrustBundle for signerName ${signer} must be named with prefix ${prefix}`;
  errors.push(invalid("metadata.name", name, detail));
}

export const clusterTrustBundle: Strategy<ClusterTrustBundle> = {
  allowUnconditionalUpdate: false,
  // The signer's part and the name's own, with colons between.
  nameErrors: (name) => name.split(":").flatMap((part) => dns1123Subdomain(part)),
  defaults(next) {
    next.spec ??= { trustBundle: "" };
    return next;
  },
  validate({ metadata, spec }) {
    const errors: FieldError[] = [];
    const signer = spec.signerName ?? "";
    if (signer !== "") checkSignerName(errors, signer, "spec.signerName");
    checkName(errors, metadata.name ?? "", signer);
    const problem = certificatesProblem(spec.trustBundle ?? "");
    if (problem !== undefined) errors.push(invalid(PATH, "<value omitted>", problem));
    return errors;
  },
  validateUpdate(next, prev) {
    const errors: FieldError[] = [];
    checkImmutable(errors, next.spec.signerName, prev.spec.signerName, "spec.signerName");
    return errors;
  },
  selectableFields: ({ spec }) => ({ "spec.signerName": spec.signerName ?? "" }),
  row: (object) => [nameOf(object), object.spec.signerName || "<none>"],
};
