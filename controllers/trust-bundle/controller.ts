import type { ClusterTrustBundle } from "../../kinds/generated/api/certificates-v1beta1.ts";
import { type Action, type Controller, NOTHING, type Plan, type Question } from "../runner/controller.ts";
import { createOp, deleteOp, patchOp } from "../runner/ops.ts";
import { NAMESPACES, TRUST_BUNDLES } from "../view/resources.ts";

/** Who signs the API server's certificate, as pods know it that mount what they trust. */
export const API_SERVER_SIGNER = "kubernetes.io/kube-apiserver-serving";
const KEY = "bundle";
/** Of the hash of the bundle, in its name. */
const HASH_BYTES = 12;

/**
 * Publishes in one ClusterTrustBundle whose certificates the API server has, and removes those of former days.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/#cluster-trust-bundles
 *
 * @param certificates PEM
 */
export const trustBundlePublisher = (certificates: string): Controller => ({
  name: "kube-apiserver-serving-clustertrustbundle-publisher",
  watches: {
    // There is one in every cluster: so the first bundle is made.
    [NAMESPACES]: ({ type, object }) =>
      type === "added" && object.metadata.name === "kube-system" ? [KEY] : undefined,
    [TRUST_BUNDLES]: ({ object }) =>
      (object as ClusterTrustBundle).spec.signerName === API_SERVER_SIGNER ? [KEY] : undefined,
  },
  plan(_key, view, { answers }) {
    if (!answers) return { actions: [], asks: [nameQuestion(certificates)] };
    const answer = answers.get("name");
    if (!answer?.ok) throw answer?.error ?? new Error("the bundle's name was not answered");
    const own = [...view.trustBundles.values()].filter(({ spec }) => spec.signerName === API_SERVER_SIGNER);
    return planTrustBundle({ name: answer.value as string, certificates, own });
  },
});

const nameQuestion = (certificates: string): Question => ({
  name: "name",
  async ask() {
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(certificates)));
    const hex = [...hash.subarray(0, HASH_BYTES)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return `${API_SERVER_SIGNER.replaceAll("/", ":")}:${hex}`;
  },
});

/** @param own all bundles of this signer */
export function planTrustBundle(options: {
  name: string;
  certificates: string;
  own: readonly ClusterTrustBundle[];
}): Plan {
  const { name, certificates, own } = options;
  const spec = { signerName: API_SERVER_SIGNER, trustBundle: certificates };
  const current = own.find(({ metadata }) => metadata.name === name);
  const actions: Action[] = [];
  if (!current) {
    const object = { apiVersion: "certificates.k8s.io/v1beta1", kind: "ClusterTrustBundle", metadata: { name }, spec };
    actions.push({ op: createOp(TRUST_BUNDLES, object) });
  } else if (current.spec.trustBundle !== certificates) {
    actions.push({ op: patchOp(TRUST_BUNDLES, current, { spec: { trustBundle: certificates } }) });
  }
  for (const bundle of own) if (bundle !== current) actions.push({ op: deleteOp(TRUST_BUNDLES, bundle) });
  return actions.length > 0 ? { actions } : NOTHING;
}
