/** Each admission plugin over the real verbs, with upstream's words. */
import { beforeEach, describe, expect, it } from "vitest";
import { type Answer, pod, serviceAccount, startApi, type TestApi } from "./in-process.ts";

const NAMESPACE = "/api/v1/namespaces/default";
const PODS = `${NAMESPACE}/pods`;
const CLAIMS = `${NAMESPACE}/persistentvolumeclaims`;

let api: TestApi;

beforeEach(async () => {
  api = await startApi();
  await made(api.create(`${NAMESPACE}/serviceaccounts`, serviceAccount("default")));
});

async function made(answer: Promise<Answer>): Promise<Answer["body"]> {
  const { status, text, body } = await answer;
  expect(status, text).toBe(201);
  return body;
}

function refused(answer: Answer, message: string): void {
  expect(answer.status, answer.text).toBe(403);
  expect(answer.body).toMatchObject({ reason: "Forbidden", message });
}

describe("NamespaceLifecycle", () => {
  it.each(["default", "kube-system", "kube-public"])("[NL1] %s stays", async (name) => {
    refused(
      await api.delete(`/api/v1/namespaces/${name}`),
      `namespaces "${name}" is forbidden: this namespace may not be deleted`,
    );
  });

  it("[NL2] nothing new in a namespace that goes, nor in one that is not there", async () => {
    await made(api.create("/api/v1/namespaces", { metadata: { name: "old" } }));
    await made(api.create("/api/v1/namespaces/old/serviceaccounts", serviceAccount("default")));
    await api.delete("/api/v1/namespaces/old");
    const going = "unable to create new content in namespace old because it is being terminated";
    const answer = await api.create("/api/v1/namespaces/old/configmaps", { metadata: { generateName: "c-" } });
    refused(answer, `configmaps "c-" is forbidden: ${going}`);
    expect(answer.body.details.causes).toEqual([
      { reason: "NamespaceTerminating", message: "namespace old is being terminated", field: "metadata.namespace" },
    ]);
    const token = await api.create("/api/v1/namespaces/old/serviceaccounts/default/token", { spec: {} });
    refused(token, `serviceaccounts "default" is forbidden: ${going}`);
    const missing = await api.create("/api/v1/namespaces/none/configmaps", { metadata: { name: "c" } });
    expect(missing.body).toMatchObject({ code: 404, message: 'namespaces "none" not found' });
  });
});

describe("ServiceAccount, in a namespace made just now", () => {
  const make = () => api.create("/api/v1/namespaces/young/pods", pod("p"));
  beforeEach(async () => {
    await made(api.create("/api/v1/namespaces", { metadata: { name: "young" } }));
  });

  it("[SW1] a pod waits for the account that is about to come", async () => {
    const answer = make();
    await new Promise(setImmediate);
    await made(api.create("/api/v1/namespaces/young/serviceaccounts", serviceAccount("default")));
    expect((await made(answer)).spec.serviceAccountName).toBe("default");
  });

  it("[SW2] but no longer than a second", async () => {
    const answer = make();
    await new Promise(setImmediate);
    api.advance(1_000);
    api.fire();
    const why = 'error looking up service account young/default: serviceaccount "default" not found';
    refused(await answer, `pods "p" is forbidden: ${why}`);
  });
});

