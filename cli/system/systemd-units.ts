/**
 * The units of an installed node: a containerd of its own and the node daemon. Both leave containers running when they
 * stop (KillMode=process), so that either can be restarted or upgraded under running pods.
 */

export interface UnitPaths {
  containerdProgram: string;
  ctrProgram: string;
  containerdConfigFile: string;
  containerdSocket: string;
  pauseArchiveFile: string;
  nodeProgram: string;
  daemonMainFile: string;
  daemonConfigFile: string;
}

export const CONTAINERD_UNIT = "kedge-containerd.service";
export const NODE_UNIT = "kedge-node.service";

/** Words with systemd's quoting: a "%" starts a specifier, so it is doubled. */
const words = (...parts: string[]): string =>
  parts
    .map((part) => (/^[\w./:=@+-]+$/.test(part) ? part : `"${part.replaceAll("%", "%%").replaceAll('"', '\\"')}"`))
    .join(" ");

export const containerdUnit = (paths: UnitPaths): string => `[Unit]
Description=containerd for kedge pods
Documentation=https://containerd.io
After=network.target local-fs.target

[Service]
Type=notify
ExecStart=${words(paths.containerdProgram, "--config", paths.containerdConfigFile)}
ExecStartPost=${words(paths.ctrProgram, "--address", paths.containerdSocket, "--namespace", "k8s.io", "images", "import", paths.pauseArchiveFile)}
Restart=always
RestartSec=2
KillMode=process
Delegate=yes
LimitNOFILE=1048576
TasksMax=infinity
OOMScoreAdjust=-999

[Install]
WantedBy=multi-user.target
`;

export const nodeUnit = (paths: UnitPaths): string => `[Unit]
Description=kedge node daemon
Wants=network-online.target
After=network-online.target ${CONTAINERD_UNIT}
Requires=${CONTAINERD_UNIT}

[Service]
ExecStart=${words(paths.nodeProgram, "--disable-warning=ExperimentalWarning", paths.daemonMainFile, "--config", paths.daemonConfigFile)}
Restart=always
RestartSec=2
KillMode=process
LimitNOFILE=1048576
TasksMax=infinity
OOMScoreAdjust=-900

[Install]
WantedBy=multi-user.target
`;
