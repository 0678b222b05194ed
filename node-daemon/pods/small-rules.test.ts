/** The small pure functions, as tables. */
import { describe, expect, it } from "vitest";
import { admitPod } from "./admission.ts";
import { Backoff, goSeconds, RESTART_BACKOFF } from "./backoff.ts";
import { buildEnvironment, ContainerConfigError, parseEnvFile, type References } from "./env.ts";
import { hostNetworkHosts, podHosts } from "./etc-hosts.ts";
import { EventCorrelator } from "./event-correlator.ts";
import { expand } from "./expand.ts";
import { podField, resourceField } from "./field-ref.ts";
import { imagesToRemove } from "./garbage.ts";
import { hostNames } from "./hostname.ts";
import { lowerCaseWanted, registryOf, withDefaultTag } from "./image-reference.ts";
import { credentialsFor } from "./pull-secrets.ts";
import { computeQos } from "./qos.ts";
import { isRecursive } from "./recursive-read-only.ts";
import { cpuQuotaUs, cpuShares, oomScoreAdjust, podCgroup, podTotal } from "./resources.ts";
import { containerSecurity } from "./security.ts";
import { serviceVariables } from "./service-env.ts";
import { statusPatch } from "./status-patch.ts";
import { hasStorageLimits, storageExcess } from "./storage-limits.ts";
import { logText } from "./termination-message.ts";
import { makeContainer, makePod } from "./testing/build.ts";

const node = { nodeName: "node-1", hostIps: ["192.168.0.1"], allocatable: { cpu: "2", memory: "4Gi" } };

describe("expand", () => {
  it.each([
    ["[EX1] a known name", "a $(X) b", "a 1 b"],
    ["[EX2] an unknown one stays", "$(Y)", "$(Y)"],
    ["[EX3] two dollars are one", "$$(X)", "$(X)"],
    ["[EX4] four are two", "$$$$(X)", "$$(X)"],
    ["[EX5] three: one, then the value", "$$$(X)", "$1"],
    ["[EX6] unfinished", "$(X", "$(X"],
    ["[EX7] a lone dollar", "cost: $5 $", "cost: $5 $"],
    ["[EX8] empty name", "$()", "$()"],
    ["[EX9] no second pass", "$(Z)", "$(X)"],
  ])("%s", (_, text, wanted) => {
    expect(expand(text, (name) => ({ X: "1", Z: "$(X)" })[name])).toBe(wanted);
  });
});

