/** The least that the API server takes of each kind, without apiVersion, kind and metadata.name. By storage key. */

const template = { metadata: { labels: { app: "a" } }, spec: { containers: [{ name: "main", image: "busybox" }] } };
const selector = { matchLabels: { app: "a" } };
const clientConfig = { url: "https://example.com/hook" };
const service = { name: "hook", namespace: "default" };
const rules = [{ operations: ["CREATE"], apiGroups: [""], apiVersions: ["v1"], resources: ["pods"] }];
const webhook = { name: "a.example.com", clientConfig, rules, admissionReviewVersions: ["v1"], sideEffects: "None" };
const claim = { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } };
const devices = { requests: [{ name: "gpu", exactly: { deviceClassName: "gpu.example.com" } }] };
/** Self-signed; good for a century. */
const trustBundle = `-----BEGIN CERTIFICATE-----
MIIBgjCCASegAwIBAgIUA6Xwlrc/WKzKEgkWMXoj2Vo+htswCgYIKoZIzj0EAwIw
FTETMBEGA1UEAwwKa2VkZ2UtdGVzdDAgFw0yNjExMjEwNDM2MzBaGA8yMTI2MTAy
ODA0MzYzMFowFTETMBEGA1UEAwwKa2VkZ2UtdGVzdDBZMBMGByqGSM49AgEGCCqG
SM49AwEHA0IABGNPJdh1zGIB52cho8C5W/3HqQS4paKgYvM/4SXdPZVMkqO2gIev
55NTrFnPDpK+jvA8m1zH+g3r52EbU/eyGDejUzBRMB0GA1UdDgQWBBQG/HKPsEx6
OnL7M7Nol6QfrwMmDDAfBgNVHSMEGDAWgBQG/HKPsEx6OnL7M7Nol6QfrwMmDDAP
BgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0kAMEYCIQCcLmEKroqWp4myGet2
QVmPehrMU0GzEJKuwWYVdBsjTQIhAL8ZUAMaKWHzYfi8z8VS9oB1Qo1X1Ab6PQ9g
1bqAO8jc
-----END CERTIFICATE-----
`;
const matchConstraints = { resourceRules: rules };

export interface Minimal {
  [field: string]: unknown;
  metadata?: { name?: string };
}