describe("LimitRanger", () => {
  const limits = (...items: object[]) =>
    api.create(`${NAMESPACE}/limitranges`, { metadata: { name: "l" }, spec: { limits: items } });
  const withResources = (resources: object, more: object = {}) =>
    pod("p", { containers: [{ name: "c", image: "i", resources, ...more }] });

  it("[LR1] fills in what containers leave out, and says so", async () => {
    await made(
      limits({
        type: "Container",
        default: { cpu: "1", memory: "1Gi" },
        defaultRequest: { cpu: "100m", memory: "64Mi" },
      }),
    );
    const body = await made(
      api.create(
        PODS,
        pod("p", {
          containers: [
            { name: "a", image: "i" },
            { name: "b", image: "i", resources: { requests: { cpu: "50m" }, limits: { cpu: "2" } } },
          ],
          initContainers: [{ name: "i", image: "i" }],
        }),
      ),
    );
    expect(body.spec.containers[0].resources).toEqual({
      requests: { cpu: "100m", memory: "64Mi" },
      limits: { cpu: "1", memory: "1Gi" },
    });
    expect(body.spec.containers[1].resources).toEqual({
      requests: { cpu: "50m", memory: "64Mi" },
      limits: { cpu: "2", memory: "1Gi" },
    });
    expect(body.metadata.annotations["kubernetes.io/limit-ranger"]).toBe(
      "LimitRanger plugin set: cpu, memory request for container a; cpu, memory limit for container a; memory request for container b; memory limit for container b; cpu, memory request for init container i; cpu, memory limit for init container i",
    );
  });

  it.each([
    {
      name: "[LR2] below the minimum",
      item: { type: "Container", min: { cpu: "100m" } },
      resources: { requests: { cpu: "50m" } },
      why: "minimum cpu usage per Container is 100m, but request is 50m",
    },
    {
      name: "[LR3] nothing where a minimum is",
      item: { type: "Pod", min: { memory: "1Gi" } },
      resources: {},
      why: "minimum memory usage per Pod is 1Gi.  No request is specified",
    },
    {
      name: "[LR4] above the maximum",
      item: { type: "Container", max: { cpu: "1" }, defaultRequest: { cpu: "1" }, default: { cpu: "1" } },
      resources: { requests: { cpu: "1" }, limits: { cpu: "1500m" } },
      why: "maximum cpu usage per Container is 1, but limit is 1500m",
    },
    {
      name: "[LR5] limits too far above requests",
      item: { type: "Container", maxLimitRequestRatio: { cpu: "2" } },
      resources: { requests: { cpu: "100m" }, limits: { cpu: "300m" } },
      why: "cpu max limit to request ratio per Container is 2, but provided ratio is 3.000000",
    },
    {
      name: "[LR6] no request where a ratio is",
      item: { type: "Container", maxLimitRequestRatio: { memory: "2" } },
      resources: { requests: { cpu: "1" } },
      why: "memory max limit to request ratio per Container is 2, but no request is specified or request is 0",
    },
    {
      name: "[LR7] the pod as a whole",
      item: { type: "Pod", max: { memory: "1Gi" } },
      resources: { requests: { memory: "2Gi" }, limits: { memory: "2Gi" } },
      why: "maximum memory usage per Pod is 1Gi, but limit is 2Gi",
    },
    {
      name: "[LR8] several at once",
      item: { type: "Pod", max: { cpu: "1", memory: "1Gi" } },
      resources: {},
      why: "[maximum cpu usage per Pod is 1.  No limit is specified, maximum memory usage per Pod is 1Gi.  No limit is specified]",
    },
  ])("$name is refused", async ({ item, resources, why }) => {
    await made(limits(item));
    refused(await api.create(PODS, withResources(resources)), `pods "p" is forbidden: ${why}`);
  });

  it("[LR9] claims have a least and a most", async () => {
    await made(limits({ type: "PersistentVolumeClaim", min: { storage: "1Gi" }, max: { storage: "2Gi" } }));
    const claim = (storage: string) => ({
      metadata: { name: "c" },
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage } } },
    });
    const prefix = 'persistentvolumeclaims "c" is forbidden: ';
    refused(
      await api.create(CLAIMS, claim("512Mi")),
      `${prefix}minimum storage usage per PersistentVolumeClaim is 1Gi, but request is 512Mi`,
    );
    refused(
      await api.create(CLAIMS, claim("3Gi")),
      `${prefix}maximum storage usage per PersistentVolumeClaim is 2Gi, but request is 3Gi`,
    );
    await made(api.create(CLAIMS, claim("2Gi")));
  });

  it("[LR11] what a pod asks for as a whole stands above its containers, huge pages too", async () => {
    await made(limits({ type: "Pod", max: { "hugepages-2Mi": "4Mi" } }));
    const ask = (name: string, whole: string) => {
      const amounts = (huge: string) => ({ cpu: "100m", memory: "64Mi", "hugepages-2Mi": huge });
      const of = (huge: string) => ({ requests: amounts(huge), limits: amounts(huge) });
      const containers = [{ name: "c", image: "i", resources: of("2Mi") }];
      return api.create(PODS, pod(name, { resources: of(whole), containers }));
    };
    expect((await ask("fits", "4Mi")).status).toBe(201);
    const answer = await ask("large", "6Mi");
    expect([answer.status, answer.body.message]).toEqual([
      403,
      'pods "large" is forbidden: maximum hugepages-2Mi usage per Pod is 4Mi, but limit is 6Mi',
    ]);
  });

  it("[LR10] pods that are there are let be, whatever the limits become", async () => {
    await made(api.create(PODS, withResources({ requests: { cpu: "2" } })));
    await made(limits({ type: "Container", max: { cpu: "1" } }));
    expect((await api.patch(`${PODS}/p`, { metadata: { labels: { a: "b" } } })).status).toBe(200);
  });
});

