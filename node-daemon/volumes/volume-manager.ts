/** Makes a pod's volumes ready, keeps their contents current, and takes them away. */
import { chmod, mkdir, readdir, rm, statfs } from "node:fs/promises";
import { join } from "node:path";
import type { ConfigMap, Secret, Volume } from "../../kinds/core/v1-types.ts";
import { wholeValue } from "../../machinery/meta/quantity.ts";
import type { Log } from "../contracts.ts";
import type { NodeFacts } from "../pods/field-ref.ts";
import type { NodePod } from "../pods/pod.ts";
import { podCgroup } from "../pods/resources.ts";
import { writeAtomically } from "./atomic-writer.ts";
import { prepareHostPath } from "./host-path.ts";
import type { ImageMounts } from "./image-mounts.ts";
import { isMountPoint, mountsUnder, mountTmpfs, unmountUnder } from "./mounts.ts";
import type { ObjectCache } from "./object-cache.ts";
import { type Ownership, setOwnership } from "./ownership.ts";
import { isWritten, tokenKey, volumeNeeds, volumePayload } from "./payload.ts";
import type { TokenSource } from "./token-source.ts";

/** A volume could not be made ready; `message` is what the FailedMount event says. */
export class VolumeError extends Error {
  readonly volume: string;

  constructor(volume: string, message: string) {
    super(message);
    this.volume = volume;
  }
}

export interface MountedVolume {
  /** On the host. */
  path: string;
  /** Whatever the container's mount says. */
  readOnly: boolean;
}

export type MountedVolumes = ReadonlyMap<string, MountedVolume>;

export interface VolumeManagerOptions {
  stateDir: string;
  objects: ObjectCache;
  tokens: TokenSource;
  node: () => NodeFacts;
  log: Log;
  images: ImageMounts;
  mountTmpfs?: ((path: string, options?: { sizeBytes?: number | undefined }) => Promise<void>) | undefined;
}

const IMAGE_PLUGIN = "kubernetes.io~image";
/** linux/magic.h */
const TMPFS_MAGIC = 0x01021994;

export class VolumeManager {
  readonly #options: VolumeManagerOptions;

  constructor(options: VolumeManagerOptions) {
    this.#options = options;
  }

