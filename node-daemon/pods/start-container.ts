/** Starts one container of a pod: image, configuration, creation, start, postStart hook. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { ConfigMap, EphemeralContainer, Secret } from "../../kinds/core/v1-types.ts";
import { type PodSandboxConfig, RuntimeError } from "../runtime/runtime.ts";
import { readInVolume } from "../volumes/subpath.ts";
import type { MountedVolumes } from "../volumes/volume-manager.ts";
import { containerConfig } from "./container-config.ts";
import { containerMounts } from "./container-mounts.ts";
import { buildEnvironment, ContainerConfigError, envReferences, type References } from "./env.ts";
import { Interrupted, interruptible } from "./interruptible.ts";
import { runHook } from "./lifecycle-hooks.ts";
import { latest, type ObservedPod } from "./observed.ts";
import type { AnyContainer, NodePod } from "./pod.ts";
import { canBeRecursive } from "./recursive-read-only.ts";
import { linuxResources } from "./resources.ts";
import type { PodServices } from "./services.ts";
import { StartError } from "./start-error.ts";
import { stopContainer } from "./stop-pod.ts";

export interface StartInput {
  pod: NodePod;
  container: AnyContainer;
  observed: ObservedPod;
  sandbox: { id: string; config: PodSandboxConfig; podIps: readonly string[] };
  volumes: MountedVolumes;
  hostsFile: string | undefined;
  /** Aborted when the pod is to end: what waits gives up, and nothing new is started. */
  signal: AbortSignal;
}

const CONFIG_ERROR = "CreateContainerConfigError";

/** @throws StartError with the reason kubelet gives; an event has told of it */
export async function startContainer(services: PodServices, input: StartInput): Promise<void> {
  const { runtime, events, images } = services;
  const { pod, container, signal } = input;
  const tellError = (message: string): void =>
    events.container(pod, container.name, { type: "Warning", reason: "Failed", message: `Error: ${message}` });

  const image = await interruptible(images.ensure(pod, container), signal).catch((error: unknown) => {
    if (error instanceof StartError) tellError(error.reason);
    throw error;
  });
  await mountImages(services, input, tellError);
  let config: Awaited<ReturnType<typeof prepare>>;
  try {
    config = await prepare(services, input, image);
  } catch (error) {
    if (!(error instanceof ContainerConfigError)) throw error;
    tellError(error.message);
    throw new StartError(CONFIG_ERROR, error.message);
  }

  const step = async <T>(reason: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof RuntimeError)) throw error;
      tellError(error.message);
      throw new StartError(reason, error.message);
    }
  };
  if (signal.aborted) throw new Interrupted();
  const id = await step("CreateContainerError", () =>
    runtime.createContainer({ sandboxId: input.sandbox.id, config, sandboxConfig: input.sandbox.config }),
  );
  events.container(pod, container.name, { type: "Normal", reason: "Created", message: "Container created" });
  await step("RunContainerError", () => runtime.startContainer(id));
  events.container(pod, container.name, { type: "Normal", reason: "Started", message: "Container started" });
  await postStart(services, input, id);
}

/** Volumes of the container whose files come from an image. Pulled and refused as the container's own. */
async function mountImages(
  { images, volumes }: PodServices,
  { pod, container, signal }: StartInput,
  tellError: (message: string) => void,
): Promise<void> {
  const { uid } = pod.metadata;
  const mounted = new Set((container.volumeMounts ?? []).map(({ name }) => name));
  for (const { name, image } of pod.spec.volumes ?? []) {
    if (!image || !mounted.has(name)) continue;
    const { reference = "", pullPolicy } = image;
    const source = { name: container.name, image: reference, ...(pullPolicy && { imagePullPolicy: pullPolicy }) };
    try {
      const { id } = await interruptible(images.ensure(pod, source), signal);
      images.hold(uid, id);
      await volumes.mountImage(uid, name, id).catch((error: Error) => {
        throw new StartError("CreateContainerError", `failed to mount image volume "${name}": ${error.message}`);
      });
    } catch (error) {
      if (error instanceof StartError) tellError(error.reason);
      throw error;
    }
  }
}

