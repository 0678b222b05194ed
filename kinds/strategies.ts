/** Which rules each kind has. A kind that is not named here has the rules every object has, and no more. */

import { pathSegmentName } from "../machinery/meta/names.ts";
import { controllerRevision } from "./apps/controller-revision.ts";
import { daemonSet } from "./apps/daemon-set.ts";
import { deployment } from "./apps/deployment.ts";
import { replicaSet } from "./apps/replica-set.ts";
import { statefulSet } from "./apps/stateful-set.ts";
import { cronJob } from "./batch/cron-job.ts";
import { job } from "./batch/job.ts";
import { lease } from "./coordination/lease.ts";
import { configMap } from "./core/config-map.ts";
import { endpoints } from "./core/endpoints.ts";
import { event } from "./core/event.ts";
import { namespace } from "./core/namespace.ts";
import { node } from "./core/node.ts";
import { pod } from "./core/pod.ts";
import { replicationController } from "./core/replication-controller.ts";
import { secret } from "./core/secret.ts";
import { service } from "./core/service.ts";
import { serviceAccount } from "./core/service-account.ts";
import { endpointSlice } from "./discovery/endpoint-slice.ts";
import { event as newerEvent } from "./events/event.ts";
import type { Strategy } from "./kind.ts";

/** By storage key, for all served versions. */
const byStorage: { readonly [storage: string]: Strategy } = {
  configmaps: configMap,
  endpoints,
  events: event,
  namespaces: namespace,
  nodes: node,
  pods: pod,
  replicationcontrollers: replicationController,
  secrets: secret,
  serviceaccounts: serviceAccount,
  services: service,
  "controllerrevisions.apps": controllerRevision,
  "daemonsets.apps": daemonSet,
  "deployments.apps": deployment,
  "replicasets.apps": replicaSet,
  "statefulsets.apps": statefulSet,
  "endpointslices.discovery.k8s.io": endpointSlice,
  "cronjobs.batch": cronJob,
  "jobs.batch": job,
  "leases.coordination.k8s.io": lease,
  "clusterroles.rbac.authorization.k8s.io": { nameErrors: pathSegmentName },
  "clusterrolebindings.rbac.authorization.k8s.io": { nameErrors: pathSegmentName },
  "roles.rbac.authorization.k8s.io": { nameErrors: pathSegmentName },
  "rolebindings.rbac.authorization.k8s.io": { nameErrors: pathSegmentName },
};

/** By `<plural>.<group>@<version>`, for versions whose fields differ from the stored one's. */
const byVersion: { readonly [resource: string]: Strategy } = {
  "events.events.k8s.io@v1": newerEvent,
};

const NONE: Strategy = {};

export const strategyFor = (storage: string, version: string, resource: string): Strategy =>
  byVersion[`${resource}@${version}`] ?? byStorage[storage] ?? NONE;
