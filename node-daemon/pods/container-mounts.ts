/** What is mounted into a container: volumes, /etc/hosts, the termination message. */
import { randomBytes } from "node:crypto";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { dirname, isAbsolute, join } from "node:path";
import type { VolumeMount } from "../../kinds/core/v1-types.ts";
import { type Mount, MountPropagation } from "../runtime/generated/cri-v1-types.ts";
import type { Init } from "../runtime/runtime.ts";
import { bindSubPath, checkSubPath } from "../volumes/subpath.ts";
import type { MountedVolumes, VolumeManager } from "../volumes/volume-manager.ts";
import { ContainerConfigError } from "./env.ts";
import { expand } from "./expand.ts";
import type { PodPaths } from "./paths.ts";
import type { AnyContainer, NodePod } from "./pod.ts";
import { isRecursive } from "./recursive-read-only.ts";

const PROPAGATION: { readonly [name: string]: MountPropagation } = {
  None: MountPropagation.PROPAGATION_PRIVATE,
  HostToContainer: MountPropagation.PROPAGATION_HOST_TO_CONTAINER,
  Bidirectional: MountPropagation.PROPAGATION_BIDIRECTIONAL,
};

const HOSTS_FILE = "/etc/hosts";

export interface MountInput {
  pod: NodePod;
  container: AnyContainer;
  volumes: MountedVolumes;
  manager: VolumeManager;
  paths: PodPaths;
  /** Mounts can be read-only with all that is mounted below them. */
  recursiveReadOnly: boolean;
  /** For subPathExpr. */
  variables: readonly [string, string][];
  /** The pod's managed hosts file; undefined while it has no address. */
  hostsFile: string | undefined;
}

/** @throws ContainerConfigError for a mount that cannot be made as the pod says */
export async function containerMounts(input: MountInput): Promise<Init<Mount>[]> {
  const { pod, container, paths, hostsFile } = input;
  const mounts: Init<Mount>[] = [];
  for (const [index, mount] of (container.volumeMounts ?? []).entries()) {
    mounts.push(await volumeMount(input, mount, index));
  }
  const taken = new Set((container.volumeMounts ?? []).map(({ mountPath }) => mountPath));
  if (hostsFile && !taken.has(HOSTS_FILE)) {
    const readonly = container.securityContext?.readOnlyRootFilesystem === true;
    mounts.push({ hostPath: hostsFile, containerPath: HOSTS_FILE, readonly });
  }
  const messagePath = container.terminationMessagePath;
  if (messagePath) {
    // One file for each instance, so that the words of the one before stay readable.
    const file = join(paths.containerDirectory(pod.metadata.uid, container.name), randomBytes(4).toString("hex"));
    await mkdir(dirname(file), { recursive: true, mode: 0o750 });
    await writeFile(file, "", { mode: 0o666 });
    // Whatever user the container runs as must be able to write it, and the umask cuts the mode given at creation.
    await chmod(file, 0o666);
    mounts.push({ hostPath: file, containerPath: messagePath, readonly: false });
  }
  return mounts;
}

async function volumeMount(input: MountInput, mount: VolumeMount, index: number): Promise<Init<Mount>> {
  const { pod, container, volumes, manager } = input;
  const volume = volumes.get(mount.name);
  if (!volume) {
    throw new ContainerConfigError(`cannot find volume "${mount.name}" to mount into container "${container.name}"`);
  }
  let hostPath = volume.path;
  const recursiveReadOnly = recursionOf(input, mount);
  const subPath = subPathOf(input, mount);
  if (subPath) {
    const target = manager.subPathTarget(pod.metadata.uid, mount.name, container.name, index);
    try {
      checkSubPath(subPath);
    } catch (error) {
      throw new ContainerConfigError((error as Error).message);
    }
    try {
      hostPath = await bindSubPath(volume.path, subPath, target);
    } catch (error) {
      const { message } = error as Error;
      throw new ContainerConfigError(
        `failed to prepare subPath for volumeMount "${mount.name}" of container "${container.name}": ${message}`,
      );
    }
  }
  return {
    hostPath,
    containerPath: isAbsolute(mount.mountPath) ? mount.mountPath : `/${mount.mountPath}`,
    readonly: volume.readOnly || mount.readOnly === true,
    ...(recursiveReadOnly && { recursiveReadOnly }),
    propagation: PROPAGATION[mount.mountPropagation ?? "None"] ?? MountPropagation.PROPAGATION_PRIVATE,
  };
}

function recursionOf({ recursiveReadOnly }: MountInput, mount: VolumeMount): boolean {
  try {
    return isRecursive(mount, { can: recursiveReadOnly });
  } catch (error) {
    throw new ContainerConfigError((error as Error).message);
  }
}

function subPathOf({ variables }: MountInput, mount: VolumeMount): string {
  if (!mount.subPathExpr) return mount.subPath ?? "";
  const known = new Map(variables);
  const missing: string[] = [];
  const path = expand(mount.subPathExpr, (name) => {
    const value = known.get(name);
    if (value === undefined) missing.push(name);
    return value;
  });
  if (missing.length > 0) {
    throw new ContainerConfigError(
      `failed to expand subPath for volumeMount "${mount.name}": missing value for "${missing[0]}"`,
    );
  }
  return path;
}
