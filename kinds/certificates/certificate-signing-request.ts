/**
 * CertificateSigningRequest. That the request is signed by its own key is checked in edge-api/access/csr/proof.ts.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/
 */
import { humanDuration } from "../../machinery/meta/duration.ts";
import {
  duplicate,
  type FieldError,
  fieldForbidden,
  invalid,
  notSupported,
  required,
} from "../../machinery/meta/field-error.ts";
import { checkPresent } from "../common/checks.ts";
import { age, type Cell, nameOf } from "../common/rows.ts";
import { same } from "../common/same.ts";
import { decodeBase64 } from "../core/data.ts";
import type { Strategy } from "../kind.ts";
import { parseCertificateRequest } from "./certificate-request.ts";
import { certificatesProblem } from "./issued.ts";
import { checkSignerName } from "./signer-name.ts";
import type { CertificateSigningRequest, CertificateSigningRequestCondition } from "./v1-types.ts";

type Status = NonNullable<CertificateSigningRequest["status"]>;

const LEGACY_SIGNER = "kubernetes.io/legacy-unknown";
const MIN_SECONDS = 600;
const DECISIONS = ["Approved", "Denied"];
const ONLY_TRUE = [...DECISIONS, "Failed"];

const USAGES = [
  "any",
  "cert sign",
  "client auth",
  "code signing",
  "content commitment",
  "crl sign",
  "data encipherment",
  "decipher only",
  "digital signature",
  "email protection",
  "encipher only",
  "ipsec end system",
  "ipsec tunnel",
  "ipsec user",
  "key agreement",
  "key encipherment",
  "microsoft sgc",
  "netscape sgc",
  "ocsp signing",
  "s/mime",
  "server auth",
  "signing",
  "timestamping",
];

/** Base64 text that is none reads as empty, which is no PEM. */
function pemText(base64: string | undefined): string {
  try {
    return decodeBase64(base64 ?? "");
  } catch {
    return "";
  }
}

