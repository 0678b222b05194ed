/**
 * Notes on the secret of a token, once a day, that the token is still in use: by that the unused ones are found.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#auto-generated-legacy-serviceaccount-token-clean-up
 */
import type { KubeObject } from "../../machinery/meta/object.ts";
import type { CommitGroup } from "../store/commit-group.ts";
import type { Caller, Environment, Target } from "../verbs/environment.ts";
import { update } from "../verbs/update.ts";
import { type Identity, MASTERS_GROUP, serviceAccountOf } from "./identity.ts";

export const LAST_USED_LABEL = "kubernetes.io/legacy-token-last-used";

const DAY_MS = 24 * 3600 * 1000;
const CALLER: Caller = {
  identity: { user: "system:apiserver", groups: [MASTERS_GROUP] },
  dryRun: false,
  fieldManager: "kube-apiserver",
  warn: () => undefined,
};

/** The day that was last noted of each secret, so that most requests only look here. */
const noted = new WeakMap<Environment, Map<string, string>>();
const MAX_NOTED = 4096;

export interface Noting {
  env: Environment;
  commit: CommitGroup;
  report(error: unknown, context: string): void;
}

/** To be called when the token has been found good. Returns at once: what is to be written is written later. */
export function noteTokenUse(noting: Noting, { user, secret }: Identity): void {
  const account = serviceAccountOf(user);
  if (!account || secret?.tokenId === undefined) return;
  const { env, commit, report } = noting;
  const days = noted.get(env) ?? new Map<string, string>();
  noted.set(env, days);
  const id = `${account.namespace}/${secret.name}`;
  const today = dayOf(env.clock.now());
  if (days.get(id) === today) return;
  if (days.size >= MAX_NOTED) days.clear();
  days.set(id, today);
  commit
    .run(() => label(env, { namespace: account.namespace, name: secret.name }))
    .catch((error: unknown) => {
      days.delete(id);
      report(error, `noting the use of token secret ${id}`);
    });
}

const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, "2026-01-01".length);

function label(env: Environment, { namespace, name }: { namespace: string; name: string }): void {
  const kind = env.registry.findStorage("secrets");
  const row = env.store.get({ resource: "secrets", namespace, name });
  if (!kind || !row) return;
  const { labels } = (JSON.parse(row.value) as KubeObject).metadata;
  const last = labels?.[LAST_USED_LABEL];
  const nowMs = env.clock.now();
  // Tomorrow: of a server whose clock is ahead.
  if (last === dayOf(nowMs) || last === dayOf(nowMs + DAY_MS)) return;
  const target: Target = { kind, namespace, name, subresource: "" };
  const transform = (live: KubeObject | undefined): KubeObject => {
    const { metadata } = live!;
    return {
      ...live!,
      metadata: { ...metadata, labels: { ...metadata.labels, [LAST_USED_LABEL]: dayOf(nowMs) } },
    };
  };
  update(env, { target, caller: CALLER, isPatch: true, transform });
}
