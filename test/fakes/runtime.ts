/**
 * A container runtime in memory. Containers run for ever unless their command says otherwise: `sh -c "exit 3"` ends at
 * once, `sh -c "trap 'exit 7' TERM; …"` ends so when asked to; all else must be killed. Faults can be set: calls that
 * fail, events that are lost or come before the lists show what they tell.
 */
import type { Clock } from "../../machinery/clock.ts";
import {
  type Container,
  type ContainerConfig,
  type ContainerStatus,
  type ExecResult,
  type Image,
  type PodSandboxConfig,
  type Runtime,
  RuntimeError,
  type RuntimeEvent,
  type SandboxStatus,
} from "../../node-daemon/runtime/runtime.ts";

interface FakeContainer {
  status: ContainerStatus;
  sandboxId: string;
  config: ContainerConfig;
  /** Called when the main process ends. */
  ended: (() => void)[];
}

interface FakeSandbox {
  status: SandboxStatus;
  config: PodSandboxConfig;
}

type Method = keyof Runtime;

export class FakeRuntime implements Runtime {
  readonly sandboxes = new Map<string, FakeSandbox>();
  readonly containers = new Map<string, FakeContainer>();
  readonly images = new Map<string, Image>();
  /** Every call, as "method id-or-name". */
  readonly calls: string[] = [];
  /** What execSync answers, by the command's words joined with spaces; absent: exit code 0. */
  readonly commands = new Map<string, { exitCode?: number; stdout?: string; stderr?: string; takesMs?: number }>();
  /** Events are dropped while true. */
  losesEvents = false;
  readonly #clock: Clock;
  readonly #listeners = new Set<(event: RuntimeEvent) => void>();
  readonly #faults = new Map<Method, RuntimeError[]>();
  #number = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  addImage(reference: string, image: Partial<Image> = {}): void {
    this.images.set(reference, {
      id: `sha256:${reference}`,
      tags: [reference],
      digests: [],
      sizeBytes: 1000,
      uid: undefined,
      username: "",
      pinned: false,
      ...image,
    });
  }

  /** The next call of `method` fails so; more than one queue up. */
  failNext(method: Method, error: RuntimeError): void {
    this.#faults.set(method, [...(this.#faults.get(method) ?? []), error]);
  }

  /** The main process of a container ends by itself. */
  exit(id: string, exitCode: number, reason = exitCode === 0 ? "Completed" : "Error"): void {
    const container = this.containers.get(id);
    if (container?.status.state !== "running") return;
    Object.assign(container.status, { state: "exited", exitCode, reason, finishedAtMs: this.#clock.now() });
    for (const ended of container.ended.splice(0)) ended();
    this.#tell({ type: "exit", id });
  }

  /** Newest instance of a container of a pod. */
  find(podName: string, container: string): FakeContainer | undefined {
    return [...this.containers.values()]
      .filter(
        ({ sandboxId, status }) => this.sandboxes.get(sandboxId)?.status.name === podName && status.name === container,
      )
      .at(-1);
  }

  #tell(event: RuntimeEvent): void {
    if (!this.losesEvents) for (const listener of this.#listeners) listener(event);
  }

  #call(method: Method, what = ""): void {
    this.calls.push(`${method} ${what}`.trim());
    const fault = this.#faults.get(method)?.shift();
    if (fault) throw fault;
  }

  #container(id: string): FakeContainer {
    const found = this.containers.get(id);
    if (!found) throw new RuntimeError("NotFound", `container ${id} not found`);
    return found;
  }

  async version() {
    this.#call("version");
    return { name: "fake", version: "1.0" };
  }

  async status() {
    this.#call("status");
    const fine = { ok: true, reason: "", message: "" };
    return { runtime: fine, network: fine, sandboxImage: "pause:1", handlers: [] };
  }

  async runSandbox(config: PodSandboxConfig): Promise<string> {
    const { name = "", namespace = "", uid = "", attempt = 0 } = config.metadata ?? {};
    this.#call("runSandbox", name);
    const id = `sandbox-${++this.#number}`;
    const hostNetwork = config.linux?.securityContext?.namespaceOptions?.network === 2;
    const status: SandboxStatus = {
      id,
      name,
      namespace,
      uid,
      attempt,
      ready: true,
      createdAtMs: this.#clock.now(),
      labels: { ...(config.labels as { [key: string]: string }) },
      annotations: { ...(config.annotations as { [key: string]: string }) },
      ips: hostNetwork ? [] : [`10.0.0.${this.#number + 1}`],
    };
    this.sandboxes.set(id, { status, config });
    return id;
  }

  async stopSandbox(id: string): Promise<void> {
    this.#call("stopSandbox", id);
    const sandbox = this.sandboxes.get(id);
    if (!sandbox) return;
    for (const container of this.containers.values())
      if (container.sandboxId === id) this.exit(container.status.id, 137);
    if (!sandbox.status.ready) return;
    sandbox.status.ready = false;
    this.#tell({ type: "exit", id });
  }

  async removeSandbox(id: string): Promise<void> {
    this.#call("removeSandbox", id);
    await this.stopSandbox(id);
    for (const [containerId, { sandboxId }] of this.containers)
      if (sandboxId === id) this.containers.delete(containerId);
    this.sandboxes.delete(id);
  }

  async listSandboxes(labels: { [key: string]: string } = {}) {
    this.#call("listSandboxes");
    return [...this.sandboxes.values()]
      .map(({ status }) => structuredClone(status))
      .filter((s) => has(s.labels, labels));
  }

  async sandboxStatus(id: string): Promise<SandboxStatus> {
    this.#call("sandboxStatus", id);
    const found = this.sandboxes.get(id);
    if (!found) throw new RuntimeError("NotFound", `sandbox ${id} not found`);
    return structuredClone(found.status);
  }

  async createContainer(request: { sandboxId: string; config: ContainerConfig }): Promise<string> {
    const { sandboxId, config } = request;
    const { name = "", attempt = 0 } = config.metadata ?? {};
    this.#call("createContainer", name);
    const sandbox = this.sandboxes.get(sandboxId);
    if (!sandbox) throw new RuntimeError("NotFound", `sandbox ${sandboxId} not found`);
    const id = `container-${++this.#number}`;
    const status: ContainerStatus = {
      id,
      name,
      attempt,
      state: "created",
      createdAtMs: this.#clock.now(),
      startedAtMs: 0,
      finishedAtMs: 0,
      exitCode: 0,
      reason: "",
      message: "",
      image: config.image?.userSpecifiedImage || config.image?.image || "",
      imageRef: config.image?.image ?? "",
      imageId: config.image?.image ?? "",
      labels: { ...(config.labels as { [key: string]: string }) },
      annotations: { ...(config.annotations as { [key: string]: string }) },
      mounts: (config.mounts ?? []).map(({ containerPath = "", hostPath = "", readonly = false }) => ({
        containerPath,
        hostPath,
        readonly,
      })),
      logPath: config.logPath ? `${sandbox.config.logDirectory}/${config.logPath}` : "",
      resources: undefined,
      user: undefined,
      stopSignal: undefined,
    };
    this.containers.set(id, { status, sandboxId, config, ended: [] });
    return id;
  }

  async startContainer(id: string): Promise<void> {
    const container = this.#container(id);
    try {
      this.#call("startContainer", id);
    } catch (error) {
      // As containerd leaves a container that could not be started.
      const finishedAtMs = this.#clock.now();
      Object.assign(container.status, { state: "exited", exitCode: 128, reason: "StartError", finishedAtMs });
      throw error;
    }
    Object.assign(container.status, { state: "running", startedAtMs: this.#clock.now() });
    const exit = /^exit (\d+)$/.exec(scriptOf(container.config));
    if (exit) this.exit(id, Number(exit[1]));
  }

  async stopContainer(id: string, timeoutSeconds: number): Promise<void> {
    this.#call("stopContainer", `${id} ${timeoutSeconds}`);
    const container = this.containers.get(id);
    if (container?.status.state !== "running") return;
    const trapped = /trap 'exit (\d+)' TERM/.exec(scriptOf(container.config));
    if (trapped) {
      this.exit(id, Number(trapped[1]));
      return;
    }
    await new Promise<void>((resolve) => {
      const cancel = this.#clock.after(timeoutSeconds * 1000, () => this.exit(id, 137));
      container.ended.push(() => {
        cancel();
        resolve();
      });
    });
  }

  async removeContainer(id: string): Promise<void> {
    this.#call("removeContainer", id);
    this.exit(id, 137);
    this.containers.delete(id);
  }

  async listContainers(labels: { [key: string]: string } = {}): Promise<Container[]> {
    this.#call("listContainers");
    return [...this.containers.values()]
      .filter(({ status }) => has(status.labels, labels))
      .map(
        ({
          status: { id, name, attempt, state, createdAtMs, image, imageRef, labels: own, annotations },
          sandboxId,
        }) => ({
          id,
          sandboxId,
          name,
          attempt,
          state,
          createdAtMs,
          image,
          imageRef,
          labels: { ...own },
          annotations: { ...annotations },
        }),
      );
  }

  async containerStatus(id: string): Promise<ContainerStatus> {
    this.#call("containerStatus", id);
    return structuredClone(this.#container(id).status);
  }

  async updateResources(id: string): Promise<void> {
    this.#call("updateResources", id);
    this.#container(id);
  }

  async reopenLog(id: string): Promise<void> {
    this.#call("reopenLog", id);
    this.#container(id);
  }

  async execSync(request: { containerId: string; command: string[]; timeoutMs: number }): Promise<ExecResult> {
    const words = request.command.join(" ");
    this.#call("execSync", `${request.containerId} ${words}`);
    const container = this.#container(request.containerId);
    if (container.status.state !== "running") throw new RuntimeError("Unknown", "container is not running");
    const { exitCode = 0, stdout = "", stderr = "", takesMs = 0 } = this.commands.get(words) ?? {};
    if (takesMs > 0) {
      await new Promise<void>((resolve) => {
        this.#clock.after(Math.min(takesMs, request.timeoutMs), resolve);
        container.ended.push(resolve);
      });
      if (takesMs > request.timeoutMs) throw new RuntimeError("DeadlineExceeded", "command timed out");
    }
    return { stdout: Buffer.from(stdout), stderr: Buffer.from(stderr), exitCode };
  }

  async execUrl(): Promise<string> {
    this.#call("execUrl");
    return "http://127.0.0.1:1/exec/token";
  }

  async attachUrl(): Promise<string> {
    this.#call("attachUrl");
    return "http://127.0.0.1:1/attach/token";
  }

  async portForwardUrl(): Promise<string> {
    this.#call("portForwardUrl");
    return "http://127.0.0.1:1/portforward/token";
  }

  async listImages(): Promise<Image[]> {
    this.#call("listImages");
    return [...this.images.values()];
  }

  async imageStatus(reference: string): Promise<Image | undefined> {
    this.#call("imageStatus", reference);
    return this.images.get(reference);
  }

  async pullImage(reference: string): Promise<string> {
    this.#call("pullImage", reference);
    if (!reference.startsWith("registry.test/")) throw new RuntimeError("Unknown", `no such host: ${reference}`);
    this.addImage(reference);
    return `sha256:${reference}`;
  }

  async removeImage(reference: string): Promise<void> {
    this.#call("removeImage", reference);
    for (const [name, { id }] of this.images) if (name === reference || id === reference) this.images.delete(name);
  }

  async imageFilesystems() {
    this.#call("imageFilesystems");
    return [{ mountpoint: "/", usedBytes: 0, inodesUsed: 0 }];
  }

  async containerStats() {
    this.#call("containerStats");
    return [];
  }

  subscribe(listener: (event: RuntimeEvent) => void): { close(): void } {
    this.#listeners.add(listener);
    listener({ type: "resync" });
    return { close: () => void this.#listeners.delete(listener) };
  }

  close(): void {
    this.#listeners.clear();
  }
}

const has = (labels: { [key: string]: string }, wanted: { [key: string]: string }): boolean =>
  Object.entries(wanted).every(([key, value]) => labels[key] === value);

const scriptOf = ({ command }: ContainerConfig): string => (command as string[] | undefined)?.[2] ?? "";
