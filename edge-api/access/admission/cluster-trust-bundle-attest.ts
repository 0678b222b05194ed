/** Only who may attest for a signer publishes bundles in its name. */
import { deepEqual } from "../../../machinery/meta/equality.ts";
import type { KubeObject } from "../../../machinery/meta/object.ts";
import { mayForSigner } from "../csr/authorize-signer.ts";
import type { AdmissionPlugin } from "./plugin.ts";
import { refuse } from "./refuse.ts";

interface Bundle extends KubeObject {
  spec: { signerName?: string };
}

export const clusterTrustBundleAttest: AdmissionPlugin = {
  name: "ClusterTrustBundleAttest",
  resources: ["clustertrustbundles.certificates.k8s.io"],
  validate(attributes, env) {
    const { operation, identity, object, old } = attributes;
    if (operation === "DELETE") return;
    const { signerName } = (object as Bundle).spec;
    if (!signerName || (old && deepEqual(object!.spec, old.spec))) return;
    if (!mayForSigner(env, identity, "attest", signerName))
      throw refuse(attributes, `user not permitted to attest for signerName ${JSON.stringify(signerName)}`);
  },
};