describe("ServiceAccount", () => {
  it("[SA1] what the account pulls images with is the pod's, unless it brings its own", async () => {
    await made(
      api.create(`${NAMESPACE}/serviceaccounts`, { metadata: { name: "puller" }, imagePullSecrets: [{ name: "s" }] }),
    );
    const body = await made(api.create(PODS, pod("p", { serviceAccountName: "puller" })));
    expect(body.spec).toMatchObject({ imagePullSecrets: [{ name: "s" }], serviceAccount: "puller" });
    const own = await made(
      api.create(PODS, pod("q", { serviceAccountName: "puller", imagePullSecrets: [{ name: "own" }] })),
    );
    expect(own.spec.imagePullSecrets).toEqual([{ name: "own" }]);
  });

  const strict = {
    metadata: { name: "strict", annotations: { "kubernetes.io/enforce-mountable-secrets": "true" } },
    secrets: [{ name: "mine" }],
  };
  const secretEnv = (name: string) => [{ name: "E", valueFrom: { secretKeyRef: { name, key: "k" } } }];
  const not = "is not allowed because service account strict does not reference that";
  it.each([
    {
      name: "[SA2] a volume",
      spec: { volumes: [{ name: "v", secret: { secretName: "other" } }] },
      why: `volume with secret.secretName="other" ${not} secret`,
    },
    {
      name: "[SA3] an environment variable",
      spec: { containers: [{ name: "c", image: "i", env: secretEnv("other") }] },
      why: `container c with envVar E referencing secret.secretName="other" ${not} secret`,
    },
    {
      name: "[SA4] a whole environment",
      spec: { initContainers: [{ name: "c", image: "i", envFrom: [{ secretRef: { name: "other" } }] }] },
      why: `init container c with envFrom referencing secret.secretName="other" ${not} secret`,
    },
    {
      name: "[SA5] a pull secret",
      spec: { imagePullSecrets: [{ name: "other" }] },
      why: `imagePullSecrets[0].name="other" ${not} imagePullSecret`,
    },
  ])("$name with a secret the account does not list is refused where it says so", async ({ spec, why }) => {
    await made(api.create(`${NAMESPACE}/serviceaccounts`, strict));
    refused(
      await api.create(PODS, pod("p", { serviceAccountName: "strict", ...spec })),
      `pods "p" is forbidden: ${why}`,
    );
    await made(
      api.create(
        PODS,
        pod("p", { serviceAccountName: "strict", volumes: [{ name: "v", secret: { secretName: "mine" } }] }),
      ),
    );
  });

  it("[SA6] so is a debug container", async () => {
    await made(api.create(`${NAMESPACE}/serviceaccounts`, strict));
    await made(api.create(PODS, pod("p", { serviceAccountName: "strict" })));
    const patch = { spec: { ephemeralContainers: [{ name: "d", image: "i", env: secretEnv("other") }] } };
    refused(
      await api.patch(`${PODS}/p/ephemeralcontainers`, patch, "strategic"),
      `pods "p" is forbidden: ephemeral container d with envVar E referencing secret.secretName="other" ${not} secret`,
    );
  });
});

