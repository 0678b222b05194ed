import type { ConfigMap, Secret } from "../../kinds/core/v1-types.ts";
import { type Answer, type Controller, NOTHING, type Plan } from "../runner/controller.ts";
import { patchOp } from "../runner/ops.ts";
import { CONFIG_MAPS, SECRETS } from "../view/resources.ts";
import { detachedSignature } from "./jws.ts";
import { expiresAtMs, isBootstrapToken, type SigningToken, signingToken, TOKEN_NAMESPACE } from "./token.ts";

const NAMESPACE = "kube-public";
const NAME = "cluster-info";
const KUBECONFIG = "kubeconfig";
const SIGNATURE_PREFIX = "jws-kubeconfig-";
const KEY = "cluster-info";

/** Signs ConfigMap kube-public/cluster-info with every bootstrap token, so that a new node knows whom to trust. */
export const bootstrapSignerController: Controller = {
  name: "bootstrap-signer",
  watches: {
    [CONFIG_MAPS]: ({ type, object: { metadata } }) =>
      type !== "deleted" && metadata.namespace === NAMESPACE && metadata.name === NAME ? [KEY] : undefined,
    [SECRETS]: ({ object }) => (isBootstrapToken(object as Secret) ? [KEY] : undefined),
  },
  plan(_key, view, { nowMs, answers }) {
    const info = view.configMaps.get(NAMESPACE, NAME);
    if (!info || info.metadata.deletionTimestamp) return NOTHING;
    return planSignatures({
      info,
      secrets: view.secrets.inNamespace(TOKEN_NAMESPACE),
      nowMs,
      ...(answers && { answers }),
    });
  },
};

/** Names a signature by all it depends on: an answer that came too late is to another question. */
const questionName = ({ id, secret }: SigningToken, kubeconfig: string): string => `${id}.${secret}\n${kubeconfig}`;

export function planSignatures(seen: {
  info: ConfigMap;
  secrets: Iterable<Secret>;
  nowMs: number;
  answers?: ReadonlyMap<string, Answer>;
}): Plan {
  const { info, secrets, nowMs, answers } = seen;
  const data = info.data ?? {};
  const kubeconfig = data[KUBECONFIG];
  const tokens: SigningToken[] = [];
  let againAtMs: number | undefined;
  for (const secret of secrets) {
    const token = signingToken(secret, nowMs);
    if (!token) continue;
    tokens.push(token);
    const atMs = expiresAtMs(secret);
    if (atMs !== undefined && (againAtMs === undefined || atMs < againAtMs)) againAtMs = atMs;
  }
  const later = againAtMs === undefined ? {} : { againAtMs };
  const wanted: { [key: string]: string } = {};
  const unknown: SigningToken[] = [];
  for (const token of kubeconfig ? tokens : []) {
    const answer = answers?.get(questionName(token, kubeconfig!));
    if (answer && !answer.ok) throw answer.error;
    if (answer) wanted[SIGNATURE_PREFIX + token.id] = String(answer.value);
    else unknown.push(token);
  }
  if (unknown.length > 0) {
    const asks = tokens.map((token) => ({
      name: questionName(token, kubeconfig!),
      ask: () => detachedSignature({ payload: kubeconfig!, keyId: token.id, key: token.secret }),
    }));
    return { actions: [], asks };
  }
  const changes: { [key: string]: string | null } = {};
  for (const key of Object.keys(data)) if (key.startsWith(SIGNATURE_PREFIX) && !(key in wanted)) changes[key] = null;
  for (const [key, value] of Object.entries(wanted)) if (data[key] !== value) changes[key] = value;
  if (Object.keys(changes).length === 0) return { actions: [], ...later };
  return { actions: [{ op: patchOp(CONFIG_MAPS, info, { data: changes }) }], ...later };
}