async function prepare(
  services: PodServices,
  { pod, container, observed, sandbox, volumes, hostsFile }: StartInput,
  image: { id: string; uid: bigint | undefined; username: string },
): Promise<ReturnType<typeof containerConfig>> {
  const { volumes: manager, paths, events } = services;
  const visible = services.services();
  if (!visible)
    throw new ContainerConfigError("services have not yet been read at least once, cannot construct envvars");
  const host = services.host();
  const environment = buildEnvironment({
    pod,
    container,
    services: visible,
    node: host,
    podIps: sandbox.podIps,
    references: await readReferences(services, { pod, container, volumes }),
  });
  for (const { source, keys } of environment.skipped) {
    const message = `Keys [${keys.join(", ")}] from the EnvFrom ${source} were skipped since they are considered invalid environment variable names.`;
    events.pod(pod, "Warning", "InvalidEnvironmentVariableNames", message);
  }
  const mounts = await containerMounts({
    pod,
    container,
    volumes,
    manager,
    paths,
    variables: environment.variables,
    recursiveReadOnly: canBeRecursive(pod, host.runtimeHandlers),
    hostsFile,
  });
  const target = (container as EphemeralContainer).targetContainerName;
  return containerConfig(pod, container, {
    restartCount: await nextRestartCount(services, pod, container.name, observed),
    environment,
    image,
    mounts,
    resources: linuxResources(pod, container, host),
    targetId: target ? latest(observed, target)?.id : undefined,
  });
}

/** kubelet's bound for env files. */
const MAX_ENV_FILE_BYTES = 64 * 1024;

async function readReferences(
  services: PodServices,
  { pod, container, volumes }: Pick<StartInput, "pod" | "container" | "volumes">,
): Promise<References> {
  const { namespace } = pod.metadata;
  const needed = envReferences(container);
  const configMaps = new Map<string, ConfigMap | undefined>();
  const secrets = new Map<string, Secret | undefined>();
  const files = new Map<string, string>();
  try {
    await Promise.all([
      ...needed.configMaps.map(async (name) =>
        configMaps.set(name, (await services.objects.read("configmaps", namespace, name)) as ConfigMap | undefined),
      ),
      ...needed.secrets.map(async (name) =>
        secrets.set(name, (await services.objects.read("secrets", namespace, name)) as Secret | undefined),
      ),
      ...needed.files.map(async ({ volumeName, path }) => {
        const volume = volumes.get(volumeName);
        const text = volume && (await readInVolume(volume.path, path, MAX_ENV_FILE_BYTES));
        if (text !== undefined) files.set(`${volumeName}/${path}`, text);
      }),
    ]);
  } catch (error) {
    throw new ContainerConfigError((error as Error).message);
  }
  return {
    configMap: (name) => configMaps.get(name),
    secret: (name) => secrets.get(name),
    envFile: (volumeName, path) => files.get(`${volumeName}/${path}`),
  };
}

/** One more than the last; after the runtime has forgotten everything, than what was told or the newest log file. */
async function nextRestartCount(
  { paths, status }: PodServices,
  pod: NodePod,
  name: string,
  observed: ObservedPod,
): Promise<number> {
  const last = latest(observed, name);
  if (last) return last.restartCount + 1;
  const known = status.current(pod);
  const told = [...(known?.initContainerStatuses ?? []), ...(known?.containerStatuses ?? [])].find(
    (each) => each.name === name,
  );
  const least = told && (told.state?.terminated || told.lastState?.terminated) ? told.restartCount + 1 : 0;
  try {
    const files = await readdir(join(paths.podLogs(pod), name));
    const counts = files.map((file) => /^(\d+)\.log/.exec(file)?.[1]).filter((count) => count !== undefined);
    return Math.max(least, ...counts.map((count) => Number(count) + 1));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return least;
    throw error;
  }
}

/** A failing hook takes the container down again. */
async function postStart(services: PodServices, input: StartInput, id: string): Promise<void> {
  const { pod, container, observed, sandbox, signal } = input;
  const handler = container.lifecycle?.postStart;
  if (!handler) return;
  const timeoutMs = 24 * 3_600_000;
  try {
    const target = { pod, container, containerId: id, podIp: sandbox.podIps[0] ?? "", timeoutMs };
    await interruptible(runHook(services, handler, target), signal);
  } catch (error) {
    if (error instanceof Interrupted) throw error;
    const { message } = error as Error;
    services.events.container(pod, container.name, {
      type: "Warning",
      reason: "FailedPostStartHook",
      message: "PostStartHook failed",
    });
    services.log.debug("postStart hook failed", { pod: pod.metadata.name, container: container.name, error: message });
    const now = await services.cache.refresh({
      uid: pod.metadata.uid,
      namespace: observed.namespace,
      name: observed.name,
    });
    const running = now.containers.find((candidate) => candidate.id === id && candidate.state === "running");
    if (running) {
      await stopContainer(services, pod, { observed: now, running }, { message: "FailedPostStartHook" });
    }
    throw new StartError("PostStartHookError", message);
  }
}