  get #tmpfs(): NonNullable<VolumeManagerOptions["mountTmpfs"]> {
    return this.#options.mountTmpfs ?? mountTmpfs;
  }

  /** In memory: files of secrets and the like never reach a disk. One tmpfs for all pods, bounded by the kernel. */
  get #memory(): string {
    return join(this.#options.stateDir, "memory");
  }

  #diskDirectory(uid: string): string {
    return join(this.#options.stateDir, "pods", uid, "volumes");
  }

  #imagePath(uid: string, volume: string): string {
    return join(this.#diskDirectory(uid), IMAGE_PLUGIN, volume);
  }

  /** Mounts an image that is here as a pod's volume. Idempotent. @throws Error */
  async mountImage(uid: string, volume: string, imageId: string): Promise<void> {
    const path = this.#imagePath(uid, volume);
    await mkdir(path, { recursive: true, mode: 0o750 });
    if (!(await isMountPoint(path))) await this.#options.images.mount(imageId, path);
  }

  async #unmountImages(uid: string): Promise<void> {
    const { images, log } = this.#options;
    const directory = join(this.#diskDirectory(uid), IMAGE_PLUGIN);
    const volumes = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return [];
      throw error;
    });
    for (const volume of volumes) {
      // What is left of it is unmounted with the rest; containerd forgets its part within a day.
      await images
        .unmount(join(directory, volume))
        .catch((error) => log.warn("image volume not given back", { uid, volume, error: String(error) }));
    }
  }

  emptyDirPath(uid: string, volume: string): string {
    return join(this.#diskDirectory(uid), "kubernetes.io~empty-dir", volume);
  }

  subPathTarget(uid: string, volume: string, container: string, index: number): string {
    return join(this.#options.stateDir, "pods", uid, "volume-subpaths", volume, container, String(index));
  }

  async start(): Promise<void> {
    await mkdir(this.#memory, { recursive: true, mode: 0o755 });
    if ((await statfs(this.#memory)).type !== TMPFS_MAGIC) await this.#tmpfs(this.#memory);
    // Only root looks in from outside; containers see what is bound into them.
    await chmod(this.#memory, 0o700);
  }

  /**
   * Makes all volumes of the pod ready, or brings those that are up to date. Idempotent.
   *
   * @throws VolumeError for the first that cannot be
   */
  async mount(pod: NodePod, podIps: readonly string[]): Promise<MountedVolumes> {
    const mounted = new Map<string, MountedVolume>();
    const volumes = pod.spec.volumes ?? [];
    await Promise.all(
      volumes.map(async (volume) => {
        try {
          mounted.set(volume.name, await this.#mountOne(pod, volume, podIps));
        } catch (error) {
          const { message } = error as Error;
          throw new VolumeError(volume.name, `MountVolume.SetUp failed for volume "${volume.name}" : ${message}`);
        }
      }),
    );
    return mounted;
  }

  async #mountOne(pod: NodePod, volume: Volume, podIps: readonly string[]): Promise<MountedVolume> {
    const { emptyDir, hostPath, image, name } = volume;
    const { uid } = pod.metadata;
    // What comes from an image is mounted when a container that uses it starts: the image is pulled as that one's is.
    if (image) return { path: this.#imagePath(uid, name), readOnly: true };
    if (hostPath) {
      await prepareHostPath(hostPath);
      return { path: hostPath.path, readOnly: false };
    }
    if (isWritten(volume)) return { path: await this.#write(pod, volume, podIps), readOnly: true };
    if (emptyDir) {
      const path = this.emptyDirPath(uid, name);
      const made = await mkdir(path, { recursive: true, mode: 0o750 });
      if (emptyDir.medium === "Memory" && !(await isMountPoint(path))) {
        await this.#tmpfs(path, { sizeBytes: this.#memorySizeBytes(pod, emptyDir.sizeLimit) });
      } else if (emptyDir.medium?.startsWith("HugePages"))
        throw new Error("emptyDir of huge pages is not supported by kedge yet");
      if (made !== undefined) {
        await chmod(path, 0o777);
        await this.#own(pod, path, false);
      }
      return { path, readOnly: false };
    }
    const type = Object.keys(volume).find((key) => key !== "name") ?? "none";
    throw new Error(`volumes of type ${type} are not supported by kedge yet`);
  }

  /** The least of what the volume, the pod and the node allow. Source: kubelet's SizeMemoryBackedVolumes. */
  #memorySizeBytes(pod: NodePod, sizeLimit: string | undefined): number | undefined {
    const { memory } = this.#options.node().allocatable;
    const limits = [podCgroup(pod).memoryLimitBytes, ...[memory, sizeLimit].map((each) => wholeValue(each ?? "0"))];
    const set = limits.filter((bytes) => bytes > 0);
    return set.length > 0 ? Math.min(...set) : undefined;
  }

  async #write(pod: NodePod, volume: Volume, podIps: readonly string[]): Promise<string> {
    const { objects, tokens, node } = this.#options;
    const { namespace, name: podName, uid } = pod.metadata;
    const needs = volumeNeeds(volume);
    const configMaps = new Map<string, ConfigMap | undefined>();
    const secrets = new Map<string, Secret | undefined>();
    const issued = new Map<string, string>();
    for (const name of needs.configMaps) objects.hold("configmaps", { namespace, name }, uid);
    for (const name of needs.secrets) objects.hold("secrets", { namespace, name }, uid);
    await Promise.all([
      ...needs.configMaps.map(async (name) =>
        configMaps.set(name, (await objects.read("configmaps", namespace, name)) as ConfigMap),
      ),
      ...needs.secrets.map(async (name) =>
        secrets.set(name, (await objects.read("secrets", namespace, name)) as Secret),
      ),
      ...needs.tokens.map(async (wanted) => {
        const token = await tokens.token({
          pod: { namespace, name: podName, uid },
          serviceAccount: pod.spec.serviceAccountName || "default",
          audience: wanted.audience ?? "",
          expirationSeconds: wanted.expirationSeconds,
        });
        issued.set(tokenKey(wanted), token);
      }),
    ]);
    const payload = volumePayload(volume, {
      pod,
      node: node(),
      podIps,
      configMap: (name) => configMaps.get(name),
      secret: (name) => secrets.get(name),
      tokens: issued,
    });
    const path = join(this.#memory, uid, volume.name);
    const made = await mkdir(path, { recursive: true, mode: 0o755 });
    if (made !== undefined) await chmod(path, 0o777);
    await writeAtomically(path, payload, (version) => this.#own(pod, version, true));
    return path;
  }

  async #own(pod: NodePod, path: string, readOnly: boolean): Promise<void> {
    const gid = pod.spec.securityContext?.fsGroup;
    if (gid === undefined) return;
    const ownership: Ownership = {
      gid,
      readOnly,
      onRootMismatch: pod.spec.securityContext?.fsGroupChangePolicy === "OnRootMismatch",
    };
    await setOwnership(path, ownership);
  }

  /** Takes away everything of a pod: mounts, files, watches. Idempotent; safe for pods long gone. */
  async unmount(pod: { uid: string }): Promise<void> {
    const { stateDir, objects, tokens } = this.#options;
    const directory = join(stateDir, "pods", pod.uid);
    objects.release(pod.uid);
    tokens.forget(pod.uid);
    await this.#unmountImages(pod.uid);
    await unmountUnder(directory);
    const left = await mountsUnder(directory);
    // A bind of somebody else's directory below would be emptied with ours.
    if (left.length > 0) throw new Error(`still mounted: ${left.map(({ path }) => path).join(", ")}`);
    await rm(join(this.#memory, pod.uid), { recursive: true, force: true });
    await rm(directory, { recursive: true, force: true });
  }

  /** uids with anything on disk or in memory. */
  async present(): Promise<Set<string>> {
    const { stateDir, log } = this.#options;
    const uids = new Set<string>();
    for (const directory of [join(stateDir, "pods"), this.#memory]) {
      try {
        for (const name of await readdir(directory)) uids.add(name);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOENT")
          log.warn("cannot list pods' files", { directory, error: String(error) });
      }
    }
    return uids;
  }
}
