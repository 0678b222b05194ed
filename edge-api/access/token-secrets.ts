/**
 * Fills secrets of type kubernetes.io/service-account-token: the account's token, which holds as long as the secret,
 * the cluster's CA and the namespace.
 * Source: pkg/controller/serviceaccount/tokens_controller.go of kube-controller-manager; here because only ClusterStore
 * has the key.
 */
import type { Secret } from "../../kinds/core/v1-types.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";
import type { CommitGroup } from "../store/commit-group.ts";
import type { Caller, Environment, Target } from "../verbs/environment.ts";
import {
  ACCOUNT_NAME_ANNOTATION,
  ACCOUNT_UID_ANNOTATION,
  deleteTokenSecret,
  noteFilled,
  parseTokenSecretRow,
  placeOfRow,
  TOKEN_SECRET_TYPE,
  TOKEN_SECRETS,
} from "../verbs/hooks/token-secrets.ts";
import { update } from "../verbs/update.ts";
import { MASTERS_GROUP } from "./identity.ts";
import { type Claims, legacyClaims } from "./tokens.ts";

export interface TokenSecretsOptions {
  env: Environment;
  commit: CommitGroup;
  sign(claims: Claims): Promise<string>;
  /** PEM */
  caCertificate: string;
  report(error: unknown, context: string): void;
}

interface Place {
  namespace: string;
  name: string;
}

const CALLER: Caller = {
  identity: { user: "system:kube-controller-manager", groups: [MASTERS_GROUP] },
  dryRun: false,
  fieldManager: "kube-controller-manager",
  warn: () => undefined,
};

/** Looks after what is pending now, and from here on. To be called outside of transactions. */
export function followTokenSecrets(options: TokenSecretsOptions): void {
  const { env, report } = options;
  const settle = (place: Place): void => {
    fill(options, place).catch((error: unknown) => report(error, `token secret ${place.namespace}/${place.name}`));
  };
  for (const row of [...env.store.list({ resource: TOKEN_SECRETS })])
    if (parseTokenSecretRow(row).isPending) settle(placeOfRow(row));
  env.store.subscribe((events) => {
    for (const event of events) {
      if (event.resource !== TOKEN_SECRETS || event.type === "DELETED") continue;
      if (parseTokenSecretRow(event).isPending) settle(placeOfRow(event));
    }
  });
}

async function fill(options: TokenSecretsOptions, place: Place): Promise<void> {
  const { env, commit, sign, caCertificate } = options;
  const plan = planFilling(env, place);
  if (plan.do === "nothing") return;
  if (plan.do === "delete") {
    await commit.run(() => deleteTokenSecret(env, place, (uid) => uid === plan.accountUid));
    return;
  }
  const token = plan.claims && btoa(await sign(plan.claims));
  await commit.run(() => {
    // Whoever wrote to it meanwhile has noted it anew.
    if (env.store.get(keyOf(place))?.revision !== plan.revision) return;
    const transform = (live: KubeObject | undefined): KubeObject => {
      const secret = live as Secret;
      const { annotations } = secret.metadata;
      secret.metadata.annotations = { ...annotations, [ACCOUNT_UID_ANNOTATION]: plan.accountUid };
      secret.data = {
        ...secret.data,
        "ca.crt": btoa(caCertificate),
        namespace: secret.data?.namespace || btoa(place.namespace),
        ...(token !== undefined && { token }),
      };
      return secret;
    };
    update(env, { target: targetOf(env, place), caller: CALLER, isPatch: true, transform });
    noteFilled(env, place);
  });
}

const keyOf = ({ namespace, name }: Place) => ({ resource: "secrets", namespace, name });

function targetOf(env: Environment, { namespace, name }: Place): Target {
  const kind = env.registry.findStorage("secrets");
  if (!kind) throw new Error("no kind is stored as secrets");
  return { kind, namespace, name, subresource: "" };
}

type Filling =
  | { do: "nothing" }
  /** Its account is gone, or never was. `accountUid` as the secret has it. */
  | { do: "delete"; accountUid: string }
  /** `claims` of the token that is missing. */
  | { do: "fill"; revision: number; accountUid: string; claims: Claims | undefined };

function planFilling(env: Environment, place: Place): Filling {
  const row = env.store.get(keyOf(place));
  const secret = row && (JSON.parse(row.value) as Secret);
  if (!secret || secret.type !== TOKEN_SECRET_TYPE || secret.metadata.deletionTimestamp !== undefined)
    return { do: "nothing" };
  const { annotations = {} } = secret.metadata;
  const { namespace } = place;
  const name = annotations[ACCOUNT_NAME_ANNOTATION] ?? "";
  const asked = annotations[ACCOUNT_UID_ANNOTATION] ?? "";
  const account = env.store.get({ resource: "serviceaccounts", namespace, name });
  const uid = account && ((JSON.parse(account.value) as KubeObject).metadata.uid ?? "");
  if (uid === undefined || (asked !== "" && asked !== uid)) return { do: "delete", accountUid: asked };
  const claims = secret.data?.token
    ? undefined
    : legacyClaims({ namespace, name, uid, secretName: place.name, tokenId: env.uuid() });
  return { do: "fill", revision: row.revision, accountUid: uid, claims };
}
