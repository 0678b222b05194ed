/** Where the fuzzer begins: requests that are good before they are mutated. */
import type { KubeObject } from "../../../machinery/meta/object.ts";

/** A collection's path, and an object it takes. */
export interface Sample {
  path: string;
  object: KubeObject;
}

const NAMESPACE = "/namespaces/default";
const LABELS = { app: "web" };
const SELECTOR = { matchLabels: LABELS };

const podSpec = {
  containers: [
    {
      name: "main",
      image: "busybox",
      ports: [{ containerPort: 80, name: "http" }],
      env: [
        { name: "A", value: "1" },
        { name: "B", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
      ],
      resources: { requests: { cpu: "100m", memory: "64Mi" }, limits: { memory: "1Gi" } },
      volumeMounts: [{ name: "tmp", mountPath: "/tmp" }],
      livenessProbe: { httpGet: { path: "/", port: "http" }, periodSeconds: 5 },
    },
  ],
  volumes: [
    { name: "tmp", emptyDir: {} },
    { name: "config", configMap: { name: "a", items: [{ key: "k", path: "p" }] } },
  ],
  tolerations: [{ key: "k", operator: "Exists", effect: "NoExecute", tolerationSeconds: 5 }],
  nodeSelector: { disk: "ssd" },
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchExpressions: [{ key: "zone", operator: "In", values: ["a", "b"] }] }],
      },
    },
  },
  topologySpreadConstraints: [
    { maxSkew: 1, topologyKey: "zone", whenUnsatisfiable: "DoNotSchedule", labelSelector: SELECTOR },
  ],
  securityContext: { runAsUser: 1000, sysctls: [{ name: "net.ipv4.ip_unprivileged_port_start", value: "0" }] },
};
const template = { metadata: { labels: LABELS }, spec: podSpec };

const sample = (apiVersion: string, kind: string, plural: string, fields: object, namespaced = NAMESPACE): Sample => ({
  path: `/${apiVersion.includes("/") ? "apis" : "api"}/${apiVersion}${namespaced}/${plural}`,
  object: { apiVersion, kind, metadata: { labels: LABELS, annotations: { note: "x" } }, ...fields } as KubeObject,
});

