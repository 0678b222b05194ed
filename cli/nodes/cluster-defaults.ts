/** The addresses of ARCHITECTURE.md's table, as the node daemon's configuration names them. */
export const CLUSTER_DEFAULTS = {
  clusterCidr: "10.244.0.0/16",
  serviceCidr: "10.96.0.0/16",
  dnsServiceIp: "10.96.0.10",
  apiServiceIp: "10.96.0.1",
  clusterDomain: "cluster.local",
};
