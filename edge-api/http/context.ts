import type { JWK } from "jose";
import type { KubeObject } from "../../machinery/meta/object.ts";
import type { UsageReport } from "../../machinery/usage.ts";
import type { Authenticator } from "../access/authenticate.ts";
import type { Authorizer } from "../access/authorize.ts";
import type { Identity } from "../access/identity.ts";
import type { Impersonation } from "../access/impersonation/modes.ts";
import type { NodeReferences } from "../access/node/references.ts";
import type { PolicyRule } from "../access/rbac/rules.ts";
import type { Fairness } from "../fairness/fairness.ts";
import type { Flow } from "../fairness/level.ts";
import type { AuditLog } from "../observe/audit/log.ts";
import type { AuditTrail } from "../observe/audit/trail.ts";
import type { RequestMetrics } from "../observe/metrics.ts";
import type { StorageCounts } from "../observe/storage-counts.ts";
import type { CommitGroup } from "../store/commit-group.ts";
import type { WatchHub } from "../store/watch-hub.ts";
import type { WatchSpec, WatchStart } from "../store/watch-types.ts";
import type { Environment } from "../verbs/environment.ts";
import type { Deadlines } from "./deadlines.ts";
import type { Answer } from "./reply.ts";
import type { ApiRequest } from "./request.ts";
import type { RequestInfo } from "./request-info.ts";

/** What the handlers of one cluster share. */
export interface Services {
  env: Environment;
  authorizer: Authorizer;
  /** Where rights and accounts are copies of another object's: brings them up to date. Absent: they are at hand. */
  freshen?(): Promise<void>;
  /** Asks elsewhere why the caller's token is no longer good; absent: the store at hand knows. */
  accountProblem?(identity: Identity): Promise<string | undefined>;
  impersonation: Impersonation;
  /** What the pods of each node refer to. */
  references: NodeReferences;
  /** RBAC's rules that hold for an identity in a namespace. */
  rulesFor(identity: Identity, namespace: string): PolicyRule[];
  /** What is wrong with them. */
  rulesProblem(identity: Identity, namespace: string): string | undefined;
  /** For tokens that are not the request's own (TokenReview). */
  authenticator: Authenticator;
  commit: CommitGroup;
  deadlines: Deadlines;
  fairness: Fairness;
  hub: WatchHub;
  metrics: RequestMetrics;
  /** Absent: everything of the cluster is here. */
  around?: Around;
  storage: StorageCounts;
  /** Absent: nothing is logged. */
  audit: AuditLog | undefined;
  tokens: TokenService;
  certificates: CertificateService;
  /** What a node and its pods use; undefined when it does not say. */
  usageOf(node: string): Promise<UsageReport | undefined>;
  /** Watching over a WebSocket: how a socket is accepted is the platform's business. */
  /** @param watch.audit what the audit log is to be told when the socket closes, as encodeRemote writes it */
  acceptWatch(watch: { spec: WatchSpec; start: WatchStart; audit?: string }): Response;
  /** To be called after anything that may change when `hub.tick` is next due. */
  hubChanged(): void;
  /** Told of errors that are nobody's fault but ours. */
  report(error: unknown, context: string): void;
}

/** The objects beside this one that make up the cluster. */
export interface Around {
  /** Whether a storage key's objects are this object's own. */
  owns(storage: string): boolean;
  programs(): readonly AroundProgram[];
}

export interface AroundProgram {
  /** As ComponentStatus names it; absent: it has no name there. */
  component?: "controller-manager" | "scheduler";
  /** What it counts, in Prometheus' text format. Rejects when it cannot be reached. */
  metrics(): Promise<string>;
}

export interface TokenService {
  /** A signed JWT. */
  sign(claims: { [claim: string]: unknown }): Promise<string>;
  /** The `iss` of every token, also the API server's own audience. */
  issuer: string;
  /** Whom the API server's tokens are for. */
  audiences: readonly string[];
  /** Public. */
  keys: readonly JWK[];
}

export interface CertificateService {
  /** PEM of the cluster CA. */
  caCertificate: string;
  /**
   * Signs a PEM certificate request as a server certificate for these names and addresses only.
   * @returns PEM chain. @throws ApiError 400 for a request that is not one or asks for other names
   */
  signServer(csr: string, allowed: { dns: readonly string[]; ips: readonly string[] }): Promise<string>;
  /** @see machinery/cluster/contract.ts, signCertificate */
  signRequest(request: KubeObject): Promise<string>;
}

/** One request on its way through the chain. */
export interface RequestContext {
  services: Services;
  request: ApiRequest;
  method: string;
  query: URLSearchParams | undefined;
  info: RequestInfo;
  identity: Identity;
  /** The verb by which `identity` may be impersonated, when it is; "" for the one that allows everything. */
  impersonationConstraint?: string;
  auditId: string;
  /** Takes what the audit log should tell of the request; absent when it is not logged. */
  audit?: AuditTrail;
  /** Texts for Warning headers. */
  warnings: string[];
  /** What API Priority and Fairness takes it for; absent for what it does not look at. */
  flow?: Flow;
  /** Of an answer that goes on after it has been given: `ended` is called once it is over. */
  stream?: { ended?: () => void };
}

export type Handler = (context: RequestContext) => Answer | Promise<Answer>;
/** Does its part, and calls `next` unless it answers itself. */
export type Filter = (context: RequestContext, next: Handler) => Answer | Promise<Answer>;