/** What is wrong with the request itself, but for its signature. */
function requestProblem(request: string): string | undefined {
  try {
    parseCertificateRequest(request);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function checkUsages(errors: FieldError[], usages: readonly string[] | undefined): void {
  if (!usages?.length) errors.push(required("spec.usages"));
  usages?.forEach((usage, i) => {
    if (!USAGES.includes(usage)) errors.push(notSupported(`spec.usages[${i}]`, usage, USAGES));
  });
  usages?.forEach((usage, i) => {
    if (usages.indexOf(usage) < i) errors.push(duplicate(`spec.usages[${i}]`, usage));
  });
}

function checkConditions(errors: FieldError[], conditions: readonly CertificateSigningRequestCondition[] = []): void {
  const seen = new Set<string>();
  conditions.forEach(({ type, status }, i) => {
    const path = `status.conditions[${i}]`;
    checkPresent(errors, type, `${path}.type`);
    const allowed = ONLY_TRUE.includes(type) ? ["True"] : ["False", "True", "Unknown"];
    if (checkPresent(errors, status, `${path}.status`) && !allowed.includes(status)) {
      errors.push(notSupported(`${path}.status`, status, allowed));
    }
    if (DECISIONS.includes(type) && DECISIONS.some((other) => other !== type && seen.has(other))) {
      errors.push(invalid(`${path}.type`, type, "Approved and Denied conditions are mutually exclusive"));
    }
    if (seen.has(type)) errors.push(duplicate(`${path}.type`, type));
    seen.add(type);
  });
}

function validate({ spec, status }: CertificateSigningRequest): FieldError[] {
  const errors: FieldError[] = [];
  const wrong = requestProblem(spec.request ?? "");
  if (wrong !== undefined) errors.push(invalid("spec.request", spec.request ?? "", wrong));
  checkUsages(errors, spec.usages);
  if (spec.signerName === LEGACY_SIGNER) {
    const detail = "the legacy signerName is not allowed via this API version";
    errors.push(invalid("spec.signerName", spec.signerName, detail));
  } else checkSignerName(errors, spec.signerName, "spec.signerName");
  const seconds = spec.expirationSeconds;
  if (seconds !== undefined && seconds < MIN_SECONDS) {
    const detail = "may not specify a duration less than 600 seconds (10 minutes)";
    errors.push(invalid("spec.expirationSeconds", seconds, detail));
  }
  checkConditions(errors, status?.conditions);
  if (status?.certificate) {
    const problem = certificatesProblem(pemText(status.certificate));
    if (problem !== undefined) errors.push(invalid("status.certificate", "<certificate data>", problem));
  }
  return errors;
}

const ofType = (request: CertificateSigningRequest, type: string): CertificateSigningRequestCondition[] =>
  request.status?.conditions?.filter((condition) => condition.type === type) ?? [];

/** What each endpoint may change: the decision through "approval", the certificate through "status". */
function updateErrors(
  next: CertificateSigningRequest,
  prev: CertificateSigningRequest,
  { decides, issues }: { decides: boolean; issues: boolean },
): FieldError[] {
  const errors = decides || issues ? validate(next) : [];
  const path = "status.conditions";
  for (const type of ONLY_TRUE) {
    const [now, before] = [ofType(next, type), ofType(prev, type)];
    const name = JSON.stringify(type);
    if (now.length < before.length) {
      errors.push(fieldForbidden(path, `updates may not remove a condition of type ${name}`));
    } else if (decides || !DECISIONS.includes(type)) continue;
    else if (now.length > before.length) {
      errors.push(fieldForbidden(path, `updates may not add a condition of type ${name}`));
    } else if (!same(now, before)) {
      errors.push(fieldForbidden(path, `updates may not modify a condition of type ${name}`));
    }
  }
  const certificate = prev.status?.certificate ?? "";
  if ((next.status?.certificate ?? "") === certificate) return errors;
  if (!issues) errors.push(fieldForbidden("status.certificate", "updates may not set certificate content"));
  else if (certificate !== "") {
    errors.push(fieldForbidden("status.certificate", "updates may not modify existing certificate content"));
  }
  return errors;
}

/** Decisions stay as they are, whatever a signer writes of them; how many there are is judged later. */
function withDecisionsOf(prev: CertificateSigningRequest, status: Status): Status {
  const conditions = status.conditions?.slice();
  if (!conditions) return status;
  for (const type of DECISIONS) {
    const before = ofType(prev, type);
    const places = conditions.flatMap((condition, i) => (condition.type === type ? [i] : []));
    if (places.length !== before.length) continue;
    before.forEach((condition, i) => {
      conditions[places[i]!] = condition;
    });
  }
  return { ...status, conditions };
}

function conditionText(status: Status | undefined): string {
  const types = status?.conditions?.map((condition) => condition.type) ?? [];
  const decision = types.includes("Denied") ? "Denied" : types.includes("Approved") ? "Approved" : "Pending";
  return decision + (types.includes("Failed") ? ",Failed" : "") + (status?.certificate ? ",Issued" : "");
}

function row(object: CertificateSigningRequest, nowMs: number): Cell[] {
  const { spec, status } = object;
  return [
    nameOf(object),
    age(object, nowMs),
    spec.signerName || "<none>",
    spec.username ?? "",
    spec.expirationSeconds === undefined ? "<none>" : humanDuration(spec.expirationSeconds * 1000),
    conditionText(status),
  ];
}

export const certificateSigningRequest: Strategy<CertificateSigningRequest> = {
  nameErrors: () => [],
  defaults(next) {
    next.spec ??= { request: "", signerName: "" };
    return next;
  },
  prepareForCreate(next) {
    next.status = {};
    return next;
  },
  prepareForUpdate(next, prev) {
    next.spec = prev.spec;
    next.status = prev.status ?? {};
    return next;
  },
  validate,
  validateUpdate: (next, prev) => updateErrors(next, prev, { decides: false, issues: false }),
  subresources: {
    status: {
      prepareForUpdate: (next, prev) => ({
        ...prev,
        metadata: next.metadata,
        status: withDecisionsOf(prev, next.status ?? {}),
      }),
      validateUpdate: (next, prev) => updateErrors(next, prev, { decides: false, issues: true }),
    },
    approval: {
      prepareForUpdate(next, prev) {
        const conditions = next.status?.conditions ?? [];
        return { ...prev, metadata: next.metadata, status: { ...prev.status, conditions } };
      },
      validateUpdate: (next, prev) => updateErrors(next, prev, { decides: true, issues: false }),
    },
  },
  selectableFields: ({ spec }) => ({ "spec.signerName": spec.signerName ?? "" }),
  row,
};