describe("environment", () => {
  const references = (objects: { configMaps?: object; secrets?: object } = {}): References => ({
    configMap: (name) => (objects.configMaps as never)?.[name],
    secret: (name) => (objects.secrets as never)?.[name],
    envFile: () => undefined,
  });
  const build = (fields: object, objects = {}) => {
    const container = makeContainer("main", fields);
    const pod = makePod({ containers: [container] });
    return buildEnvironment({
      pod,
      container,
      services: [],
      node,
      podIps: ["10.0.0.5"],
      references: references(objects),
    });
  };

  it("[EN1] later variables see earlier ones, and override envFrom", () => {
    const { variables } = build(
      {
        envFrom: [{ prefix: "P_", configMapRef: { name: "c" } }],
        env: [
          { name: "A", value: "$(P_k)!" },
          { name: "B", value: "$(A)$(A)" },
          { name: "P_k", value: "own" },
        ],
      },
      { configMaps: { c: { data: { k: "v" } } } },
    );
    expect(Object.fromEntries(variables)).toEqual({ P_k: "own", A: "v!", B: "v!v!" });
  });

  it.each([
    [
      "[EN2] a missing ConfigMap",
      { env: [{ name: "A", valueFrom: { configMapKeyRef: { name: "c", key: "k" } } }] },
      'configmap "c" not found',
    ],
    ["[EN3] a missing Secret", { envFrom: [{ secretRef: { name: "s" } }] }, 'secret "s" not found'],
  ])("%s is an error unless optional", (_, fields, message) => {
    expect(() => build(fields)).toThrow(new ContainerConfigError(message));
  });

  it("[EN4] a missing key is an error, an optional one leaves the variable out", () => {
    const ref = (optional: boolean) => ({
      env: [{ name: "A", valueFrom: { secretKeyRef: { name: "s", key: "k", optional } } }],
    });
    const objects = { secrets: { s: { data: { x: "eA==" } } } };
    expect(() => build(ref(false), objects)).toThrow("couldn't find key k in Secret default/s");
    expect(build(ref(true), objects).variables).toEqual([]);
  });

  it("[EN5] Secrets are decoded; __proto__ is no key", () => {
    const from = (key: string) => ({ env: [{ name: "A", valueFrom: { secretKeyRef: { name: "s", key } } }] });
    const objects = { secrets: { s: { data: { x: "aGk=" } } } };
    expect(build(from("x"), objects).variables).toEqual([["A", "hi"]]);
    expect(() => build(from("__proto__"), objects)).toThrow(ContainerConfigError);
  });

  it("[EN6] fields and resources", () => {
    const { variables } = build({
      resources: { limits: { memory: "64Mi" } },
      env: [
        { name: "IP", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
        { name: "CPU", valueFrom: { resourceFieldRef: { resource: "limits.cpu" } } },
        { name: "MEM", valueFrom: { resourceFieldRef: { resource: "limits.memory", divisor: "1Mi" } } },
      ],
    });
    expect(variables).toEqual([
      ["IP", "10.0.0.5"],
      ["CPU", "2"],
      ["MEM", "64"],
    ]);
  });

  it("[EN7] keys that cannot be names are left out and told", () => {
    const { variables, skipped } = build(
      { envFrom: [{ configMapRef: { name: "c" } }] },
      { configMaps: { c: { data: { "a=b": "1", ok: "2" } } } },
    );
    expect(variables).toEqual([["ok", "2"]]);
    expect(skipped).toEqual([{ source: 'configMap "default/c"', keys: ["a=b"] }]);
  });

  it("[EN8] env files", () => {
    expect([...parseEnvFile("# x\nA='1 2'\nB=no\n C='x' # y\n")]).toEqual([
      ["A", "1 2"],
      ["C", "x"],
    ]);
  });
});

describe("field paths", () => {
  const pod = makePod({}, { metadata: { labels: { b: "2", a: 'x"y' }, annotations: {} } });
  it.each([
    ["[FR1] all labels", "metadata.labels", 'a="x\\"y"\nb="2"'],
    ["[FR2] one label", "metadata.labels['b']", "2"],
    ["[FR3] an absent annotation", "metadata.annotations['none']", ""],
    ["[FR4] the host's addresses", "status.hostIPs", "192.168.0.1"],
  ])("%s", (_, path, wanted) => expect(podField(pod, path, { node, podIps: [] })).toBe(wanted));

  it("[FR5] an unknown path is refused", () => {
    expect(() => podField(pod, "spec.containers", { node, podIps: [] })).toThrow("unsupported fieldPath");
    expect(() => resourceField(pod, { resource: "limits.gpu" }, "main", node)).toThrow(
      "unsupported container resource",
    );
  });

  it("[FR7] a limit is the container's, else the pod's, else the node's", () => {
    const limit = (container: string | undefined, whole: string | undefined) => {
      const resources = container ? { limits: { cpu: container } } : {};
      const spec = { containers: [makeContainer("main", { resources })] };
      const pod = makePod({ ...spec, ...(whole && { resources: { limits: { cpu: whole } } }) });
      return resourceField(pod, { resource: "limits.cpu" }, "main", node);
    };
    expect([limit("1", "3"), limit("0", "3"), limit(undefined, "3"), limit(undefined, undefined)]).toEqual([
      "1",
      "3",
      "3",
      "2",
    ]);
  });

  it("[FR6] requests round up to whole units", () => {
    const asked = makePod({ containers: [makeContainer("main", { resources: { requests: { cpu: "250m" } } })] });
    expect(resourceField(asked, { resource: "requests.cpu" }, "main", node)).toBe("1");
    expect(resourceField(asked, { resource: "requests.cpu", divisor: "1m" }, "main", node)).toBe("250");
  });
});

describe("resources", () => {
  const limited = (limits: { [name: string]: string }, requests = limits) =>
    makeContainer("main", { resources: { limits, requests } });

  it.each([
    ["[RS1] nothing asked", [makeContainer("main")], "BestEffort"],
    ["[RS2] limits of all", [limited({ cpu: "1", memory: "1Gi" })], "Guaranteed"],
    ["[RS3] limits of some", [limited({ cpu: "1", memory: "1Gi" }), makeContainer("b")], "Burstable"],
    [
      "[RS4] requests below limits",
      [limited({ cpu: "1", memory: "1Gi" }, { cpu: "500m", memory: "1Gi" })],
      "Burstable",
    ],
    ["[RS5] memory alone", [limited({ memory: "1Gi" })], "Burstable"],
  ])("%s: %s", (_, containers, wanted) => expect(computeQos(makePod({ containers }))).toBe(wanted));

  it("[RS6] cgroup numbers", () => {
    expect([cpuShares(0), cpuShares(1), cpuShares(100), cpuShares(1000)]).toEqual([2, 2, 102, 1024]);
    expect([cpuQuotaUs(0), cpuQuotaUs(1), cpuQuotaUs(1500)]).toEqual([0, 1000, 150_000]);
  });

  it("[RS7] the out-of-memory killer takes best effort first, guaranteed last", () => {
    const score = (containers: ReturnType<typeof makeContainer>[]) =>
      oomScoreAdjust(makePod({ containers }), containers[0] as never, 4 * 2 ** 30);
    expect(score([makeContainer("main")])).toBe(1000);
    expect(score([limited({ cpu: "1", memory: "1Gi" })])).toBe(-997);
    expect(score([limited({ memory: "1Gi" })])).toBe(750);
    const containers = [limited({ memory: "1Gi" }), makeContainer("more")];
    const together = makePod({ containers, resources: { requests: { memory: "2Gi" } } });
    expect(containers.map((each) => oomScoreAdjust(together, each, 4 * 2 ** 30))).toEqual([625, 875]);
  });

  it("[RS8] a pod's total: containers and sidecars together, or the largest init container", () => {
    const init = makeContainer("i", { resources: { requests: { cpu: "2" } } });
    const sidecar = makeContainer("s", { restartPolicy: "Always", resources: { requests: { cpu: "500m" } } });
    const main = makeContainer("main", { resources: { requests: { cpu: "1" } } });
    expect(podTotal(makePod({ initContainers: [sidecar, init], containers: [main] }), "requests").cpu).toBe(
      2_500_000_000n,
    );
    expect(
      podTotal(makePod({ initContainers: [sidecar], containers: [main], overhead: { cpu: "100m" } }), "requests").cpu,
    ).toBe(1_600_000_000n);
  });

  it("[RS9] a pod has a limit only when all its containers do", () => {
    expect(
      podCgroup(makePod({ containers: [limited({ memory: "1Mi" }), limited({ memory: "2Mi" })] })).memoryLimitBytes,
    ).toBe(3 * 2 ** 20);
    expect(podCgroup(makePod({ containers: [limited({ memory: "1Mi" }), makeContainer("b")] })).memoryLimitBytes).toBe(
      0,
    );
  });
});

describe("backoff", () => {
  it("[BO1] 10 s doubling to 5 min, forgotten after 10 min without failure", () => {
    const backoff = new Backoff(RESTART_BACKOFF);
    const delays: number[] = [];
    let now = 0;
    for (let i = 0; i < 7; i++) {
      delays.push(backoff.remainingMs("c", now, now));
      now += backoff.remainingMs("c", now, now);
      backoff.next("c", now, now);
    }
    expect(delays).toEqual([0, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000]);
    const later = now + 600_001;
    expect(backoff.remainingMs("c", later, later)).toBe(0);
  });

  it("[BO2] counts from the failure", () => {
    const backoff = new Backoff(RESTART_BACKOFF);
    backoff.next("c", 0, 0);
    expect(backoff.remainingMs("c", 5_000, 12_000)).toBe(3_000);
    expect(goSeconds(160_000)).toBe("2m40s");
    expect(goSeconds(300_000)).toBe("5m0s");
  });
});

describe("images", () => {
  it.each([
    ["[IM1] no tag", "busybox", "busybox:latest"],
    ["[IM2] a port is no tag", "reg:5000/a/b", "reg:5000/a/b:latest"],
    ["[IM3] a tag", "reg:5000/a/b:1", "reg:5000/a/b:1"],
    ["[IM4] a digest", `a@sha256:${"0".repeat(64)}`, `a@sha256:${"0".repeat(64)}`],
    ["[IM5] upper case", "Busybox", undefined],
    ["[IM6] spaces", "a b", undefined],
    ["[IM7] nothing", "", undefined],
  ])("%s", (_, image, wanted) => expect(withDefaultTag(image)).toBe(wanted));

  it.each([
    ["Busybox", "library/Busybox"],
    ["example.com/Team/x:1", "Team/x"],
    ["Example/x y", undefined],
  ])("[IM13] %s: whether capitals are at fault", (image, repository) => {
    expect(lowerCaseWanted(image)).toBe(repository ? `: repository name (${repository}) must be lowercase` : "");
  });

  it("[IM8] registries", () => {
    expect(registryOf("busybox:1")).toEqual({ host: "docker.io", path: "library/busybox" });
    expect(registryOf("localhost/x")).toEqual({ host: "localhost", path: "x" });
    expect(registryOf("r.io:5000/a/b@sha256:00")).toEqual({ host: "r.io:5000", path: "a/b" });
  });

  it("[IM9] credentials: the most specific that fits; damaged secrets are passed over", () => {
    const secret = (auths: object) => ({
      type: "kubernetes.io/dockerconfigjson",
      data: { ".dockerconfigjson": Buffer.from(JSON.stringify({ auths })).toString("base64") },
    });
    const secrets = [
      secret({ "r.io": { username: "a", password: "1" }, "https://index.docker.io/v1/": { auth: "hub" } }),
      secret({ "r.io/team": { username: "b", password: "2" }, "*.example.com": { username: "c" } }),
      { type: "kubernetes.io/dockerconfigjson", data: { ".dockerconfigjson": "!!!" } },
    ] as never;
    const users = (image: string) => credentialsFor(image, secrets).map(({ username, auth }) => username || auth);
    expect(users("r.io/team/x:1")).toEqual(["b", "a"]);
    expect(users("r.io/teams/x:1")).toEqual(["a"]);
    expect(users("busybox")).toEqual(["hub"]);
    expect(users("eu.example.com/x")).toEqual(["c"]);
    expect(users("example.com/x")).toEqual([]);
  });

  it("[IM10] unused images go, oldest first, until enough is free", () => {
    const image = (id: string, sizeBytes: number, pinned = false) => ({
      id,
      tags: [],
      digests: [],
      sizeBytes,
      uid: undefined,
      username: "",
      pinned,
    });
    const input = {
      images: [image("a", 10), image("b", 10), image("used", 10), image("pinned", 10, true), image("new", 10)],
      inUse: new Set(["used"]),
      lastUsedMs: new Map([
        ["a", 2],
        ["b", 1],
        ["used", 1],
        ["pinned", 1],
        ["new", 999_999],
      ]),
      disk: { capacityBytes: 100, availableBytes: 14 },
      nowMs: 1_000_000,
    };
    expect(imagesToRemove(input).map(({ id }) => id)).toEqual(["b"]);
    expect(imagesToRemove({ ...input, disk: { capacityBytes: 100, availableBytes: 16 } })).toEqual([]);
    expect(imagesToRemove({ ...input, disk: { capacityBytes: 100, availableBytes: 0 } }).map(({ id }) => id)).toEqual([
      "b",
      "a",
    ]);
  });
});

describe("names and hosts", () => {
  const settings = { clusterDomain: "cluster.local", nodeHostname: "machine" };

  it("[HN1] name, hostname, subdomain, fully qualified, of the host", () => {
    const names = (spec: object) => hostNames(makePod(spec), settings);
    const domain = "s.default.svc.cluster.local";
    expect(names({})).toEqual({ hostname: "web", shortName: "web", domain: "" });
    expect(names({ hostname: "h", subdomain: "s" })).toEqual({ hostname: "h", shortName: "h", domain });
    const full = names({ hostname: "h", subdomain: "s", setHostnameAsFQDN: true });
    expect(full).toEqual({ hostname: `h.${domain}`, shortName: "h", domain });
    expect(podHosts(full, ["10.0.0.5"], undefined)).toContain(`10.0.0.5\th.${domain}\th\n`);
    expect(names({ hostNetwork: true }).hostname).toBe("machine");
    expect(hostNames(makePod({}, { metadata: { name: `${"a".repeat(62)}.b` } }), settings).hostname).toBe(
      "a".repeat(62),
    );
  });

  it("[HN2] /etc/hosts", () => {
    const text = podHosts(
      { hostname: "h", shortName: "h", domain: "s.x" },
      ["10.0.0.5"],
      [{ ip: "1.2.3.4", hostnames: ["a", "b"] }],
    );
    expect(text).toMatch(/^# Kubernetes-managed hosts file\.\n127\.0\.0\.1\tlocalhost\n/);
    expect(text).toContain("10.0.0.5\th.s.x\th\n\n# Entries added by HostAliases.\n1.2.3.4\ta\tb\n");
    expect(hostNetworkHosts("127.0.0.1 me\n", undefined)).toBe(
      "# Kubernetes-managed hosts file (host network).\n127.0.0.1 me\n",
    );
  });

  it("[HN3] service variables", () => {
    const service = {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "my-db" },
      spec: {
        clusterIP: "10.96.0.7",
        ports: [
          { port: 80, name: "web-ui" },
          { port: 53, protocol: "UDP" as const },
        ],
      },
    };
    const variables = Object.fromEntries(
      serviceVariables([service, { ...service, spec: { clusterIP: "None", ports: [{ port: 1 }] } }]),
    );
    expect(variables).toMatchObject({
      MY_DB_SERVICE_HOST: "10.96.0.7",
      MY_DB_SERVICE_PORT: "80",
      MY_DB_SERVICE_PORT_WEB_UI: "80",
      MY_DB_PORT: "tcp://10.96.0.7:80",
      MY_DB_PORT_53_UDP: "udp://10.96.0.7:53",
      MY_DB_PORT_80_TCP_ADDR: "10.96.0.7",
    });
  });
});

describe("security", () => {
  const security = (fields: object, spec: object = {}, image: object = {}) => {
    const container = makeContainer("main", { securityContext: fields });
    return containerSecurity(makePod({ containers: [container], ...spec }), container, {
      image: { uid: undefined, username: "", ...image } as never,
    });
  };

  it("[SC1] the container's settings over the pod's", () => {
    const spec = { securityContext: { runAsUser: 1, runAsGroup: 2, fsGroup: 3, supplementalGroups: [4, 3] } };
    expect(security({ runAsUser: 5 }, spec)).toMatchObject({
      runAsUser: { value: 5n },
      runAsGroup: { value: 2n },
      supplementalGroups: [3n, 4n],
    });
  });

  it("[SC2] privilege, capabilities, file system, escalation, seccomp", () => {
    expect(security({ privileged: true, seccompProfile: { type: "RuntimeDefault" } })).toMatchObject({
      privileged: true,
      seccomp: { profileType: 1 },
    });
    expect(
      security({
        capabilities: { add: ["NET_ADMIN"], drop: ["ALL"] },
        readOnlyRootFilesystem: true,
        allowPrivilegeEscalation: false,
      }),
    ).toMatchObject({
      capabilities: { addCapabilities: ["NET_ADMIN"], dropCapabilities: ["ALL"] },
      readonlyRootfs: true,
      noNewPrivs: true,
    });
    expect(security({ seccompProfile: { type: "Localhost", localhostProfile: "p.json" } }).seccomp).toEqual({
      profileType: 2,
      localhostRef: "/var/lib/kubelet/seccomp/p.json",
    });
  });

  it.each([
    ["[SC3] by itself", { runAsNonRoot: true, runAsUser: 0 }, {}, "container's runAsUser breaks non-root policy"],
    ["[SC4] by its image", { runAsNonRoot: true }, {}, "container has runAsNonRoot and image will run as root"],
    [
      "[SC5] by a name that may be",
      { runAsNonRoot: true },
      { username: "app" },
      "image has non-numeric user (app), cannot verify user is non-root",
    ],
  ])("%s root is refused under runAsNonRoot", (_, fields, image, message) => {
    expect(() => security(fields, {}, image)).toThrow(message);
  });

  it("[SC6] a numeric user of the image satisfies runAsNonRoot", () => {
    expect(security({ runAsNonRoot: true }, {}, { uid: 1000n })).toMatchObject({ runAsUser: { value: 1000n } });
  });
});

describe("storageExcess", () => {
  const limited = (storage: string | undefined, sizeLimit?: string) =>
    makePod({
      containers: ["a", "b"].map((name) =>
        makeContainer(name, storage ? { resources: { limits: { "ephemeral-storage": storage } } } : {}),
      ),
      volumes: [{ name: "v", emptyDir: sizeLimit ? { sizeLimit } : {} }],
    });
  const Ki = 1024;

  it.each([
    ["[SL1] all within", limited("10Ki", "5Ki"), { v: 5 * Ki, a: 5 * Ki }, undefined],
    [
      "[SL2] a volume",
      limited(undefined, "5Ki"),
      { v: 5 * Ki + 1 },
      'Usage of EmptyDir volume "v" exceeds the limit "5Ki". ',
    ],
    [
      "[SL3] all together",
      limited("10Ki"),
      { v: 11 * Ki, a: 5 * Ki, b: 5 * Ki },
      "Pod ephemeral local storage usage exceeds the total limit of containers 20Ki. ",
    ],
    [
      "[SL4] a container",
      limited("10Ki"),
      { a: 11 * Ki },
      'Container a exceeded its local ephemeral storage limit "10Ki". ',
    ],
  ])("%s", (_, pod, { v = 0, ...containers }: { v?: number; a?: number; b?: number }, wanted) => {
    const use = { volumes: new Map([["v", v]]), containers: new Map(Object.entries(containers)) };
    expect(storageExcess(pod, use)).toBe(wanted);
  });

  it("[SL5] pods without limits and critical ones are not looked at", () => {
    const critical = limited("1Ki");
    critical.spec.priority = 2_000_000_000;
    expect([limited(undefined), critical, limited("1Ki")].map(hasStorageLimits)).toEqual([false, false, true]);
  });
});

describe("admission", () => {
  const cluster = {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: "node-1", labels: { disk: "ssd" } },
    spec: {},
    status: { allocatable: { cpu: "2", memory: "4Gi", pods: "2" } },
  };
  const asking = (cpu: string) =>
    makePod({ containers: [makeContainer("main", { resources: { requests: { cpu } } })] });

  it.each([
    ["[AD1] fits", asking("1"), [asking("1")], undefined],
    [
      "[AD2] too little cpu",
      asking("1500m"),
      [asking("1")],
      {
        reason: "OutOfcpu",
        message: "Node didn't have enough resource: cpu, requested: 1500, used: 1000, capacity: 2000",
      },
    ],
    [
      "[AD3] too many pods",
      makePod(),
      [makePod(), makePod()],
      { reason: "OutOfpods", message: "Node didn't have enough resource: pods, requested: 1, used: 2, capacity: 2" },
    ],
    [
      "[AD4] another node's label",
      makePod({ nodeSelector: { disk: "hdd" } }),
      [],
      {
        reason: "NodeAffinity",
        message: "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
      },
    ],
    [
      "[AD5] a sysctl that is not safe",
      makePod({ securityContext: { sysctls: [{ name: "kernel.msgmax", value: "1" }] } }),
      [],
      { reason: "SysctlForbidden", message: 'forbidden sysctl: "kernel.msgmax" not allowlisted' },
    ],
  ])("%s", (_, pod, others, wanted) =>
    expect(admitPod(pod, cluster as never, { others, appArmor: false })).toEqual(wanted),
  );

  it("[AD8] AppArmor profiles need a kernel that enforces them", () => {
    const profile = (type: "RuntimeDefault" | "Unconfined") =>
      makePod({ securityContext: { appArmorProfile: { type } } });
    const reason = (type: "RuntimeDefault" | "Unconfined", appArmor: boolean) =>
      admitPod(profile(type), cluster as never, { others: [], appArmor })?.reason;
    expect([reason("RuntimeDefault", false), reason("RuntimeDefault", true), reason("Unconfined", false)]).toEqual([
      "AppArmor",
      undefined,
      undefined,
    ]);
  });

  it("[AD7] strict groups need a runtime that knows them", () => {
    const pod = makePod({ securityContext: { supplementalGroupsPolicy: "Strict" } });
    expect(admitPod(pod, cluster as never, { others: [], appArmor: false })).toEqual({
      reason: "SupplementalGroupsPolicyNotSupported",
      message: "SupplementalGroupsPolicy=Strict is not supported in this node",
    });
    const status = { ...cluster.status, features: { supplementalGroupsPolicy: true } };
    expect(admitPod(pod, { ...cluster, status } as never, { others: [], appArmor: false })).toBeUndefined();
  });

  it.each([
    ["Enabled", true, true],
    ["IfPossible", true, true],
    ["IfPossible", false, false],
    ["Disabled", true, false],
    [undefined, true, false],
  ] as const)("[RO1] a recursive read-only mount: %s where that can be: %s", (recursiveReadOnly, can, wanted) => {
    const mount = { name: "v", mountPath: "/v", readOnly: true, ...(recursiveReadOnly && { recursiveReadOnly }) };
    expect(isRecursive(mount, { can })).toBe(wanted);
    expect(isRecursive({ ...mount, readOnly: false }, { can })).toBe(false);
  });

  it("[RO2] one that must be recursive and cannot is refused", () => {
    const mount = { name: "v", mountPath: "/v", readOnly: true, recursiveReadOnly: "Enabled" };
    expect(() => isRecursive(mount, { can: false })).toThrow(
      'volume "v" requested recursive read-only mode, but it is not supported by the runtime',
    );
  });

  it("[AD6] host ports clash by address and protocol", () => {
    const on = (port: object) =>
      makePod({ containers: [makeContainer("main", { ports: [{ containerPort: 80, ...port }] })] });
    const reason = (a: object, b: object) =>
      admitPod(on(a), cluster as never, { others: [on(b)], appArmor: false })?.reason;
    expect(reason({ hostPort: 8080 }, { hostPort: 8080 })).toBe("NodePorts");
    expect(reason({ hostPort: 8080 }, { hostPort: 8080, protocol: "UDP" })).toBeUndefined();
    expect(reason({ hostPort: 8080, hostIP: "127.0.0.1" }, { hostPort: 8080, hostIP: "127.0.0.2" })).toBeUndefined();
    expect(reason({ hostPort: 8080, hostIP: "127.0.0.1" }, { hostPort: 8080 })).toBe("NodePorts");
  });
});

