/** Puts together what the handlers of one cluster share. */
import type { JWK } from "jose";
import type { CertificateSigningRequest } from "../../kinds/certificates/v1-types.ts";
import { servedRegistry } from "../../kinds/serving.ts";
import { types } from "../../kinds/types.ts";
import type { Clock } from "../../machinery/clock.ts";
import { ADMISSION_PLUGINS } from "../access/admission/order.ts";
import { admissionChain } from "../access/admission/plugin.ts";
import { Authenticator, type TokenSource } from "../access/authenticate.ts";
import { createAuthorizers } from "../access/authorizers.ts";
import { bootstrapTokenIdentity } from "../access/bootstrap-tokens.ts";
import type { Authority } from "../access/certificates.ts";
import { Impersonation } from "../access/impersonation/modes.ts";
import { readerFilter, readersOf } from "../access/node/readers.ts";
import type { Parameters } from "../access/policies/parameters.ts";
import { AccountingStore } from "../access/quota/accounting-store.ts";
import { followTokenSecrets } from "../access/token-secrets.ts";
import { API_AUDIENCE, createSigner, createVerifier, publicPart } from "../access/tokens.ts";
import { Fairness } from "../fairness/fairness.ts";
import { parsePolicy } from "../observe/audit/policy.ts";
import { RequestMetrics } from "../observe/metrics.ts";
import { StorageCounts } from "../observe/storage-counts.ts";
import { CommitGroup, nextTurn, type Schedule } from "../store/commit-group.ts";
import type { Store } from "../store/contract.ts";
import { WatchHub } from "../store/watch-hub.ts";
import type { Environment } from "../verbs/environment.ts";
import { watchFields, watchFilter } from "../verbs/selection.ts";
import type { Services } from "./context.ts";
import { Deadlines } from "./deadlines.ts";
import { formOf, representationOf } from "./watch-representation.ts";

export interface ServicesOptions extends Pick<Services, "acceptWatch" | "hubChanged" | "report"> {
  store: Store;
  clock: Clock;
  random: () => number;
  uuid: () => string;
  /** Private; signs the cluster's tokens. */
  signingKey: JWK;
  authority: Authority;
  adminToken: string | undefined;
  /** Tokens of an identity provider; absent: none are taken. */
  oidc?: TokenSource | undefined;
  /** Public URL of the edge; absent: tokens carry a name that is the same everywhere. */
  serverUrl: string | undefined;
  /** As kube-apiserver's --runtime-config; absent: the versions that are served by default. */
  runtimeConfig?: string | undefined;
  /** audit.k8s.io/v1 Policy as YAML or JSON; absent: no audit log. @see observe/audit/policy.ts */
  auditPolicy?: string | undefined;
  /** Takes the audit log's lines; absent: the console. */
  auditWrite?: (line: string) => void;
  /** Asks a node; absent: there are none. */
  usageOf?: Services["usageOf"];
  /** Of admission policies; absent: the store holds them. */
  parameters?: Parameters | undefined;
  /** Size of the database file. */
  storageBytes?: () => number;
  schedule?: Schedule;
}

export async function createServices(options: ServicesOptions): Promise<Services> {
  const { clock, random, uuid, authority } = options;
  const registry = servedRegistry(options.runtimeConfig);
  const nowMs = (): number => clock.now();
  const store = new AccountingStore(options.store, { registry, nowMs });
  const rights = createAuthorizers(store);
  const { authorizer, rbac, references } = rights;
  const metrics = new RequestMetrics(nowMs());
  const env: Environment = {
    store,
    registry,
    types,
    clock,
    random,
    uuid,
    admission: admissionChain(ADMISSION_PLUGINS, {
      store,
      registry,
      clock,
      random,
      rights,
      quotas: store,
      counts: metrics.admission,
      ...(options.parameters && { parameters: options.parameters }),
    }),
  };
  const keys = [publicPart(options.signingKey)];
  const verify = createVerifier(keys, nowMs);
  const audiences = audiencesOf(options.serverUrl);
  const sign = await createSigner(options.signingKey);
  const commit = new CommitGroup(store, options.schedule);
  followTokenSecrets({ env, commit, sign, caCertificate: authority.certificate, report: options.report });
  return {
    env,
    authorizer,
    impersonation: new Impersonation(authorizer),
    references,
    rulesFor: (identity, namespace) => rbac.rulesFor(identity, namespace),
    rulesProblem: (identity, namespace) => rbac.problemFor(identity, namespace),
    authenticator: new Authenticator({
      adminToken: options.adminToken,
      verify: async (token) => {
        const verified = await verify(token);
        return verified && { ...verified, audiences };
      },
      bootstrapToken: async (id, secret) => bootstrapTokenIdentity(store, { id, secret, nowMs: nowMs() }),
      oidc: options.oidc,
      nowMs,
    }),
    commit,
    deadlines: new Deadlines(clock),
    fairness: new Fairness({ store, clock, schedule: options.schedule ?? nextTurn }),
    hub: new WatchHub({
      store,
      now: nowMs,
      filter: (spec) => readerFilter(references, spec) ?? watchFilter(formOf(spec.representation, registry).kind, spec),
      readersOf: (key) => readersOf(references, key),
      fields: (resource, object) => watchFields(registry, resource, object),
      representation: (spec) => representationOf(spec, registry, nowMs),
      onDue: options.hubChanged,
      report: (error) => options.report(error, "watch"),
    }),
    metrics,
    storage: new StorageCounts(store, registry, options.storageBytes),
    audit: options.auditPolicy
      ? {
          policy: parsePolicy(options.auditPolicy),
          write: (line) => {
            metrics.auditEvents++;
            (options.auditWrite ?? console.log)(line);
          },
        }
      : undefined,
    tokens: { issuer: audiences[0]!, audiences, keys, sign },
    certificates: {
      caCertificate: authority.certificate,
      async signServer(csr, allowed) {
        const { signServerRequest } = await import("../access/certificates.ts");
        return signServerRequest(authority, csr, { allowed, nowMs: nowMs() });
      },
      async signRequest(request) {
        const { signApproved } = await import("../access/csr/sign.ts");
        return signApproved(authority, request as CertificateSigningRequest, nowMs());
      },
    },
    usageOf: options.usageOf ?? (async () => undefined),
    acceptWatch: options.acceptWatch,
    hubChanged: options.hubChanged,
    report: options.report,
  };
}

/** Names by which nobody but the machine itself finds the API server: no use to who wants to check its tokens. */
const LOOPBACK = /^https?:\/\/(?:localhost|127\.|\[::1\])/;

/** Whom the API server's tokens are for; the first is their issuer. */
export function audiencesOf(serverUrl: string | undefined): string[] {
  if (!serverUrl || serverUrl === API_AUDIENCE) return [API_AUDIENCE];
  return LOOPBACK.test(serverUrl) ? [API_AUDIENCE, serverUrl] : [serverUrl, API_AUDIENCE];
}
