/**
 * Image volumes: the files of an image, mounted read-only. Through containerd's own tool, as its CRI can do this only
 * since 2.1.
 */
import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);
const TIMEOUT_MS = 60_000;

export interface ImageMounts {
  /** @param imageId of an image that is here. @throws Error with what went wrong */
  mount(imageId: string, target: string): Promise<void>;
  /** Gives back what the mount held. Idempotent. */
  unmount(target: string): Promise<void>;
}

export function createImageMounts(runtimeSocket: string): ImageMounts {
  const ctr = async (...args: string[]): Promise<void> => {
    try {
      await run("ctr", ["--address", runtimeSocket, "--namespace", "k8s.io", ...args], { timeout: TIMEOUT_MS });
    } catch (error) {
      const { stderr, message } = error as Error & { stderr?: string };
      throw new Error(stderr?.trim().replace(/^ctr: /, "") || message);
    }
  };
  return {
    mount: (imageId, target) => ctr("images", "mount", imageId, target),
    async unmount(target) {
      await ctr("images", "unmount", "--rm", target);
      // The lease under which the mount's snapshot was made.
      await ctr("leases", "delete", target);
    },
  };
}
