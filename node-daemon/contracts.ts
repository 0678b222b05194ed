/**
 * How the parts of the daemon know each other. main.ts builds one of each and hands them around; no part reaches for
 * another by import of anything but these types.
 */
import type { KubeObject } from "../machinery/meta/object.ts";
import type { Status } from "../machinery/meta/status.ts";

export interface NodeConfig {
  nodeName: string;
  /** https://host:port of the edge, no path. */
  serverUrl: string;
  /** PEM of the CA that signed the edge's certificate; absent: the system's roots. */
  serverCa?: string;
  /** File with the node's token; rewritten when it is renewed. Mode 0600. */
  tokenFile: string;
  /** unix socket path of containerd. */
  runtimeSocket: string;
  /** The daemon's own directory: pods/, logs/, cni/ (conf), checkpoint files. */
  stateDir: string;
  /** Where CNI plugin binaries are: /usr/lib/cni or /opt/cni/bin. */
  cniBinDir: string;
  /** What the node reports as InternalIP; absent: the source address of its default route or only interface. */
  nodeIp?: string;
  /** All pods of all nodes: "10.244.0.0/16". Traffic inside it is not masqueraded. */
  clusterCidr: string;
  /** Of the cluster's services: "10.96.0.0/16". */
  serviceCidr: string;
  /** Service IP of the cluster DNS, served by the daemon itself. */
  dnsServiceIp: string;
  /** Service IP of default/kubernetes; the daemon listens on it at port 6443. */
  apiServiceIp: string;
  /** "cluster.local" */
  clusterDomain: string;
  /** Network namespace the daemon must live in, by name; when it is deleted, the node ends as if unplugged. */
  networkNamespace?: string;
  labels?: { [key: string]: string };
}

/** The standard API as the daemon calls it. Rejects with ApiCallError. */
export interface ApiClient {
  get<T extends KubeObject>(path: string): Promise<T>;
  create<T extends KubeObject>(path: string, object: object): Promise<T>;
  update<T extends KubeObject>(path: string, object: object): Promise<T>;
  patch<T extends KubeObject>(path: string, type: "merge" | "strategic" | "json", patch: unknown): Promise<T>;
  delete(path: string, options?: object): Promise<void>;
  /** Starts a list-watch that never ends until `stop`; see Informer. */
  informer<T extends KubeObject>(query: {
    /** Collection path: "/api/v1/pods". */
    path: string;
    fieldSelector?: string;
    labelSelector?: string;
  }): Informer<T>;
  /** As `informer`, for who keeps for itself what it wants of a collection. */
  follow<T extends KubeObject>(path: string, listener: FollowListener<T>): { stop(): void };
}

export interface FollowListener<T extends KubeObject> {
  /** All there is at a resourceVersion: at the start, and again after changes may have been missed. */
  listed(items: readonly T[], resourceVersion: string): void;
  /** For DELETED the object's resourceVersion is that of its end. */
  changed(type: "ADDED" | "MODIFIED" | "DELETED", object: T): void;
}

export class ApiCallError extends Error {
  /** HTTP status, or 0 when no answer came. */
  readonly code: number;
  readonly status: Status | undefined;

  constructor(code: number, message: string, status?: Status) {
    super(message);
    this.name = "ApiCallError";
    this.code = code;
    this.status = status;
  }
}

/** A cache that follows a collection by list and watch, over any number of reconnects. */
export interface Informer<T extends KubeObject> {
  /** Resolves once the first list is in. */
  synced: Promise<void>;
  hasSynced(): boolean;
  /** `namespace/name`, or `name` for cluster-scoped objects. */
  get(key: string): T | undefined;
  values(): Iterable<T>;
  /** Called with each change once it is in the cache; `current` is undefined when deleted. */
  onChange(listener: (key: string, current: T | undefined, previous: T | undefined) => void): void;
  stop(): void;
}

/** What streams (logs, exec, …) need to know of a pod on this node. */
export interface RunningPod {
  namespace: string;
  name: string;
  uid: string;
  sandboxId: string | undefined;
  podIp: string | undefined;
  hostNetwork: boolean;
  /** All containers of the pod: init, main and ephemeral, with every instance the runtime still has, newest first. */
  containers: Map<string, ContainerInstance[]>;
}

export interface ContainerInstance {
  id: string;
  state: "created" | "running" | "exited" | "unknown";
  attempt: number;
  /** Epoch; 0 when it has not started. */
  startedAtMs?: number;
  /** CRI-format log file; may be rotated away. */
  logPath: string;
  tty: boolean;
  stdin: boolean;
}

export interface PodLookup {
  find(namespace: string, name: string): RunningPod | undefined;
  /** For GET /pods of the kubelet API: the pods as the daemon last saw them. */
  all(): KubeObject[];
}

/** URLs of containerd's own streaming server (loopback), single use, from CRI. */
export interface RuntimeStreams {
  exec(request: {
    containerId: string;
    command: string[];
    tty: boolean;
    stdin: boolean;
    stdout: boolean;
    stderr: boolean;
  }): Promise<string>;
  attach(request: {
    containerId: string;
    tty: boolean;
    stdin: boolean;
    stdout: boolean;
    stderr: boolean;
  }): Promise<string>;
  portForward(request: { sandboxId: string; ports: number[] }): Promise<string>;
}

/** Node-local networking as the pod side needs it. */
export interface NodeNetwork {
  /** Whether pods can be given addresses; the reason is what the node's Ready condition says. */
  status(): { ready: true } | { ready: false; reason: string };
  /** Told the pod CIDR once the node has one; idempotent. */
  configure(podCidr: string): Promise<void>;
  /**
   * Name servers, search domains and options of a pod's resolv.conf under its dnsPolicy; `omitted` says what was left
   * out because there is too much of it.
   */
  resolvConf(pod: KubeObject): { nameservers: string[]; searches: string[]; options: string[]; omitted?: string[] };
}

export interface Log {
  debug(message: string, fields?: object): void;
  info(message: string, fields?: object): void;
  warn(message: string, fields?: object): void;
  error(message: string, fields?: object): void;
}