export const minimalObjects: { readonly [storage: string]: Minimal } = {
  configmaps: { data: { a: "b" } },
  endpoints: { subsets: [{ addresses: [{ ip: "10.0.0.1" }], ports: [{ port: 80 }] }] },
  events: {
    involvedObject: { kind: "Pod", namespace: "default", name: "a" },
    reason: "Testing",
    message: "a",
    type: "Normal",
    firstTimestamp: "2026-01-01T00:00:00Z",
    lastTimestamp: "2026-01-01T00:00:00Z",
    source: { component: "test" },
  },
  limitranges: { spec: { limits: [{ type: "Container", max: { cpu: "1" } }] } },
  namespaces: {},
  nodes: {},
  persistentvolumeclaims: { spec: claim },
  persistentvolumes: {
    spec: { capacity: { storage: "1Gi" }, accessModes: ["ReadWriteOnce"], hostPath: { path: "/data" } },
  },
  pods: { spec: template.spec },
  podtemplates: { template },
  replicationcontrollers: { spec: { selector: { app: "a" }, template } },
  resourcequotas: { spec: { hard: { "count/secrets": "7" } } },
  secrets: { stringData: { a: "b" } },
  serviceaccounts: {},
  services: { spec: { ports: [{ port: 80 }] } },
  "apiservices.apiregistration.k8s.io": {
    metadata: { name: "v1.example.com" },
    spec: { group: "example.com", version: "v1", groupPriorityMinimum: 100, versionPriority: 10 },
  },
  "controllerrevisions.apps": { revision: 1, data: { a: 1 } },
  "daemonsets.apps": { spec: { selector, template } },
  "deployments.apps": { spec: { selector, template } },
  "replicasets.apps": { spec: { selector, template } },
  "statefulsets.apps": { spec: { serviceName: "a", selector, template } },
  "events.events.k8s.io@v1": {
    regarding: { kind: "Pod", namespace: "default", name: "a" },
    reason: "Testing",
    action: "Test",
    type: "Normal",
    eventTime: "2026-01-01T00:00:00.000000Z",
    reportingController: "example.com/test",
    reportingInstance: "a",
  },
  "horizontalpodautoscalers.autoscaling": {
    spec: { scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "a" }, maxReplicas: 2 },
  },
  "cronjobs.batch": {
    spec: {
      schedule: "* * * * *",
      jobTemplate: { spec: { template: { spec: { ...template.spec, restartPolicy: "Never" } } } },
    },
  },
  "jobs.batch": { spec: { template: { spec: { ...template.spec, restartPolicy: "Never" } } } },
  "ingressclasses.networking.k8s.io": { spec: { controller: "example.com/ingress" } },
  "ingresses.networking.k8s.io": { spec: { defaultBackend: { service: { name: "a", port: { number: 80 } } } } },
  "ipaddresses.networking.k8s.io": {
    metadata: { name: "10.96.0.77" },
    spec: { parentRef: { resource: "services", namespace: "default", name: "a" } },
  },
  "networkpolicies.networking.k8s.io": { spec: { podSelector: {} } },
  "servicecidrs.networking.k8s.io": { spec: { cidrs: ["10.97.0.0/16"] } },
  "poddisruptionbudgets.policy": { spec: { minAvailable: 1, selector } },
  "clusterrolebindings.rbac.authorization.k8s.io": {
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "view" },
  },
  "clusterroles.rbac.authorization.k8s.io": { rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get"] }] },
  "rolebindings.rbac.authorization.k8s.io": {
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "view" },
  },
  "roles.rbac.authorization.k8s.io": { rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get"] }] },
  "csidrivers.storage.k8s.io": { spec: {} },
  "csinodes.storage.k8s.io": { spec: { drivers: [{ name: "csi.example.com", nodeID: "a" }] } },
  "csistoragecapacities.storage.k8s.io": { storageClassName: "fast", capacity: "1Gi" },
  "storageclasses.storage.k8s.io": { provisioner: "example.com/disks" },
  "volumeattachments.storage.k8s.io": {
    spec: { attacher: "csi.example.com", nodeName: "a", source: { persistentVolumeName: "a" } },
  },
  "volumeattributesclasses.storage.k8s.io": { driverName: "csi.example.com", parameters: { a: "b" } },
  "mutatingadmissionpolicies.admissionregistration.k8s.io": {
    spec: {
      failurePolicy: "Ignore",
      reinvocationPolicy: "Never",
      matchConstraints,
      mutations: [{ patchType: "JSONPatch", jsonPatch: { expression: "[]" } }],
    },
  },
  "mutatingadmissionpolicybindings.admissionregistration.k8s.io": { spec: { policyName: "a" } },
  "mutatingwebhookconfigurations.admissionregistration.k8s.io": { webhooks: [{ ...webhook, failurePolicy: "Ignore" }] },
  "validatingadmissionpolicies.admissionregistration.k8s.io": {
    spec: { failurePolicy: "Ignore", matchConstraints, validations: [{ expression: "true" }] },
  },
  "validatingadmissionpolicybindings.admissionregistration.k8s.io": {
    spec: { policyName: "a", validationActions: ["Audit"] },
  },
  "validatingwebhookconfigurations.admissionregistration.k8s.io": {
    webhooks: [{ ...webhook, clientConfig: { service }, failurePolicy: "Ignore" }],
  },
  "customresourcedefinitions.apiextensions.k8s.io": {
    metadata: { name: "things.example.com" },
    spec: {
      group: "example.com",
      scope: "Namespaced",
      names: { plural: "things", kind: "Thing" },
      versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: { type: "object" } } }],
    },
  },
  "clustertrustbundles.certificates.k8s.io": { spec: { trustBundle } },
  "leasecandidates.coordination.k8s.io": {
    spec: {
      leaseName: "a",
      binaryVersion: "1.36.0",
      emulationVersion: "1.36.0",
      strategy: "OldestEmulationVersion",
    },
  },
  "leases.coordination.k8s.io": { spec: { holderIdentity: "a" } },
  "runtimeclasses.node.k8s.io": { handler: "runc" },
  "endpointslices.discovery.k8s.io": { addressType: "IPv4", endpoints: [{ addresses: ["10.0.0.1"] }] },
  "flowschemas.flowcontrol.apiserver.k8s.io": { spec: { priorityLevelConfiguration: { name: "catch-all" } } },
  "prioritylevelconfigurations.flowcontrol.apiserver.k8s.io": {
    spec: { type: "Limited", limited: { limitResponse: { type: "Reject" } } },
  },
  "storageversions.internal.apiserver.k8s.io": { metadata: { name: "apps.deployments" }, spec: {}, status: {} },
  "deviceclasses.resource.k8s.io": { spec: {} },
  "devicetaintrules.resource.k8s.io": { spec: { taint: { key: "a", effect: "NoSchedule" } } },
  "resourceclaims.resource.k8s.io": { spec: { devices } },
  "resourceclaims.resource.k8s.io@v1beta1": {
    spec: { devices: { requests: [{ name: "gpu", deviceClassName: "gpu.example.com" }] } },
  },
  "resourceclaimtemplates.resource.k8s.io": { spec: { spec: { devices } } },
  "resourceclaimtemplates.resource.k8s.io@v1beta1": {
    spec: { spec: { devices: { requests: [{ name: "gpu", deviceClassName: "gpu.example.com" }] } } },
  },
  "resourcepoolstatusrequests.resource.k8s.io": { spec: { driver: "gpu.example.com" } },
  "resourceslices.resource.k8s.io": {
    spec: {
      driver: "gpu.example.com",
      pool: { name: "a", generation: 1, resourceSliceCount: 1 },
      allNodes: true,
      devices: [{ name: "a" }],
    },
  },
  "resourceslices.resource.k8s.io@v1beta1": {
    spec: {
      driver: "gpu.example.com",
      pool: { name: "a", generation: 1, resourceSliceCount: 1 },
      allNodes: true,
      devices: [{ name: "a", basic: { capacity: { memory: { value: "1Gi" } } } }],
    },
  },
  "priorityclasses.scheduling.k8s.io": { value: 5 },
  "podgroups.scheduling.k8s.io": { spec: { schedulingPolicy: { gang: { minCount: 2 } } } },
  "workloads.scheduling.k8s.io": {
    spec: { podGroupTemplates: [{ name: "a", schedulingPolicy: { gang: { minCount: 2 } } }] },
  },
  "storageversionmigrations.storagemigration.k8s.io": {
    spec: { resource: { group: "apps", resource: "deployments" } },
  },
};