describe("TaintNodesByCondition", () => {
  it("[TN1] a new node is not ready yet", async () => {
    const { spec } = await made(api.create("/api/v1/nodes", { metadata: { name: "n" } }));
    expect(spec.taints).toEqual([{ key: "node.kubernetes.io/not-ready", effect: "NoSchedule" }]);
  });
});

describe("Priority", () => {
  const CLASSES = "/apis/scheduling.k8s.io/v1/priorityclasses";
  const class_ = (name: string, value: number, more: object = {}) => ({ metadata: { name }, value, ...more });

  it("[PC1] pods without class get the default one", async () => {
    await made(api.create(CLASSES, class_("usual", 7, { globalDefault: true, preemptionPolicy: "Never" })));
    const { spec } = await made(api.create(PODS, pod("p")));
    expect(spec).toMatchObject({ priority: 7, priorityClassName: "usual", preemptionPolicy: "Never" });
  });

  it("[PC2] there is one default at most", async () => {
    await made(api.create(CLASSES, class_("a", 1, { globalDefault: true })));
    const why = "PriorityClass a is already marked as default. Only one default can exist";
    refused(
      await api.create(CLASSES, class_("b", 2, { globalDefault: true })),
      `priorityclasses.scheduling.k8s.io "b" is forbidden: ${why}`,
    );
    await made(api.create(CLASSES, class_("b", 2)));
    refused(
      await api.patch(`${CLASSES}/b`, { globalDefault: true }),
      `priorityclasses.scheduling.k8s.io "b" is forbidden: ${why}`,
    );
    expect((await api.patch(`${CLASSES}/a`, { description: "d" })).status).toBe(200);
  });

  it.each([
    {
      name: "[PC3] priority",
      spec: { priority: 5 },
      why: "the integer value of priority (5) must not be provided in pod spec; priority admission controller computed 0 from the given PriorityClass name",
    },
    {
      name: "[PC4] preemption",
      spec: { preemptionPolicy: "Never" },
      why: "the string value of PreemptionPolicy (Never) must not be provided in pod spec; priority admission controller computed PreemptLowerPriority from the given PriorityClass name",
    },
  ])("$name is the class's to say", async ({ spec, why }) => {
    refused(await api.create(PODS, pod("p", spec)), `pods "p" is forbidden: ${why}`);
  });

  it("[PC5] the system's classes are there from the beginning", async () => {
    for (const [name, value] of [
      ["system-cluster-critical", 2_000_000_000],
      ["system-node-critical", 2_000_001_000],
    ] as const)
      expect((await api.get(`${CLASSES}/${name}`)).body.value).toBe(value);
  });
});

describe("storage", () => {
  const SC = "/apis/storage.k8s.io/v1/storageclasses";
  const storageClass = (name: string, isDefault: boolean, more: object = {}) => ({
    metadata: { name, annotations: { "storageclass.kubernetes.io/is-default-class": String(isDefault) } },
    provisioner: "p.example.com",
    ...more,
  });
  const claim = (name: string, more: object = {}) => ({
    metadata: { name },
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } }, ...more },
  });

  it("[ST1] claims without class get the newest default", async () => {
    expect((await made(api.create(CLAIMS, claim("before")))).spec.storageClassName).toBeUndefined();
    await made(api.create(SC, storageClass("older", true)));
    api.advance(1000);
    await made(api.create(SC, storageClass("newer", true)));
    await made(api.create(SC, storageClass("none", false)));
    expect((await made(api.create(CLAIMS, claim("a")))).spec.storageClassName).toBe("newer");
    expect((await made(api.create(CLAIMS, claim("b", { storageClassName: "" })))).spec.storageClassName).toBe("");
  });

  it("[ST2] what is in use is protected", async () => {
    expect((await made(api.create(CLAIMS, claim("a")))).metadata.finalizers).toEqual(["kubernetes.io/pvc-protection"]);
    const volume = {
      metadata: { name: "v" },
      spec: { capacity: { storage: "1Gi" }, accessModes: ["ReadWriteOnce"], hostPath: { path: "/x" } },
    };
    const { metadata } = await made(api.create("/api/v1/persistentvolumes", volume));
    expect(metadata.finalizers).toEqual(["kubernetes.io/pv-protection"]);
    const class_ = { metadata: { name: "c" }, driverName: "d.example.com", parameters: { a: "b" } };
    const made_ = await made(api.create("/apis/storage.k8s.io/v1/volumeattributesclasses", class_));
    expect(made_.metadata.finalizers).toEqual(["kubernetes.io/vac-protection"]);
  });

  it("[ST3] claims grow where their class can", async () => {
    await made(api.create(SC, storageClass("fixed", false)));
    await made(api.create(SC, storageClass("growing", false, { allowVolumeExpansion: true })));
    const bigger = { spec: { resources: { requests: { storage: "2Gi" } } } };
    const prefix = 'persistentvolumeclaims "a" is forbidden: ';
    for (const name of ["a", "b"])
      await made(api.create(CLAIMS, claim(name, { storageClassName: name === "a" ? "fixed" : "growing" })));
    for (const name of ["a", "b"]) {
      await api.patch(`${CLAIMS}/${name}`, { spec: { volumeName: "v" } });
      await api.patch(`${CLAIMS}/${name}/status`, { status: { phase: "Bound" } });
    }
    refused(
      await api.patch(`${CLAIMS}/a`, bigger),
      `${prefix}only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize`,
    );
    const grown = await api.patch(`${CLAIMS}/b`, bigger);
    expect(grown.status, grown.text).toBe(200);
  });
});