describe("status patch", () => {
  const condition = { type: "Ready", status: "True", lastTransitionTime: "t1" };

  it("[SP1] nothing when nothing differs", () => {
    const status = { phase: "Running" as const, conditions: [condition] };
    expect(statusPatch(status, { ...status, nominatedNodeName: "kept" })).toBeUndefined();
  });

  it("[SP2] only what differs; fields that went are null", () => {
    const next = { phase: "Running" as const, conditions: [condition, { type: "Initialized", status: "True" }] };
    expect(statusPatch(next, { phase: "Running", reason: "Old", conditions: [condition] })).toEqual({
      reason: null,
      conditions: [{ type: "Initialized", status: "True" }],
    });
  });

  it("[SP3] a condition that lost its reason says so; others' conditions are not named", () => {
    const before = [
      { ...condition, status: "False", reason: "ContainersNotReady", message: "m" },
      { type: "example.com/x", status: "True" },
    ];
    expect(statusPatch({ conditions: [condition] }, { conditions: before })).toEqual({
      conditions: [{ ...condition, reason: null, message: null }],
    });
  });

  it("[SP4] new addresses replace old ones", () => {
    expect(statusPatch({ podIPs: [{ ip: "b" }] }, { podIPs: [{ ip: "a" }] })).toEqual({
      podIPs: [{ ip: "b" }, { $patch: "replace" }],
    });
  });
});

