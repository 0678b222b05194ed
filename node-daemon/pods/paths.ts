/** Where the daemon keeps what belongs to pods. */
import { join } from "node:path";
import type { NodePod } from "./pod.ts";

export class PodPaths {
  readonly stateDir: string;

  constructor(stateDir: string) {
    this.stateDir = stateDir;
  }

  get pods(): string {
    return join(this.stateDir, "pods");
  }

  pod(uid: string): string {
    return join(this.pods, uid);
  }

  hostsFile(uid: string): string {
    return join(this.pod(uid), "etc-hosts");
  }

  /** Termination messages of a container's instances. */
  containerDirectory(uid: string, container: string): string {
    return join(this.pod(uid), "containers", container);
  }

  get logs(): string {
    return join(this.stateDir, "logs", "pods");
  }

  podLogs({ metadata: { namespace, name, uid } }: NodePod): string {
    return join(this.logs, podLogName({ namespace, name, uid }));
  }
}

export const podLogName = ({ namespace, name, uid }: { namespace: string; name: string; uid: string }): string =>
  `${namespace}_${name}_${uid}`;

/** Relative to the pod's log directory. */
export const containerLog = (container: string, attempt: number): string => `${container}/${attempt}.log`;