describe("RuntimeClass", () => {
  const CLASSES = "/apis/node.k8s.io/v1/runtimeclasses";
  beforeEach(async () => {
    await made(
      api.create(CLASSES, {
        metadata: { name: "vm" },
        handler: "vm",
        overhead: { podFixed: { cpu: "250m", memory: "120Mi" } },
        scheduling: { nodeSelector: { kind: "vm" }, tolerations: [{ key: "vm", operator: "Exists" }] },
      }),
    );
  });

  it("[RT1] adds overhead, and where the pod can run", async () => {
    const { spec } = await made(api.create(PODS, pod("p", { runtimeClassName: "vm", nodeSelector: { disk: "ssd" } })));
    expect(spec).toMatchObject({
      overhead: { cpu: "250m", memory: "120Mi" },
      nodeSelector: { disk: "ssd", kind: "vm" },
    });
    expect(spec.tolerations).toContainEqual({ key: "vm", operator: "Exists" });
  });

  it.each([
    {
      name: "[RT2] a class that is not there",
      spec: { runtimeClassName: "none" },
      why: 'pod rejected: RuntimeClass "none" not found',
    },
    {
      name: "[RT3] another selector",
      spec: { runtimeClassName: "vm", nodeSelector: { kind: "metal" } },
      why: "conflict: runtimeClass.scheduling.nodeSelector[kind] = vm; pod.spec.nodeSelector[kind] = metal",
    },
    {
      name: "[RT4] another overhead",
      spec: { runtimeClassName: "vm", overhead: { cpu: "1" } },
      why: "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead",
    },
    {
      name: "[RT5] overhead without class",
      spec: { overhead: { cpu: "1" } },
      why: "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead",
    },
  ])("$name is refused", async ({ spec, why }) => {
    refused(await api.create(PODS, pod("p", spec)), `pods "p" is forbidden: ${why}`);
  });
});

describe("DefaultIngressClass", () => {
  it("[IC1] ingresses without class get the default one", async () => {
    const annotations = { "ingressclass.kubernetes.io/is-default-class": "true" };
    await made(
      api.create("/apis/networking.k8s.io/v1/ingressclasses", {
        metadata: { name: "web", annotations },
        spec: { controller: "a.example/b" },
      }),
    );
    const path = "/apis/networking.k8s.io/v1/namespaces/default/ingresses";
    const ingress = (name: string, metadata: object = {}) => ({
      metadata: { name, ...metadata },
      spec: { defaultBackend: { service: { name: "s", port: { number: 80 } } } },
    });
    expect((await made(api.create(path, ingress("a")))).spec.ingressClassName).toBe("web");
    const old = await made(api.create(path, ingress("b", { annotations: { "kubernetes.io/ingress.class": "other" } })));
    expect(old.spec.ingressClassName).toBeUndefined();
  });
});

