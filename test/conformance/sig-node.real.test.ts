/** What conformance asks of the kubelet: one pod or a few each, beside each other on two nodes. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually, skipNodes } from "../e2e/harness.ts";
import { WEB_IMAGE } from "../images/busybox.ts";
import { type Any, isReady, type Nodes, podOf, type Space, startNodes } from "./nodes-kit.ts";
import { volumeTests } from "./volumes-on-nodes.ts";

const PORT = 16_753;

describe.skipIf(skipNodes)(`conformance of the kubelet${skipNodes ? ` (skipped: ${skipNodes})` : ""}`, () => {
  let api: Nodes;
  let space: Space;
  beforeAll(async () => {
    api = await startNodes("sig-node", PORT);
    space = await api.space("kubelet");
  });
  afterAll(() => api?.remove());

  const log = async (name: string, query = ""): Promise<string> =>
    (await api.request("GET", space.path(`pods/${name}/log${query}`))).text;
  const phase = async (name: string, wanted: string): Promise<Any> => {
    const pod = (await eventually(`${name} ${wanted}`, 60_000, async () => {
      const found = await space.pod(name);
      return ["Succeeded", "Failed", wanted].includes(found.status.phase) && found;
    })) as Any;
    expect(pod.status.phase, JSON.stringify(pod.status)).toBe(wanted);
    return pod;
  };
  const readyPod = (name: string): Promise<Any> =>
    eventually(`${name} ready`, 60_000, async () => {
      const pod = await space.pod(name);
      return isReady(pod) && pod;
    });
  const create = async (name: string, container: object, more: object = {}): Promise<string> =>
    space.create(podOf(name, { name }, container, more));
  /** What a script prints. */
  const said = async (name: string, script: string, container: object = {}, more: object = {}): Promise<string> => {
    await create(name, { command: ["sh", "-c", script], ...container }, { restartPolicy: "Never", ...more });
    await phase(name, "Succeeded");
    return log(name);
  };
  const data = (kind: string, name: string, of: { [key: string]: string }): Promise<string> =>
    space.create({
      apiVersion: "v1",
      kind,
      metadata: { name },
      ...(kind === "Secret" ? { stringData: of } : { data: of }),
    });
  const sleeper = { command: ["sh", "-c", "trap 'exit 0' TERM; sleep 600 & wait"] };
  const containerOf = (pod: Any, index = 0): Any => pod.status.containerStatuses[index];

  describe.concurrent("environment", () => {
    it.for(["ConfigMap", "Secret"])(
      "%s should be consumable as environment variable names with various prefixes [Conformance]",
      async (kind) => {
        const name = `env-${kind.toLowerCase()}`;
        await data(kind, name, { data_1: "value-1", data_2: "value-2" });
        const ref = kind === "Secret" ? "secretRef" : "configMapRef";
        const keyRef = kind === "Secret" ? "secretKeyRef" : "configMapKeyRef";
        // A shell passes on only what it can name.
        const text = await said(name, "", {
          command: ["env"],
          envFrom: [
            { [ref]: { name } },
            { prefix: "p-", [ref]: { name } },
            { [ref]: { name: "none", optional: true } },
          ],
          env: [
            { name: "ONE", valueFrom: { [keyRef]: { name, key: "data_1" } } },
            { name: "NONE", valueFrom: { [keyRef]: { name: "none", key: "data_1", optional: true } } },
          ],
        });
        for (const line of ["data_1=value-1", "data_2=value-2", "p-data_1=value-1", "ONE=value-1"])
          expect(text).toContain(line);
        expect(text).not.toContain("NONE=");
      },
    );

    it("Downward API should provide pod and container fields as env vars [Conformance]", async () => {
      const field = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } });
      const resource = (name: string, of: string, divisor?: string) => ({
        name,
        valueFrom: { resourceFieldRef: { resource: of, ...(divisor && { divisor }) } },
      });
      const text = await said("downward", "env", {
        resources: { requests: { cpu: "250m", memory: "32Mi" }, limits: { memory: "64Mi" } },
        env: [
          field("NAME", "metadata.name"),
          field("SPACE", "metadata.namespace"),
          field("POD_UID", "metadata.uid"),
          field("IP", "status.podIP"),
          field("HOST", "status.hostIP"),
          field("HOSTS", "status.hostIPs"),
          resource("CPU_REQUEST", "requests.cpu", "1m"),
          resource("MEMORY_REQUEST", "requests.memory"),
          resource("MEMORY_LIMIT", "limits.memory", "1Mi"),
          resource("CPU_LIMIT", "limits.cpu"),
        ],
      });
      const { metadata, status, spec } = await space.pod("downward");
      const { allocatable } = (await api.get(`/api/v1/nodes/${spec.nodeName}`)).status;
      for (const line of [
        "NAME=downward",
        "SPACE=kubelet",
        `POD_UID=${metadata.uid}`,
        `IP=${status.podIP}`,
        `HOST=${status.hostIP}`,
        `HOSTS=${status.hostIPs[0].ip}`,
        "CPU_REQUEST=250",
        `MEMORY_REQUEST=${32 * 1024 * 1024}`,
        "MEMORY_LIMIT=64",
        `CPU_LIMIT=${allocatable.cpu}`,
      ])
        expect(text.split("\n")).toContain(line);
    });

    it("Variable Expansion in variables, commands, arguments and subpaths [Conformance]", async () => {
      const text = await said(
        "expansion",
        "",
        {
          command: ["sh", "-c", 'echo "$(COMPOSED)"; echo "$@"; echo x > /mine/file; ls /all', "$(FIRST)"],
          args: ["$(SECOND)", "$$(SECOND)", "$(UNKNOWN)"],
          env: [
            { name: "FIRST", value: "one" },
            { name: "SECOND", value: "two" },
            { name: "COMPOSED", value: "$(FIRST);;$(SECOND)" },
          ],
          volumeMounts: [
            { name: "v", mountPath: "/mine", subPathExpr: "$(FIRST)/$(SECOND)" },
            { name: "v", mountPath: "/all" },
          ],
        },
        { volumes: [{ name: "v", emptyDir: {} }] },
      );
      expect(text).toBe("one;;two\ntwo $(SECOND) $(UNKNOWN)\none\n");
    });

    it.for([
      ["with backticks", "/tmp/`hostname`"],
      ["with absolute path", "/tmp"],
    ] as const)(
      "Variable Expansion should fail substituting values in a volume subpath %s [Conformance]",
      async ([how, value]) => {
        const name = how.replaceAll(" ", "-");
        await create(
          name,
          {
            ...sleeper,
            env: [{ name: "P", value }],
            volumeMounts: [{ name: "v", mountPath: "/x", subPathExpr: "$(P)" }],
          },
          { volumes: [{ name: "v", emptyDir: {} }] },
        );
        const waiting = await eventually("refused", 30_000, async () => {
          const { state } = containerOf(await space.pod(name));
          return state.waiting?.reason === "CreateContainerConfigError" && state.waiting;
        });
        expect(waiting.message).toBe(`error SubPath \`${value}\` must not be an absolute path`);
      },
    );

    it("Variable Expansion should verify that a failing subpath expansion can be modified during the lifecycle of a container [Conformance]", async () => {
      const name = "modified";
      const place = await space.create({
        ...podOf(
          name,
          {},
          {
            ...sleeper,
            env: [{ name: "P", valueFrom: { fieldRef: { fieldPath: "metadata.annotations['p']" } } }],
            volumeMounts: [{ name: "v", mountPath: "/x", subPathExpr: "$(P)" }],
          },
          { volumes: [{ name: "v", emptyDir: {} }] },
        ),
        metadata: { name, annotations: { p: "/absolute" } },
      });
      await eventually(
        "refused",
        30_000,
        async () => containerOf(await space.pod(name)).state.waiting?.reason === "CreateContainerConfigError",
      );
      await api.patch(place, { metadata: { annotations: { p: "relative" } } });
      await readyPod(name);
    });

    it("Pods should contain environment variables for services [Conformance]", async () => {
      await space.create({
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: "foo-service" },
        spec: { ports: [{ port: 8765 }] },
      });
      const { clusterIP } = (await api.get(space.path("services/foo-service"))).spec;
      await eventually("the node knows it", 10_000, async () => {
        const name = `services-${Math.random().toString(36).slice(2, 8)}`;
        const text = await said(name, "env");
        return (
          text.includes(`FOO_SERVICE_SERVICE_HOST=${clusterIP}\n`) &&
          text.includes(`FOO_SERVICE_PORT_8765_TCP=tcp://${clusterIP}:8765\n`)
        );
      });
    });
  });

  describe.concurrent("containers", () => {
    it("Container Runtime should run with the expected status [Conformance]", async () => {
      const volumes = [{ name: "v", emptyDir: {} }];
      const volumeMounts = [{ name: "v", mountPath: "/v" }];
      // Ends as many times as it should, then stays.
      const counted = (ends: string) => `n=$(cat /v/n 2>/dev/null || echo 0); n=$((n + 1)); echo $n > /v/n; ${ends}`;
      const make = (name: string, restartPolicy: string, ends: string) =>
        create(name, { command: ["sh", "-c", counted(ends)], volumeMounts }, { restartPolicy, volumes });
      await Promise.all([
        make("always", "Always", "[ $n -lt 2 ] && exit 1; sleep 600"),
        make("on-failure", "OnFailure", "[ $n -lt 2 ] && exit 1; exit 0"),
        make("never", "Never", "exit 1"),
      ]);
      const [always, onFailure, never] = await Promise.all([
        eventually("always again", 60_000, async () => {
          const pod = await space.pod("always");
          return isReady(pod) && containerOf(pod).restartCount > 0 && pod;
        }),
        phase("on-failure", "Succeeded"),
        phase("never", "Failed"),
      ]);
      expect(containerOf(always)).toMatchObject({
        restartCount: 1,
        ready: true,
        state: { running: {} },
        lastState: { terminated: { exitCode: 1, reason: "Error" } },
      });
      expect(containerOf(onFailure)).toMatchObject({
        restartCount: 1,
        ready: false,
        state: { terminated: { exitCode: 0, reason: "Completed" } },
      });
      expect(containerOf(never)).toMatchObject({ restartCount: 0, state: { terminated: { exitCode: 1 } } });
    });

    it.for([
      ["from file as non-root user and at a non-default path", "DONE", { file: "/dev/custom", user: 1000 }],
      ["from log output if FallbackToLogsOnError is set", "DONE", { fallback: true, toLog: true, code: 1 }],
      ["as empty when pod succeeds and FallbackToLogsOnError is set", "", { fallback: true, toLog: true }],
      ["from file when pod succeeds and FallbackToLogsOnError is set", "DONE", { fallback: true }],
    ] as [string, string, { file?: string; user?: number; fallback?: boolean; toLog?: boolean; code?: number }][])(
      "Container Runtime should report termination message %s [Conformance]",
      async ([how, wanted, { file = "/dev/termination-log", user, fallback, toLog, code = 0 }]) => {
        const name = `message-${how
          .replace(/[^a-z]+/gi, "-")
          .toLowerCase()
          .slice(0, 50)}`;
        await create(
          name,
          {
            command: ["sh", "-c", `printf DONE ${toLog ? "" : `> ${file}`}; exit ${code}`],
            terminationMessagePath: file,
            ...(fallback && { terminationMessagePolicy: "FallbackToLogsOnError" }),
            ...(user && { securityContext: { runAsUser: user } }),
          },
          { restartPolicy: "Never" },
        );
        const pod = await phase(name, code === 0 ? "Succeeded" : "Failed");
        expect(containerOf(pod).state.terminated.message ?? "").toBe(wanted);
      },
    );

    it("Kubelet: a command that always fails has a terminated reason, and can be deleted [Conformance]", async () => {
      const place = await create("fails", { command: ["/bin/false"] });
      await eventually("terminated", 30_000, async () => {
        const { state, lastState } = containerOf(await space.pod("fails"));
        return (state.terminated ?? lastState.terminated)?.reason === "Error";
      });
      await api.delete(place);
      await eventually("gone", 30_000, async () => (await api.request("GET", place)).status === 404);
    });

    it("Kubelet: hostAliases, managed /etc/hosts, and the host's own with hostNetwork [Conformance]", async () => {
      const text = await said(
        "aliases",
        "cat /etc/hosts",
        {},
        { hostAliases: [{ ip: "123.45.67.89", hostnames: ["foo", "bar"] }] },
      );
      expect(text).toContain("# Kubernetes-managed hosts file.");
      expect(text).toContain("123.45.67.89\tfoo\tbar\n");
      const own = await said(
        "own-hosts",
        "cat /etc/hosts",
        { volumeMounts: [{ name: "h", mountPath: "/etc/hosts" }] },
        { volumes: [{ name: "h", hostPath: { path: "/etc/hosts", type: "File" } }] },
      );
      expect(own).not.toContain("Kubernetes-managed");
      expect(await said("host-network", "cat /etc/hosts; hostname", {}, { hostNetwork: true })).toContain(
        "# Kubernetes-managed hosts file (host network).",
      );
    });

    it("Security Context: users, groups, privilege, read-only root, privilege escalation [Conformance]", async () => {
      const [user, groups, unprivileged, readOnly, escalation] = await Promise.all([
        said("user", "id -u", { securityContext: { runAsUser: 65534 } }),
        said(
          "groups",
          "id -u; id -g; id -G",
          {},
          {
            securityContext: { runAsUser: 1001, runAsGroup: 2002, fsGroup: 3003, supplementalGroups: [4004] },
          },
        ),
        said("unprivileged", "ip link add d0 type dummy && echo made || echo refused", {
          securityContext: { privileged: false },
        }),
        said("read-only", "echo x > /file && echo written || echo refused", {
          securityContext: { readOnlyRootFilesystem: true },
        }),
        said("escalation", "grep NoNewPrivs /proc/self/status", {
          securityContext: { allowPrivilegeEscalation: false, runAsUser: 1000 },
        }),
      ]);
      expect(user).toBe("65534\n");
      expect(groups).toMatch(/^1001\n2002\n2002 (3003 4004|4004 3003)\n$/);
      expect(unprivileged).toContain("refused");
      expect(readOnly).toContain("refused");
      expect(escalation).toMatch(/NoNewPrivs:\s+1/);
    });

    it("Security Context: runAsNonRoot refuses root [NodeConformance]", async () => {
      await create("non-root", { ...sleeper, securityContext: { runAsNonRoot: true } });
      const { message } = await eventually("refused", 30_000, async () => {
        const { waiting } = containerOf(await space.pod("non-root")).state;
        return waiting?.reason === "CreateContainerConfigError" && waiting;
      });
      expect(message).toMatch(/^container has runAsNonRoot and image will run as root/);
    });

    it("Sysctls should support sysctls, and reject unsafe ones [Conformance]", async () => {
      const sysctls = (name: string) => ({ securityContext: { sysctls: [{ name, value: "1" }] } });
      const set = await said("sysctl", "cat /proc/sys/kernel/shm_rmid_forced", {}, sysctls("kernel.shm_rmid_forced"));
      expect(set).toBe("1\n");
      await create("unsafe", sleeper, sysctls("kernel.msgmax"));
      expect((await phase("unsafe", "Failed")).status).toMatchObject({
        reason: "SysctlForbidden",
        message: expect.stringMatching(/^Pod was rejected: forbidden sysctl: "kernel.msgmax" not allowlisted$/),
      });
    });
  });

  describe.concurrent("hooks and probes", () => {
    /** Writes down which paths were asked for. */
    const listener = async (name: string): Promise<{ ip: string; hits(): Promise<string> }> => {
      const script = `printf '#!/bin/sh\\necho "$QUERY_STRING" >> /tmp/hits\\nprintf "Content-Type: text/plain\\\\r\\\\n\\\\r\\\\nok"\\n' > /www/cgi-bin/hit
chmod +x /www/cgi-bin/hit; touch /tmp/hits; chmod 666 /tmp/hits; trap 'exit 0' TERM; httpd -f -p 80 -h /www & wait`;
      await create(name, { command: ["sh", "-c", script] });
      const { status } = await readyPod(name);
      return { ip: status.podIP, hits: () => space.sh(name, "cat /tmp/hits") };
    };
    const get = (ip: string, what: string) => ({
      httpGet: { host: ip, port: 80, path: `/cgi-bin/hit?${what}`, scheme: "HTTP" },
    });
    const exec = (ip: string, what: string) => ({
      exec: { command: ["sh", "-c", `curl -s "http://${ip}/cgi-bin/hit?${what}"`] },
    });

    it("Container Lifecycle Hook: poststart and prestop by exec and http; PreStop should call prestop when killing a pod [Conformance]", async () => {
      const { ip, hits } = await listener("hooked");
      const hooks = {
        "post-exec": { postStart: exec(ip, "post-exec") },
        "post-http": { postStart: get(ip, "post-http") },
        "pre-exec": { preStop: exec(ip, "pre-exec") },
        "pre-http": { preStop: get(ip, "pre-http") },
      };
      const more = { terminationGracePeriodSeconds: 30 };
      const places = await Promise.all(
        Object.entries(hooks).map(([name, lifecycle]) => create(name, { ...sleeper, lifecycle }, more)),
      );
      await Promise.all(Object.keys(hooks).map((name) => readyPod(name)));
      await Promise.all(places.map((place) => api.delete(place)));
      await eventually("all asked", 30_000, async () => {
        const found = (await hits()).trim().split("\n");
        return Object.keys(hooks).every((name) => found.includes(name));
      });
    });

    it("Probing: liveness by exec, http and tcp restarts what fails and nothing else, with a growing restart count [Conformance]", async () => {
      const quick = { periodSeconds: 1, failureThreshold: 1 };
      const dying = "touch /tmp/health; httpd -p 80 -h /www; sleep 3; rm /tmp/health; rm /www/index.html; sleep 600";
      const cat = { exec: { command: ["cat", "/tmp/health"] }, initialDelaySeconds: 1, ...quick };
      const page = { httpGet: { path: "/index.html", port: 80 }, initialDelaySeconds: 1, ...quick };
      await Promise.all([
        create("live-exec", { command: ["sh", "-c", dying], livenessProbe: cat }),
        create("live-http", { command: ["sh", "-c", dying], livenessProbe: page }),
        create("live-tcp", { livenessProbe: { tcpSocket: { port: 80 }, initialDelaySeconds: 1, ...quick } }),
      ]);
      for (const name of ["live-exec", "live-http"]) {
        const pod = await eventually(`${name} restarted`, 60_000, async () => {
          const found = await space.pod(name);
          return containerOf(found).restartCount > 0 && found;
        });
        expect(containerOf(pod).lastState.terminated).toMatchObject({ exitCode: expect.any(Number) });
      }
      expect(containerOf(await readyPod("live-tcp")).restartCount).toBe(0);
      const { nodeName } = (await space.pod("live-exec")).spec;
      const metrics = async (path: string) =>
        (await api.request("GET", `/api/v1/nodes/${nodeName}/proxy/metrics${path}`)).text;
      expect(await metrics("/probes")).toMatch(/^prober_probe_total\{.*pod="live-exec".*result="failed"\} [1-9]/m);
      expect(await metrics("/cadvisor")).toMatch(/^machine_memory_bytes [1-9]/m);
      expect(await metrics("")).toMatch(/^kubelet_running_pods [1-9]/m);
      const summary = await api.get(`/api/v1/nodes/${nodeName}/proxy/stats/summary`);
      expect(summary.node).toMatchObject({ nodeName, fs: { capacityBytes: expect.any(Number) } });
      const { items } = await api.get(space.path("events?fieldSelector=involvedObject.name=live-exec"));
      const told = items.map(({ reason, message }: Any) => `${reason} ${message}`);
      expect(told).toContain("Killing Container main failed liveness probe, will be restarted");
      expect(told.some((text: string) => text.startsWith("Unhealthy Liveness probe failed: cat: "))).toBe(true);
    });

    it("Probing with readiness: not before the initial delay, never when it fails, and no restart [Conformance]", async () => {
      const page = { httpGet: { path: "/index.html", port: 80 }, initialDelaySeconds: 3, periodSeconds: 1 };
      const no = { exec: { command: ["false"] }, periodSeconds: 1 };
      await Promise.all([create("slow", { readinessProbe: page }), create("unready", { readinessProbe: no })]);
      const pod = await readyPod("slow");
      const since = (type: string) =>
        Date.parse(pod.status.conditions.find((c: Any) => c.type === type).lastTransitionTime);
      expect(since("Ready") - Date.parse(containerOf(pod).state.running.startedAt)).toBeGreaterThanOrEqual(2_000);
      const unready = await space.pod("unready");
      expect([isReady(unready), containerOf(unready).restartCount, containerOf(pod).restartCount]).toEqual([
        false,
        0,
        0,
      ]);
      expect(unready.status.conditions.find((c: Any) => c.type === "Ready")).toMatchObject({
        reason: "ContainersNotReady",
        message: "containers with unready status: [main]",
      });
    });
  });

  describe.concurrent("init and ephemeral containers", () => {
    const init = (name: string, script: string, more: object = {}) => ({
      name,
      image: WEB_IMAGE,
      command: ["sh", "-c", script],
      ...more,
    });

    it.for(["Always", "Never"])(
      "InitContainer should invoke init containers on a Restart%s pod [Conformance]",
      async (restartPolicy) => {
        const name = `init-${restartPolicy.toLowerCase()}`;
        await create(name, restartPolicy === "Never" ? { command: ["true"] } : {}, {
          restartPolicy,
          initContainers: [init("init1", "true"), init("init2", "true")],
        });
        const pod = restartPolicy === "Never" ? await phase(name, "Succeeded") : await readyPod(name);
        for (const status of pod.status.initContainerStatuses)
          expect(status).toMatchObject({ ready: true, state: { terminated: { exitCode: 0 } } });
        expect(pod.status.conditions.find((c: Any) => c.type === "Initialized").status).toBe("True");
      },
    );

    it("InitContainer should not start app containers if init containers fail on a RestartAlways pod [Conformance]", async () => {
      await create("init-fails", {}, { initContainers: [init("init1", "false"), init("init2", "true")] });
      const pod = await eventually("restarted", 60_000, async () => {
        const found = await space.pod("init-fails");
        return found.status.initContainerStatuses?.[0].restartCount >= 2 && found;
      });
      expect(pod.status).toMatchObject({ phase: "Pending" });
      expect(pod.status.initContainerStatuses[1].state.waiting).toEqual({ reason: "PodInitializing" });
      expect(containerOf(pod).state.waiting).toEqual({ reason: "PodInitializing" });
      expect(pod.status.conditions.find((c: Any) => c.type === "Initialized")).toMatchObject({
        status: "False",
        reason: "ContainersNotInitialized",
        message: "containers with incomplete status: [init1 init2]",
      });
    });

    it("InitContainer should not start app containers and fail the pod if init containers fail on a RestartNever pod [Conformance]", async () => {
      await create(
        "init-ends",
        {},
        {
          restartPolicy: "Never",
          initContainers: [init("init1", "true"), init("init2", "false")],
        },
      );
      const pod = await phase("init-ends", "Failed");
      expect(pod.status.initContainerStatuses[1].state.terminated.exitCode).toBe(1);
      expect(containerOf(pod).state.waiting ?? containerOf(pod).state.terminated).toBeDefined();
      expect(containerOf(pod).started).toBe(false);
    });

    it("sidecars start in order, keep no pod alive, and end after the containers they serve", async () => {
      const at = (name: string, what: string) => `echo ${name} ${what} >> /v/order`;
      const sidecar = (name: string) =>
        init(name, `${at(name, "start")}; trap '${at(name, "end")}; exit 0' TERM; sleep 600 & wait`, {
          restartPolicy: "Always",
          startupProbe: { exec: { command: ["grep", "-q", name, "/v/order"] }, periodSeconds: 1 },
          volumeMounts: [{ name: "v", mountPath: "/v" }],
        });
      await create(
        "sidecars",
        { command: ["sh", "-c", `${at("main", "start")}; sleep 1`], volumeMounts: [{ name: "v", mountPath: "/v" }] },
        {
          restartPolicy: "Never",
          terminationGracePeriodSeconds: 30,
          initContainers: [sidecar("one"), init("between", "true"), sidecar("two")],
          volumes: [{ name: "v", hostPath: { path: "/tmp/kedge-sidecars", type: "DirectoryOrCreate" } }],
          nodeName: (await api.nodes())[0]?.name,
        },
      );
      const pod = await phase("sidecars", "Succeeded");
      const text = await said(
        "order",
        "cat /v/order; rm /v/order",
        { volumeMounts: [{ name: "v", mountPath: "/v" }] },
        {
          volumes: [{ name: "v", hostPath: { path: "/tmp/kedge-sidecars", type: "Directory" } }],
          nodeName: pod.spec.nodeName,
        },
      );
      expect(text).toBe("one start\ntwo start\nmain start\ntwo end\none end\n");
    });

    it("Ephemeral Containers will start an ephemeral container in an existing pod [Conformance]", async () => {
      const place = await create("debugged", {});
      await readyPod("debugged");
      await api.patch(
        `${place}/ephemeralcontainers`,
        {
          spec: {
            ephemeralContainers: [
              {
                ...init("debugger", "echo polo; ps; sleep 600"),
                targetContainerName: "main",
                terminationMessagePolicy: "File",
              },
            ],
          },
        },
        "strategic",
      );
      await eventually(
        "running",
        30_000,
        async () => (await space.pod("debugged")).status.ephemeralContainerStatuses?.[0].state.running,
      );
      await eventually("its output", 10_000, async () => {
        const text = await log("debugged", "?container=debugger");
        return text.startsWith("polo\n") && text.includes("httpd");
      });
    });
  });

  volumeTests({ api: () => api, space: () => space, create, data, said, readyPod });

  describe.concurrent("pods", () => {
    it("Pods should be submitted and removed, and get a host IP [Conformance]", async () => {
      const place = await create("submitted", {}, { terminationGracePeriodSeconds: 30 });
      const pod = await readyPod("submitted");
      const nodes = await api.nodes();
      expect(nodes.map(({ address }) => address)).toContain(pod.status.hostIP);
      await api.delete(place);
      expect((await api.request("GET", place)).body?.metadata.deletionGracePeriodSeconds ?? 30).toBe(30);
      await eventually("gone", 40_000, async () => (await api.request("GET", place)).status === 404);
    });

    it("Pods should allow activeDeadlineSeconds to be updated [Conformance]", async () => {
      const place = await create("deadline", {});
      await readyPod("deadline");
      await api.patch(place, { spec: { activeDeadlineSeconds: 2 } });
      expect((await phase("deadline", "Failed")).status).toMatchObject({
        reason: "DeadlineExceeded",
        message: "Pod was active on the node longer than the specified deadline",
      });
    });

    it("Pod Generation starts at 1, grows with each update of the spec, and is observed [Conformance]", async () => {
      const place = await create("generation", {});
      await readyPod("generation");
      expect((await api.get(place)).metadata.generation).toBe(1);
      for (let i = 1; i <= 5; i++) {
        await api.patch(place, { spec: { activeDeadlineSeconds: 10_000 - i } });
      }
      await api.patch(place, { metadata: { labels: { more: "1" } } });
      const pod = await eventually("observed", 20_000, async () => {
        const found = await api.get(place);
        return found.status.observedGeneration === 6 && found;
      });
      expect(pod.metadata.generation).toBe(6);
      for (const { type, observedGeneration } of pod.status.conditions)
        expect([type, observedGeneration]).toEqual([type, type === "PodScheduled" ? expect.any(Number) : 6]);
    });

    it("Pod InPlace Resize: new requests and limits reach the containers without a restart [Conformance]", async () => {
      const resources = (cpu: number, memory: number) => ({
        requests: { cpu: `${cpu}m`, memory: `${memory}Mi` },
        limits: { cpu: `${cpu * 2}m`, memory: `${memory * 2}Mi` },
      });
      const place = await create("resized", { resources: resources(10, 20) });
      await readyPod("resized");
      await api.patch(
        `${place}/resize`,
        { spec: { containers: [{ name: "main", resources: resources(20, 30) }] } },
        "strategic",
      );
      await eventually("resized", 30_000, async () => {
        const pod = await space.pod("resized");
        const { resources: actual, restartCount } = containerOf(pod);
        const settled = !pod.status.conditions.some(({ type }: Any) => type.startsWith("PodResize"));
        return actual.limits.memory === "60Mi" && restartCount === 0 && settled && pod.status.observedGeneration === 2;
      });
      const limit = await space.sh(
        "resized",
        "cat /sys/fs/cgroup/memory.max 2>/dev/null || cat /sys/fs/cgroup/memory/memory.limit_in_bytes",
      );
      expect(limit.trim()).toBe(String(60 * 1024 * 1024));
      const resizing = async () =>
        (await space.pod("resized")).status.conditions.find(({ type }: Any) => type.startsWith("PodResize"));
      const resize = (cpu: number) =>
        api.patch(
          `${place}/resize`,
          { spec: { containers: [{ name: "main", resources: resources(cpu, 30) }] } },
          "strategic",
        );
      const { nodeName } = (await space.pod("resized")).spec;
      const cpus = Number((await api.get(`/api/v1/nodes/${nodeName}`)).status.allocatable.cpu);
      const large = { resources: { requests: { cpu: `${cpus * 1000 - 500}m` } } };
      const filler = await create("filler", large, { nodeName });
      await readyPod("filler");
      await resize(600);
      await eventually("deferred", 20_000, async () => (await resizing())?.reason === "Deferred");
      expect(containerOf(await space.pod("resized")).resources.requests.cpu).toBe("20m");
      await api.delete(filler);
      await eventually("given", 20_000, async () => (await resizing()) === undefined);
      expect(containerOf(await space.pod("resized")).resources.requests.cpu).toBe("600m");
      await eventually("events of each step", 5_000, async () => {
        const { items } = await api.get(space.path("events?fieldSelector=involvedObject.name=resized"));
        const count = (wanted: string) => items.filter(({ reason }: Any) => reason === wanted).length;
        return count("ResizeStarted") === 2 && count("ResizeCompleted") === 2 && count("ResizeDeferred") >= 1;
      });
    });

    it("logs: since, tail, timestamps, limit", async () => {
      expect(await said("logged", "for i in 1 2 3; do echo line $i; sleep 1.1; done")).toBe("line 1\nline 2\nline 3\n");
      expect(await log("logged", "?tailLines=1")).toBe("line 3\n");
      expect(await log("logged", "?limitBytes=3")).toBe("lin");
      expect(await log("logged", "?tailLines=2&timestamps=true")).toMatch(/^\S+Z line 2\n\S+Z line 3\n$/);
      const [at] = (await log("logged", "?timestamps=true")).split("\n")[1]!.split(" ");
      const since = new Date(Date.parse(at!)).toISOString().slice(0, 19);
      expect(await log("logged", `?sinceTime=${since}Z`)).toMatch(/line 2\nline 3\n$/);
    });
  });
});
