import { readIfExists } from "../files.ts";
import { PAUSE_IMAGE } from "../images/pause.ts";

export interface ContainerdPaths {
  rootDir: string;
  /** Mounts and task state: must be on a local file system that is empty after a boot. */
  stateDir: string;
  socket: string;
  cniBinDir: string;
  /** Where the node daemon writes its CNI configuration. */
  cniConfDir: string;
  /** Registry hosts and mirrors, in containerd's hosts.toml form. */
  registryDir: string;
}

const toml = (value: string): string => JSON.stringify(value);

/** Whether runc may lower oom_score_adj: CAP_SYS_RESOURCE is bit 24 of the effective set. */
function maySetOomScore(): boolean {
  const mask = /^CapEff:\s*([0-9a-f]+)$/m.exec(readIfExists("/proc/self/status") ?? "")?.[1] ?? "0";
  return ((BigInt(`0x${mask}`) >> 24n) & 1n) === 1n;
}

/** Version 2 of the format: containerd 1.6 and 2.x both read it. */
export function containerdConfig(paths: ContainerdPaths): string {
  const cri = 'plugins."io.containerd.grpc.v1.cri"';
  return `version = 2
root = ${toml(paths.rootDir)}
state = ${toml(paths.stateDir)}
oom_score = 0

[grpc]
  address = ${toml(paths.socket)}

[ttrpc]
  address = ${toml(`${paths.socket}.ttrpc`)}

[plugins."io.containerd.internal.v1.opt"]
  path = ${toml(`${paths.rootDir}/opt`)}

[${cri}]
  sandbox_image = ${toml(PAUSE_IMAGE)}
  stream_server_address = "127.0.0.1"
  stream_server_port = "0"
  restrict_oom_score_adj = ${!maySetOomScore()}
  enable_unprivileged_ports = true
  enable_unprivileged_icmp = true

  [${cri}.containerd]
    snapshotter = "overlayfs"
    default_runtime_name = "runc"
    [${cri}.containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"

  [${cri}.cni]
    bin_dir = ${toml(paths.cniBinDir)}
    conf_dir = ${toml(paths.cniConfDir)}

  [${cri}.registry]
    config_path = ${toml(paths.registryDir)}
`;
}