export const SAMPLES: readonly Sample[] = [
  sample("v1", "ConfigMap", "configmaps", { data: { k: "v", "k.2": "ü" }, binaryData: { b: "AAEC/w==" } }),
  sample("v1", "Secret", "secrets", { type: "Opaque", data: { k: "dg==" }, stringData: { s: "text" } }),
  sample("v1", "Pod", "pods", { spec: podSpec }),
  sample("v1", "Service", "services", {
    spec: { selector: LABELS, ports: [{ name: "http", port: 80, targetPort: "http", protocol: "TCP" }] },
  }),
  sample("v1", "ServiceAccount", "serviceaccounts", { secrets: [{ name: "a" }] }),
  sample("v1", "PersistentVolumeClaim", "persistentvolumeclaims", {
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
  }),
  sample("v1", "LimitRange", "limitranges", { spec: { limits: [{ type: "Container", max: { cpu: "2" } }] } }),
  sample("v1", "ResourceQuota", "resourcequotas", { spec: { hard: { pods: "1000", "count/secrets": "1000" } } }),
  sample("v1", "Endpoints", "endpoints", {
    subsets: [{ addresses: [{ ip: "10.0.0.1" }], ports: [{ port: 80, name: "http" }] }],
  }),
  sample("v1", "Event", "events", {
    involvedObject: { kind: "Pod", name: "a", namespace: "default" },
    reason: "Started",
    message: "m",
    type: "Normal",
    firstTimestamp: "2026-01-01T00:00:00Z",
    count: 1,
  }),
  sample("v1", "ReplicationController", "replicationcontrollers", {
    spec: { replicas: 1, selector: LABELS, template },
  }),
  sample("v1", "Node", "nodes", { spec: { taints: [{ key: "a", effect: "NoSchedule" }] } }, ""),
  sample("v1", "Namespace", "namespaces", {}, ""),
  sample(
    "v1",
    "PersistentVolume",
    "persistentvolumes",
    { spec: { capacity: { storage: "1Gi" }, accessModes: ["ReadWriteOnce"], hostPath: { path: "/data" } } },
    "",
  ),
  sample("apps/v1", "Deployment", "deployments", {
    spec: { replicas: 2, selector: SELECTOR, strategy: { rollingUpdate: { maxSurge: "25%" } }, template },
  }),
  sample("apps/v1", "ReplicaSet", "replicasets", { spec: { replicas: 0, selector: SELECTOR, template } }),
  sample("apps/v1", "DaemonSet", "daemonsets", { spec: { selector: SELECTOR, template } }),
  sample("apps/v1", "StatefulSet", "statefulsets", {
    spec: { serviceName: "web", replicas: 1, selector: SELECTOR, template, podManagementPolicy: "Parallel" },
  }),
  sample("batch/v1", "Job", "jobs", {
    spec: { completions: 2, parallelism: 1, template: { spec: { ...podSpec, restartPolicy: "Never" } } },
  }),
  sample("batch/v1", "CronJob", "cronjobs", {
    spec: {
      schedule: "*/5 * * * *",
      timeZone: "Europe/Berlin",
      jobTemplate: { spec: { template: { spec: { ...podSpec, restartPolicy: "OnFailure" } } } },
    },
  }),
  sample("autoscaling/v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers", {
    spec: {
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" },
      maxReplicas: 5,
      metrics: [
        { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 50 } } },
      ],
    },
  }),
  sample("autoscaling/v1", "HorizontalPodAutoscaler", "horizontalpodautoscalers", {
    spec: {
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" },
      maxReplicas: 5,
      targetCPUUtilizationPercentage: 50,
    },
  }),
  sample("networking.k8s.io/v1", "Ingress", "ingresses", {
    spec: {
      rules: [
        {
          host: "a.example.com",
          http: {
            paths: [{ path: "/", pathType: "Prefix", backend: { service: { name: "web", port: { number: 80 } } } }],
          },
        },
      ],
    },
  }),
  sample("networking.k8s.io/v1", "NetworkPolicy", "networkpolicies", {
    spec: { podSelector: SELECTOR, ingress: [{ from: [{ ipBlock: { cidr: "10.0.0.0/8" } }], ports: [{ port: 80 }] }] },
  }),
  sample("policy/v1", "PodDisruptionBudget", "poddisruptionbudgets", {
    spec: { minAvailable: "50%", selector: SELECTOR },
  }),
  sample("rbac.authorization.k8s.io/v1", "Role", "roles", {
    rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get"] }],
  }),
  sample("rbac.authorization.k8s.io/v1", "RoleBinding", "rolebindings", {
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "r" },
    subjects: [{ kind: "ServiceAccount", name: "default", namespace: "default" }],
  }),
  sample(
    "rbac.authorization.k8s.io/v1",
    "ClusterRole",
    "clusterroles",
    { rules: [{ nonResourceURLs: ["/x"], verbs: ["get"] }] },
    "",
  ),
  sample("coordination.k8s.io/v1", "Lease", "leases", {
    spec: { holderIdentity: "me", leaseDurationSeconds: 10, renewTime: "2026-01-01T00:00:00.000001Z" },
  }),
  sample("discovery.k8s.io/v1", "EndpointSlice", "endpointslices", {
    addressType: "IPv4",
    endpoints: [{ addresses: ["10.0.0.1"], conditions: { ready: true } }],
    ports: [{ name: "http", port: 80 }],
  }),
  sample("events.k8s.io/v1", "Event", "events", {
    eventTime: "2026-01-01T00:00:00.000000Z",
    reportingController: "c",
    reportingInstance: "i",
    action: "Did",
    reason: "Done",
    type: "Normal",
    regarding: { kind: "Pod", name: "a", namespace: "default" },
  }),
  sample("storage.k8s.io/v1", "StorageClass", "storageclasses", { provisioner: "example.com/p" }, ""),
  sample("scheduling.k8s.io/v1", "PriorityClass", "priorityclasses", { value: 10 }, ""),
  sample("node.k8s.io/v1", "RuntimeClass", "runtimeclasses", { handler: "runc" }, ""),
  sample(
    "flowcontrol.apiserver.k8s.io/v1",
    "FlowSchema",
    "flowschemas",
    {
      spec: {
        matchingPrecedence: 5000,
        priorityLevelConfiguration: { name: "global-default" },
        rules: [
          {
            subjects: [{ kind: "User", user: { name: "u" } }],
            nonResourceRules: [{ verbs: ["*"], nonResourceURLs: ["*"] }],
          },
        ],
      },
    },
    "",
  ),
  sample(
    "flowcontrol.apiserver.k8s.io/v1",
    "PriorityLevelConfiguration",
    "prioritylevelconfigurations",
    { spec: { type: "Limited", limited: { limitResponse: { type: "Queue", queuing: {} } } } },
    "",
  ),
  sample(
    "authorization.k8s.io/v1",
    "SubjectAccessReview",
    "subjectaccessreviews",
    {
      spec: { user: "u", resourceAttributes: { verb: "get", resource: "pods", namespace: "default" } },
    },
    "",
  ),
  sample("authentication.k8s.io/v1", "TokenReview", "tokenreviews", { spec: { token: "a.b.c" } }, ""),
];

export const LABEL_SELECTORS = [
  "app=web",
  "app==web,tier!=db",
  "app in (web, api),tier notin (db)",
  "!gone,app",
  "example.com/part=a",
  "n>5,m<3",
];
export const FIELD_SELECTORS = [
  "metadata.name=a",
  "metadata.namespace!=default",
  "spec.nodeName=,status.phase!=Failed",
  "metadata.name==x\\,y",
  "involvedObject.kind=Pod",
];

