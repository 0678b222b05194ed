/** Storage keys of the resources that controllers read. */
export const PODS = "pods";
export const NODES = "nodes";
export const NAMESPACES = "namespaces";
export const SERVICES = "services";
export const ENDPOINTS = "endpoints";
export const ENDPOINT_SLICES = "endpointslices.discovery.k8s.io";
export const SERVICE_ACCOUNTS = "serviceaccounts";
export const CONFIG_MAPS = "configmaps";
export const EVENTS = "events";
export const DEPLOYMENTS = "deployments.apps";
export const REPLICA_SETS = "replicasets.apps";
