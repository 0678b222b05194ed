/** Makes sure that a container's image is here, under its pull policy and with back-off. */
import type { Secret } from "../../kinds/core/v1-types.ts";
import type { Clock } from "../../machinery/clock.ts";
import { type Image, type Runtime, RuntimeError } from "../runtime/runtime.ts";
import { Backoff, RESTART_BACKOFF } from "./backoff.ts";
import type { EventRecorder, EventType } from "./events.ts";
import { lowerCaseWanted, withDefaultTag } from "./image-reference.ts";
import type { AnyContainer, NodePod } from "./pod.ts";
import { credentialsFor } from "./pull-secrets.ts";
import { StartError } from "./start-error.ts";

export interface ImageManagerOptions {
  runtime: Runtime;
  clock: Clock;
  events: EventRecorder;
  /** The Secrets a pod names for pulling; those that do not exist are left out. */
  pullSecrets(pod: NodePod): Promise<Secret[]>;
}

export class ImageManager {
  readonly #options: ImageManagerOptions;
  readonly #backoff = new Backoff(RESTART_BACKOFF);
  /** Last failure by pod and image. */
  readonly #failed = new Map<string, { atMs: number; message: string }>();
  /** Images of pods' volumes. */
  readonly #held = new Map<string, Set<string>>();
  readonly #pulling = new Map<string, Promise<string>>();

  constructor(options: ImageManagerOptions) {
    this.#options = options;
  }

  /** When the next pull of this image for this pod may be tried; undefined: now. */
  nextTryMs(pod: NodePod, container: AnyContainer): number | undefined {
    const key = keyOf(pod, container);
    const failure = this.#failed.get(key);
    if (!failure) return undefined;
    const now = this.#options.clock.now();
    const remaining = this.#backoff.remainingMs(key, failure.atMs, now);
    return remaining > 0 ? now + remaining : undefined;
  }

  /** @throws StartError InvalidImageName, ErrImageNeverPull, ErrImagePull, ImagePullBackOff, ImageInspectError */
  async ensure(pod: NodePod, container: AnyContainer): Promise<Image> {
    const { clock } = this.#options;
    const name = container.image ?? "";
    const tell = (type: EventType, reason: string, message: string): void =>
      this.#options.events.container(pod, container.name, { type, reason, message });
    const reference = withDefaultTag(name);
    if (reference === undefined) {
      const message = `Failed to apply default image tag "${name}": couldn't parse image reference "${name}": invalid reference format${lowerCaseWanted(name)}`;
      tell("Warning", "InspectFailed", message);
      throw new StartError("InvalidImageName", message);
    }
    const present = await this.#inspect(reference, (message) => tell("Warning", "InspectFailed", message));
    const policy = container.imagePullPolicy ?? (reference.endsWith(":latest") ? "Always" : "IfNotPresent");
    if (present && policy !== "Always") {
      tell("Normal", "Pulled", `Container image "${name}" already present on machine and can be accessed by the pod`);
      return present;
    }
    if (policy === "Never") {
      const message = `Container image "${name}" is not present with pull policy of Never`;
      tell("Warning", "ErrImageNeverPull", message);
      throw new StartError("ErrImageNeverPull", message);
    }

    const key = keyOf(pod, container);
    const failure = this.#failed.get(key);
    if (failure && this.#backoff.remainingMs(key, failure.atMs, clock.now()) > 0) {
      tell("Normal", "BackOff", `Back-off pulling image "${name}"`);
      throw new StartError("ImagePullBackOff", `Back-off pulling image "${name}": ErrImagePull: ${failure.message}`);
    }
    tell("Normal", "Pulling", `Pulling image "${name}"`);
    const startedMs = clock.now();
    try {
      await this.#pull(reference, pod);
    } catch (error) {
      if (!(error instanceof RuntimeError)) throw error;
      // An unknown code says nothing, and is left out.
      const message =
        error.code === "Unknown" ? error.message : `rpc error: code = ${error.code} desc = ${error.message}`;
      tell("Warning", "Failed", `Failed to pull image "${name}": ${message}`);
      const atMs = clock.now();
      this.#backoff.next(key, failure?.atMs ?? atMs, atMs);
      this.#failed.set(key, { atMs, message });
      throw new StartError("ErrImagePull", message);
    }
    this.#failed.delete(key);
    const pulled = await this.#inspect(reference, (message) => tell("Warning", "InspectFailed", message));
    if (!pulled) throw new StartError("ErrImagePull", `image "${name}" is gone right after it was pulled`);
    const took = `${((clock.now() - startedMs) / 1000).toFixed(3).replace(/\.?0+$/, "")}s`;
    tell(
      "Normal",
      "Pulled",
      `Successfully pulled image "${name}" in ${took} (${took} including waiting). Image size: ${pulled.sizeBytes} bytes.`,
    );
    return pulled;
  }

  /** Keeps an image from being cleaned away for as long as the pod is here. */
  hold(uid: string, imageId: string): void {
    this.#held.set(uid, (this.#held.get(uid) ?? new Set()).add(imageId));
  }

  held(): Set<string> {
    return new Set([...this.#held.values()].flatMap((ids) => [...ids]));
  }

  forget(uid: string): void {
    this.#held.delete(uid);
    this.#backoff.forget(`${uid}_`);
    for (const key of this.#failed.keys()) if (key.startsWith(`${uid}_`)) this.#failed.delete(key);
  }

  async #inspect(reference: string, tell: (message: string) => void): Promise<Image | undefined> {
    try {
      return await this.#options.runtime.imageStatus(reference);
    } catch (error) {
      const message = `Failed to inspect image "${reference}": ${(error as Error).message}`;
      tell(message);
      throw new StartError("ImageInspectError", message);
    }
  }

  /** Pods that want the same image with no credentials of their own share one pull. */
  async #pull(reference: string, pod: NodePod): Promise<string> {
    const { runtime } = this.#options;
    const credentials = credentialsFor(reference, await this.#options.pullSecrets(pod));
    if (credentials.length > 0) {
      let last: unknown;
      for (const auth of credentials) {
        try {
          return await runtime.pullImage(reference, auth);
        } catch (error) {
          last = error;
        }
      }
      throw last;
    }
    let pulling = this.#pulling.get(reference);
    if (!pulling) {
      pulling = runtime.pullImage(reference).finally(() => this.#pulling.delete(reference));
      this.#pulling.set(reference, pulling);
    }
    return pulling;
  }
}

const keyOf = (pod: NodePod, container: AnyContainer): string => `${pod.metadata.uid}_${container.image}`;
