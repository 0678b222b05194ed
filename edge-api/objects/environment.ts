/** The Worker's bindings; ARCHITECTURE.md says what each means. */

import type { ClusterStore } from "./cluster-store.ts";

export interface Bindings {
  CLUSTER_STORE: DurableObjectNamespace<ClusterStore>;
  CONTROLLERS: DurableObjectNamespace;
  SCHEDULER: DurableObjectNamespace;
  NODE_GATEWAY: DurableObjectNamespace;
  KEDGE_ADMIN_TOKEN?: string;
  KEDGE_CA_CERT?: string;
  KEDGE_CA_KEY?: string;
  KEDGE_SERVER_URL?: string;
  KEDGE_AUDIT_POLICY?: string;
}