describe("PodTopologyLabels", () => {
  it("[TL1] pods carry their node's zone and region, bound or made there", async () => {
    const labels = { "topology.kubernetes.io/zone": "z", "topology.kubernetes.io/region": "r", other: "o" };
    await made(api.create("/api/v1/nodes", { metadata: { name: "n", labels } }));
    await made(api.create(PODS, pod("p")));
    const binding = { metadata: { name: "p" }, target: { kind: "Node", name: "n" } };
    expect((await api.create(`${PODS}/p/binding`, binding)).status).toBe(201);
    const expected = { "topology.kubernetes.io/zone": "z", "topology.kubernetes.io/region": "r" };
    expect((await api.get(`${PODS}/p`)).body.metadata.labels).toEqual(expected);
    const { metadata } = await made(api.create(PODS, pod("q", { nodeName: "n" })));
    expect(metadata.labels).toEqual(expected);
  });
});

describe("PodResizeValidator", () => {
  it("[RZ1] a pod grows to what its node could give, and no further", async () => {
    await made(
      api.create("/api/v1/nodes", { metadata: { name: "n", labels: { "kubernetes.io/os": "linux" } }, status: {} }),
    );
    await api.patch("/api/v1/nodes/n/status", {
      status: { allocatable: { cpu: "2", memory: "1Gi" }, capacity: { cpu: "2", memory: "1Gi" } },
    });
    await made(
      api.create(
        PODS,
        pod("p", {
          nodeName: "n",
          containers: [{ name: "c", image: "i", resources: { requests: { cpu: "1", memory: "512Mi" } } }],
        }),
      ),
    );
    const resize = (requests: object) =>
      api.patch(`${PODS}/p/resize`, { spec: { containers: [{ name: "c", resources: { requests } }] } }, "strategic");
    const answer = await resize({ cpu: "3", memory: "2Gi" });
    refused(
      answer,
      `pods "p" is forbidden: node didn't have enough allocatable resources: cpu, requested: 3000, allocatable: 2000; memory, requested: 2147483648, allocatable: 1073741824`,
    );
    expect(answer.body.details.causes).toEqual([{ reason: "NodeCapacity" }]);
    const fine = await resize({ cpu: "2" });
    expect(fine.status, fine.text).toBe(200);
  });
});

describe("NodeDeclaredFeatureValidator", () => {
  const resources = (cpu: string) => ({ requests: { cpu, memory: "64Mi" }, limits: { cpu, memory: "64Mi" } });
  const container = (cpu: string) => ({ name: "c", image: "i", resources: resources(cpu) });
  const podLevel = (cpu: string) => ({ ...pod("p", { nodeName: "n", resources: resources(cpu) }) });

  it.each([
    [
      "[DF1] the CPUs of a Guaranteed pod",
      pod("p", { nodeName: "n", containers: [container("1")] }),
      {
        containers: [container("2")],
      },
      "GuaranteedQoSPodCPUResize",
    ],
    [
      "[DF2] what the pod as a whole asks for",
      podLevel("1"),
      { resources: resources("2") },
      "InPlacePodLevelResourcesVerticalScaling",
    ],
  ])("%s can be changed where the node says so", async (_name, made, spec, feature) => {
    const capacity = { cpu: "4", memory: "1Gi" };
    await api.create("/api/v1/nodes", { metadata: { name: "n" }, status: { capacity, allocatable: capacity } });
    const first = await api.create(PODS, made);
    expect(first.status, first.text).toBe(201);
    refused(
      await api.patch(`${PODS}/p/resize`, { spec }, "strategic"),
      `pods "p" is forbidden: pod update requires features ${feature} which are not available on node "n"`,
    );
    await api.patch("/api/v1/nodes/n/status", { status: { declaredFeatures: [feature] } });
    const fine = await api.patch(`${PODS}/p/resize`, { spec }, "strategic");
    expect(fine.status, fine.text).toBe(200);
  });
});
