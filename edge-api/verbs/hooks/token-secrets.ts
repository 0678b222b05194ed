/**
 * Secrets that hold a service account's token: each has a row beside it, in a resource of the store's that is not
 * served, which says whose token it is and whether it is still to be written. So they are found without reading all
 * secrets, and none is forgotten over a restart. @see access/token-secrets.ts, which signs
 */
import type { Secret, ServiceAccount } from "../../../kinds/core/v1-types.ts";
import type { KubeObject } from "../../../machinery/meta/object.ts";
import type { StoredObject } from "../../store/contract.ts";
import type { Environment } from "../environment.ts";
import { encodeObject, parseObject } from "../object-text.ts";
import type { StorageHooks } from "./hooks.ts";

export const TOKEN_SECRETS = "tokensecrets.kedge";
export const TOKEN_SECRET_TYPE = "kubernetes.io/service-account-token";
export const ACCOUNT_NAME_ANNOTATION = "kubernetes.io/service-account.name";
export const ACCOUNT_UID_ANNOTATION = "kubernetes.io/service-account.uid";

export interface TokenSecretRow {
  account: string;
  /** Something of what belongs into it is missing. */
  isPending: boolean;
}

export const parseTokenSecretRow = (row: Pick<StoredObject, "value">): TokenSecretRow => JSON.parse(row.value);

/** In no namespace, since these rows are nothing that a namespace's deletion must wait for. */
const rowKey = ({ metadata }: KubeObject) => ({
  resource: TOKEN_SECRETS,
  namespace: "",
  name: `${metadata.namespace}/${metadata.name}`,
});

/** The secret that a row stands beside. */
export function placeOfRow({ name }: Pick<StoredObject, "name">): { namespace: string; name: string } {
  const slash = name.indexOf("/");
  return { namespace: name.slice(0, slash), name: name.slice(slash + 1) };
}

export const secretHooks: StorageHooks = {
  beforeCreate: (next, env) => note(next as Secret, undefined, env),
  beforeUpdate: (next, prev, env) => note(next as Secret, prev as Secret, env),
  afterDelete(prev, env) {
    if ((prev as Secret).type !== TOKEN_SECRET_TYPE) return;
    forget(env, prev);
    removeReference(env, prev as Secret);
  },
};

/** A new generation of a secret that lacks something is noted anew, so that whoever signs hears of it. */
function note(next: Secret, prev: Secret | undefined, env: Environment): void {
  const { type, data = {}, metadata } = next;
  if (type !== TOKEN_SECRET_TYPE) return;
  const ca = prev?.data?.["ca.crt"];
  const lacksCa = !Object.hasOwn(data, "ca.crt") || (ca !== undefined && ca !== data["ca.crt"]);
  const row: TokenSecretRow = {
    account: metadata.annotations?.[ACCOUNT_NAME_ANNOTATION] ?? "",
    isPending: !data.token || !data.namespace || lacksCa,
  };
  const key = rowKey(next);
  const text = JSON.stringify(row);
  const known = env.store.get(key);
  if (!known) env.store.create(key, () => text);
  else if (known.value !== text || row.isPending) env.store.update(key, known.revision, () => text);
}

/** Nothing is missing any more, as whoever fills secrets knows best: it may have had nothing to change. */
export function noteFilled(env: Environment, place: { namespace: string; name: string }): void {
  const key = rowKey({ metadata: place } as KubeObject);
  const row = env.store.get(key);
  if (row && parseTokenSecretRow(row).isPending)
    env.store.update(key, row.revision, () => JSON.stringify({ ...parseTokenSecretRow(row), isPending: false }));
}

function forget(env: Environment, secret: KubeObject): void {
  const key = rowKey(secret);
  const row = env.store.get(key);
  if (row) env.store.delete(key, row.revision, () => row.value);
}

function removeReference(env: Environment, { metadata }: Secret): void {
  const key = {
    resource: "serviceaccounts",
    namespace: metadata.namespace ?? "",
    name: metadata.annotations?.[ACCOUNT_NAME_ANNOTATION] ?? "",
  };
  const row = key.name === "" ? undefined : env.store.get(key);
  const kind = env.registry.findStorage(key.resource);
  if (!row || !kind) return;
  const account = parseObject(row.value) as ServiceAccount;
  const kept = (account.secrets ?? []).filter(({ name }) => name !== metadata.name);
  if (kept.length === (account.secrets ?? []).length) return;
  if (kept.length > 0) account.secrets = kept;
  else delete account.secrets;
  env.store.update(key, row.revision, (revision) => encodeObject(account, kind, revision));
}

export const serviceAccountHooks: StorageHooks = {
  /** Tokens go with the account they speak for. */
  afterDelete({ metadata }, env) {
    for (const row of [...env.store.list({ resource: TOKEN_SECRETS })]) {
      const place = placeOfRow(row);
      if (place.namespace !== metadata.namespace || parseTokenSecretRow(row).account !== metadata.name) continue;
      deleteTokenSecret(env, place, (uid) => uid === "" || uid === metadata.uid);
    }
  },
};

/** @param isWanted told the uid of the account the secret names; "" for none */
export function deleteTokenSecret(
  env: Environment,
  { namespace, name }: { namespace: string; name: string },
  isWanted: (accountUid: string) => boolean,
): void {
  const key = { resource: "secrets", namespace, name };
  const row = env.store.get(key);
  const kind = env.registry.findStorage(key.resource);
  if (!row || !kind) return;
  const secret = parseObject(row.value);
  const { annotations, finalizers } = secret.metadata;
  // One that somebody holds back is worth nothing any more all the same.
  if (finalizers?.length || !isWanted(annotations?.[ACCOUNT_UID_ANNOTATION] ?? "")) return;
  env.store.delete(key, row.revision, (revision) => encodeObject(secret, kind, revision));
  forget(env, secret);
}
