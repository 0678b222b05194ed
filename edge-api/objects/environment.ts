/** The Worker's bindings; ARCHITECTURE.md says what each means. */

import type { ClusterStore } from "./cluster-store.ts";

export interface Bindings {
  CLUSTER_STORE: DurableObjectNamespace<ClusterStore>;
  EVENT_STORE: DurableObjectNamespace;
  CONTROLLERS: DurableObjectNamespace;
  SCHEDULER: DurableObjectNamespace;
  NODE_GATEWAY: DurableObjectNamespace;
  KEDGE_ADMIN_TOKEN?: string;
  KEDGE_CA_CERT?: string;
  KEDGE_CA_KEY?: string;
  KEDGE_SERVER_URL?: string;
  KEDGE_AUDIT_POLICY?: string;
  /** "true" in a workerd by itself, where the Worker and all objects share one isolate. */
  KEDGE_ONE_PROCESS?: string;
  KEDGE_RUNTIME_CONFIG?: string;
  /** KubeSchedulerConfiguration (kubescheduler.config.k8s.io/v1), YAML or JSON. */
  KEDGE_SCHEDULER_CONFIG?: string;
  /** "verified": names in client certificates that Cloudflare has verified are believed. */
  KEDGE_CLIENT_CERTIFICATES?: string;
  KEDGE_OIDC_ISSUER?: string;
  KEDGE_OIDC_CLIENT_ID?: string;
  KEDGE_OIDC_USERNAME_CLAIM?: string;
  KEDGE_OIDC_USERNAME_PREFIX?: string;
  KEDGE_OIDC_GROUPS_CLAIM?: string;
  KEDGE_OIDC_GROUPS_PREFIX?: string;
  KEDGE_OIDC_REQUIRED_CLAIM?: string;
  KEDGE_OIDC_SIGNING_ALGS?: string;
  /** AuthenticationConfiguration (apiserver.config.k8s.io/v1) as YAML or JSON; instead of KEDGE_OIDC_*. */
  KEDGE_AUTHENTICATION_CONFIG?: string;
  /** How the identity provider is reached; absent: as everything else. */
  KEDGE_OIDC_PROVIDER?: { fetch(url: string, init?: RequestInit): Promise<Response> };
}
