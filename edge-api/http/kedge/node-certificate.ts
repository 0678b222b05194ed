import { ApiError } from "../../../machinery/meta/status.ts";
import { MASTERS_GROUP, nodeNameOf } from "../../access/identity.ts";
import { readText } from "../body.ts";
import type { RequestContext } from "../context.ts";
import { type Answer, Reply } from "../reply.ts";
import { headersFor } from "../respond.ts";

/** Names at which pods call the API server, and which each node answers for. */
const API_NAMES = [
  "kubernetes",
  "kubernetes.default",
  "kubernetes.default.svc",
  "kubernetes.default.svc.cluster.local",
];
const API_ADDRESS = "10.96.0.1";

/**
 * POST /kedge/v1/nodes/{name}/certificate: a PEM certificate request for the node-local API endpoint; 201 and the PEM
 * chain. Only the node itself and administrators may: who holds such a certificate can pose as the API server there.
 * None is for addresses: what a node says its own are might be others'.
 */
export async function nodeCertificate(context: RequestContext, [name = ""]: string[]): Promise<Answer> {
  const { identity, request, services } = context;
  if (nodeNameOf(identity) !== name && !identity.groups.includes(MASTERS_GROUP)) {
    throw new ApiError(403, "Forbidden", `only node ${name} itself may ask for its certificate`, {});
  }
  // Nodes choose their names: one must not be that by which clients find the API itself.
  if (services.tokens.audiences.some((url) => URL.canParse(url) && new URL(url).hostname === name)) {
    throw new ApiError(403, "Forbidden", `${name} is the name of the API server, not of a node`, {});
  }
  const csr = await readText(request);
  const chain = await services.certificates.signServer(csr, {
    dns: [...API_NAMES, name],
    ips: [API_ADDRESS],
  });
  return new Reply(201, headersFor(context, "application/pem-certificate-chain"), chain);
}