describe("events", () => {
  const event = (message: string, subject = "pod", fieldPath = "") => ({
    subject,
    fieldPath,
    type: "Normal" as const,
    reason: "Pulled",
    message,
  });

  it("[EV1] repeats are counted, once the first is stored", () => {
    const correlator = new EventCorrelator();
    const first = correlator.decide(event("m"), 0);
    expect(first).toMatchObject({ do: "tell", count: 1 });
    expect(first).not.toHaveProperty("name");
    if (first.do === "tell") correlator.stored(first.key, "e1");
    expect(correlator.decide(event("m"), 1)).toMatchObject({ name: "e1", count: 2, firstMs: 0 });
    expect(correlator.decide(event("m", "pod", "spec.containers{b}"), 1)).toMatchObject({ count: 1, firstMs: 1 });
  });

  it("[EV2] ten alike are combined, whichever container they are about; those told before are still told", () => {
    const correlator = new EventCorrelator();
    const decisions = Array.from({ length: 11 }, (_, i) => correlator.decide(event(`m${i}`, "pod", `c${i % 2}`), i));
    expect(decisions[8]).toMatchObject({ message: "m8" });
    expect(decisions[10]).toMatchObject({ message: "(combined from similar events): m10", count: 2 });
    expect(correlator.decide(event("m8", "pod", "c0"), 20)).toMatchObject({ message: "m8", count: 2 });
  });

  it("[EV3] one object gets 25 at once and one in five minutes, others are not affected; what is dropped is counted", () => {
    const correlator = new EventCorrelator();
    const told = (count: number, nowMs: number) =>
      Array.from({ length: count }, (_, i) => correlator.decide(event("m", "pod", `c${i % 2}`), nowMs)).filter(
        (decision) => decision.do !== "drop",
      );
    expect(told(40, 0)).toHaveLength(25);
    expect(correlator.decide(event("m", "other"), 0).do).toBe("tell");
    expect(told(5, 300_000)).toMatchObject([{ count: 21 }]);
  });
});

describe("termination message", () => {
  it("[TM1] the end of a log, without its times and tags", () => {
    expect(
      logText(
        "garbage\n2026-01-01T00:00:00Z stdout F one\n2026-01-01T00:00:00Z stderr P tw\n2026-01-01T00:00:00Z stderr F o\n",
      ),
    ).toBe("one\ntwo\n");
  });
});