export const SUBRESOURCES = [
  "status",
  "scale",
  "binding",
  "eviction",
  "finalize",
  "token",
  "ephemeralcontainers",
  "resize",
];

export const ACCEPTS = [
  "application/json",
  "application/yaml",
  "application/vnd.kubernetes.protobuf",
  "application/json;as=Table;v=v1;g=meta.k8s.io,application/json",
  "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io",
  "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io",
  "application/vnd.kubernetes.protobuf, */*;q=0.5",
  "text/html",
  "application/json;stream=watch",
  "application/cbor",
];

/** Query parameters with values that are good for somebody. */
export const PARAMETERS: readonly [name: string, values: readonly string[]][] = [
  ["limit", ["1", "500", "0", "-1", "9223372036854775807", "1e3"]],
  ["resourceVersion", ["0", "1", "", "99999999999", "18446744073709551616", "abc", "-1"]],
  ["resourceVersionMatch", ["Exact", "NotOlderThan", "exact"]],
  ["timeoutSeconds", ["1", "0", "-5", "99999999999999999999"]],
  ["dryRun", ["All", "all", ""]],
  ["fieldValidation", ["Strict", "Warn", "Ignore", "strict"]],
  ["fieldManager", ["me", "", "x".repeat(129), "a\u0000b"]],
  ["force", ["true", "false", "1", "maybe"]],
  ["gracePeriodSeconds", ["0", "30", "-1", "x"]],
  ["propagationPolicy", ["Orphan", "Foreground", "Background", "None"]],
  ["orphanDependents", ["true", "x"]],
  ["pretty", ["true", "1", "no"]],
  ["includeObject", ["Object", "None", "All"]],
  ["watch", ["true", "1", "false"]],
  ["timeout", ["30s", "1m", "abc", "-1s", "0"]],
  ["sendInitialEvents", ["true", "false", "x"]],
  ["allowWatchBookmarks", ["true", "x"]],
];

const POD = "/api/v1/namespaces/default/pods/NAME";

/** Bodies that some subresources take, at the path they take them. */
export const SPECIALS: readonly { method: string; path: string; object: object }[] = [
  {
    method: "POST",
    path: `${POD}/binding`,
    object: { apiVersion: "v1", kind: "Binding", metadata: {}, target: { kind: "Node", name: "web" } },
  },
  {
    method: "POST",
    path: `${POD}/eviction`,
    object: {
      apiVersion: "policy/v1",
      kind: "Eviction",
      metadata: {},
      deleteOptions: { gracePeriodSeconds: 0, preconditions: { uid: "u" } },
    },
  },
  {
    method: "POST",
    path: "/api/v1/namespaces/default/serviceaccounts/default/token",
    object: {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenRequest",
      spec: { audiences: ["a"], expirationSeconds: 3600, boundObjectRef: { kind: "Pod", apiVersion: "v1", name: "a" } },
    },
  },
  {
    method: "PUT",
    path: "/apis/apps/v1/namespaces/default/deployments/NAME/scale",
    object: { apiVersion: "autoscaling/v1", kind: "Scale", metadata: {}, spec: { replicas: 3 } },
  },
  {
    method: "PUT",
    path: `${POD}/status`,
    object: {
      apiVersion: "v1",
      kind: "Pod",
      metadata: {},
      status: {
        phase: "Running",
        conditions: [{ type: "Ready", status: "True", lastTransitionTime: "2026-01-01T00:00:00Z" }],
        containerStatuses: [
          { name: "main", ready: true, restartCount: 0, image: "i", imageID: "x", state: { running: {} } },
        ],
        podIPs: [{ ip: "10.0.0.1" }],
      },
    },
  },
  {
    method: "PUT",
    path: `${POD}/ephemeralcontainers`,
    object: {
      apiVersion: "v1",
      kind: "Pod",
      metadata: {},
      spec: { containers: [], ephemeralContainers: [{ name: "debug", image: "i", targetContainerName: "main" }] },
    },
  },
  {
    method: "PUT",
    path: "/api/v1/namespaces/NAME/finalize",
    object: {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: {},
      spec: { finalizers: ["kubernetes", "example.com/f"] },
    },
  },
  {
    method: "POST",
    path: "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews",
    object: { apiVersion: "authorization.k8s.io/v1", kind: "SelfSubjectRulesReview", spec: { namespace: "default" } },
  },
  {
    method: "PUT",
    path: "/apis/certificates.k8s.io/v1/certificatesigningrequests/NAME/approval",
    object: {
      apiVersion: "certificates.k8s.io/v1",
      kind: "CertificateSigningRequest",
      metadata: {},
      status: { conditions: [{ type: "Approved", status: "True", reason: "Yes" }] },
    },
  },
];
