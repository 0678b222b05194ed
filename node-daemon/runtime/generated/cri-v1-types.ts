/** TypeScript shapes of the messages in cri-v1.ts, as @bufbuild/protobuf decodes them: int64 is bigint. */

export const CgroupDriver = { SYSTEMD: 0, CGROUPFS: 1 } as const;
export type CgroupDriver = (typeof CgroupDriver)[keyof typeof CgroupDriver];
export const ContainerState = { CONTAINER_CREATED: 0, CONTAINER_RUNNING: 1, CONTAINER_EXITED: 2, CONTAINER_UNKNOWN: 3 } as const;
export type ContainerState = (typeof ContainerState)[keyof typeof ContainerState];
export const MountPropagation = { PROPAGATION_PRIVATE: 0, PROPAGATION_HOST_TO_CONTAINER: 1, PROPAGATION_BIDIRECTIONAL: 2 } as const;
export type MountPropagation = (typeof MountPropagation)[keyof typeof MountPropagation];
export const NamespaceMode = { POD: 0, CONTAINER: 1, NODE: 2, TARGET: 3 } as const;
export type NamespaceMode = (typeof NamespaceMode)[keyof typeof NamespaceMode];
export const PodSandboxState = { SANDBOX_READY: 0, SANDBOX_NOTREADY: 1 } as const;
export type PodSandboxState = (typeof PodSandboxState)[keyof typeof PodSandboxState];
export const Protocol = { TCP: 0, UDP: 1, SCTP: 2 } as const;
export type Protocol = (typeof Protocol)[keyof typeof Protocol];
export const ProfileType = { RuntimeDefault: 0, Unconfined: 1, Localhost: 2 } as const;
export type ProfileType = (typeof ProfileType)[keyof typeof ProfileType];
export const Signal = { RUNTIME_DEFAULT: 0, SIGABRT: 1, SIGALRM: 2, SIGBUS: 3, SIGCHLD: 4, SIGCLD: 5, SIGCONT: 6, SIGFPE: 7, SIGHUP: 8, SIGILL: 9, SIGINT: 10, SIGIO: 11, SIGIOT: 12, SIGKILL: 13, SIGPIPE: 14, SIGPOLL: 15, SIGPROF: 16, SIGPWR: 17, SIGQUIT: 18, SIGSEGV: 19, SIGSTKFLT: 20, SIGSTOP: 21, SIGSYS: 22, SIGTERM: 23, SIGTRAP: 24, SIGTSTP: 25, SIGTTIN: 26, SIGTTOU: 27, SIGURG: 28, SIGUSR1: 29, SIGUSR2: 30, SIGVTALRM: 31, SIGWINCH: 32, SIGXCPU: 33, SIGXFSZ: 34, SIGRTMIN: 35, SIGRTMINPLUS1: 36, SIGRTMINPLUS2: 37, SIGRTMINPLUS3: 38, SIGRTMINPLUS4: 39, SIGRTMINPLUS5: 40, SIGRTMINPLUS6: 41, SIGRTMINPLUS7: 42, SIGRTMINPLUS8: 43, SIGRTMINPLUS9: 44, SIGRTMINPLUS10: 45, SIGRTMINPLUS11: 46, SIGRTMINPLUS12: 47, SIGRTMINPLUS13: 48, SIGRTMINPLUS14: 49, SIGRTMINPLUS15: 50, SIGRTMAXMINUS14: 51, SIGRTMAXMINUS13: 52, SIGRTMAXMINUS12: 53, SIGRTMAXMINUS11: 54, SIGRTMAXMINUS10: 55, SIGRTMAXMINUS9: 56, SIGRTMAXMINUS8: 57, SIGRTMAXMINUS7: 58, SIGRTMAXMINUS6: 59, SIGRTMAXMINUS5: 60, SIGRTMAXMINUS4: 61, SIGRTMAXMINUS3: 62, SIGRTMAXMINUS2: 63, SIGRTMAXMINUS1: 64, SIGRTMAX: 65 } as const;
export type Signal = (typeof Signal)[keyof typeof Signal];
export const SupplementalGroupsPolicy = { Merge: 0, Strict: 1 } as const;
export type SupplementalGroupsPolicy = (typeof SupplementalGroupsPolicy)[keyof typeof SupplementalGroupsPolicy];

export interface AttachRequest {
  containerId: string;
  stdin: boolean;
  tty: boolean;
  stdout: boolean;
  stderr: boolean;
}
export interface AttachResponse {
  url: string;
}
export interface AuthConfig {
  username: string;
  password: string;
  auth: string;
  serverAddress: string;
  identityToken: string;
  registryToken: string;
}
export interface CDIDevice {
  name: string;
}
export interface Capability {
  addCapabilities: string[];
  dropCapabilities: string[];
  addAmbientCapabilities: string[];
}
export interface Container {
  id: string;
  podSandboxId: string;
  metadata?: ContainerMetadata;
  image?: ImageSpec;
  imageRef: string;
  state: ContainerState;
  createdAt: bigint;
  labels: { [key: string]: string };
  annotations: { [key: string]: string };
  imageId: string;
}
export interface ContainerAttributes {
  id: string;
  metadata?: ContainerMetadata;
  labels: { [key: string]: string };
  annotations: { [key: string]: string };
}
export interface ContainerConfig {
  metadata?: ContainerMetadata;
  image?: ImageSpec;
  command: string[];
  args: string[];
  workingDir: string;
  envs: KeyValue[];
  mounts: Mount[];
  devices: Device[];
  labels: { [key: string]: string };
  annotations: { [key: string]: string };
  logPath: string;
  stdin: boolean;
  stdinOnce: boolean;
  tty: boolean;
  linux?: LinuxContainerConfig;
  CDIDevices: CDIDevice[];
  stopSignal: Signal;
}
export interface ContainerFilter {
  id: string;
  state?: ContainerStateValue;
  podSandboxId: string;
  labelSelector: { [key: string]: string };
}
export interface ContainerMetadata {
  name: string;
  attempt: number;
}
export interface ContainerResources {
  linux?: LinuxContainerResources;
}
export interface ContainerStateValue {
  state: ContainerState;
}
export interface ContainerStats {
  attributes?: ContainerAttributes;
  cpu?: CpuUsage;
  memory?: MemoryUsage;
  writableLayer?: FilesystemUsage;
  swap?: SwapUsage;
  io?: IoUsage;
}
export interface ContainerStatsFilter {
  id: string;
  podSandboxId: string;
  labelSelector: { [key: string]: string };
}
export interface ContainerStatsRequest {
  containerId: string;
}
export interface ContainerStatsResponse {
  stats?: ContainerStats;
}
export interface ContainerStatus {
  id: string;
  metadata?: ContainerMetadata;
  state: ContainerState;
  createdAt: bigint;
  startedAt: bigint;
  finishedAt: bigint;
  exitCode: number;
  image?: ImageSpec;
  imageRef: string;
  reason: string;
  message: string;
  labels: { [key: string]: string };
  annotations: { [key: string]: string };
  mounts: Mount[];
  logPath: string;
  resources?: ContainerResources;
  imageId: string;
  user?: ContainerUser;
  stopSignal: Signal;
}
export interface ContainerStatusRequest {
  containerId: string;
  verbose: boolean;
}
export interface ContainerStatusResponse {
  status?: ContainerStatus;
  info: { [key: string]: string };
}
export interface ContainerUser {
  linux?: LinuxContainerUser;
}
export interface CpuUsage {
  timestamp: bigint;
  usageCoreNanoSeconds?: UInt64Value;
  usageNanoCores?: UInt64Value;
  psi?: PsiStats;
}
export interface CreateContainerRequest {
  podSandboxId: string;
  config?: ContainerConfig;
  sandboxConfig?: PodSandboxConfig;
}
export interface CreateContainerResponse {
  containerId: string;
}
export interface DNSConfig {
  servers: string[];
  searches: string[];
  options: string[];
}
export interface Device {
  containerPath: string;
  hostPath: string;
  permissions: string;
}
export interface ExecRequest {
  containerId: string;
  cmd: string[];
  tty: boolean;
  stdin: boolean;
  stdout: boolean;
  stderr: boolean;
}
export interface ExecResponse {
  url: string;
}
export interface ExecSyncRequest {
  containerId: string;
  cmd: string[];
  timeout: bigint;
}
export interface ExecSyncResponse {
  stdout: Uint8Array;
  stderr: Uint8Array;
  exitCode: number;
}
export interface FilesystemIdentifier {
  mountpoint: string;
}
export interface FilesystemUsage {
  timestamp: bigint;
  fsId?: FilesystemIdentifier;
  usedBytes?: UInt64Value;
  inodesUsed?: UInt64Value;
}
export interface HugepageLimit {
  pageSize: string;
  limit: bigint;
}
export interface IDMapping {
  hostId: number;
  containerId: number;
  length: number;
}
export interface Image {
  id: string;
  repoTags: string[];
  repoDigests: string[];
  size: bigint;
  uid?: Int64Value;
  username: string;
  spec?: ImageSpec;
  pinned: boolean;
}
export interface ImageFilter {
  image?: ImageSpec;
}
export type ImageFsInfoRequest = Record<never, never>;
export interface ImageFsInfoResponse {
  imageFilesystems: FilesystemUsage[];
  containerFilesystems: FilesystemUsage[];
}
export interface ImageSpec {
  image: string;
  annotations: { [key: string]: string };
  userSpecifiedImage: string;
  runtimeHandler: string;
  imageRef: string;
}
export interface ImageStatusRequest {
  image?: ImageSpec;
  verbose: boolean;
}
export interface ImageStatusResponse {
  image?: Image;
  info: { [key: string]: string };
}
export interface Int64Value {
  value: bigint;
}
export interface IoUsage {
  timestamp: bigint;
  psi?: PsiStats;
}
export interface KeyValue {
  key: string;
  value: Uint8Array;
}
export interface LinuxContainerConfig {
  resources?: LinuxContainerResources;
  securityContext?: LinuxContainerSecurityContext;
}
export interface LinuxContainerResources {
  cpuPeriod: bigint;
  cpuQuota: bigint;
  cpuShares: bigint;
  memoryLimitInBytes: bigint;
  oomScoreAdj: bigint;
  cpusetCpus: string;
  cpusetMems: string;
  hugepageLimits: HugepageLimit[];
  unified: { [key: string]: string };
  memorySwapLimitInBytes: bigint;
}
export interface LinuxContainerSecurityContext {
  capabilities?: Capability;
  privileged: boolean;
  namespaceOptions?: NamespaceOption;
  selinuxOptions?: SELinuxOption;
  runAsUser?: Int64Value;
  runAsGroup?: Int64Value;
  runAsUsername: string;
  readonlyRootfs: boolean;
  supplementalGroups: bigint[];
  supplementalGroupsPolicy: SupplementalGroupsPolicy;
  noNewPrivs: boolean;
  maskedPaths: string[];
  readonlyPaths: string[];
  seccomp?: SecurityProfile;
  apparmor?: SecurityProfile;
  apparmorProfile: string;
  seccompProfilePath: string;
}
export interface LinuxContainerUser {
  uid: bigint;
  gid: bigint;
  supplementalGroups: bigint[];
}
export interface LinuxPodSandboxConfig {
  cgroupParent: string;
  securityContext?: LinuxSandboxSecurityContext;
  sysctls: { [key: string]: string };
  overhead?: LinuxContainerResources;
  resources?: LinuxContainerResources;
}
export interface LinuxPodSandboxStats {
  cpu?: CpuUsage;
  memory?: MemoryUsage;
  network?: NetworkUsage;
  process?: ProcessUsage;
  containers: ContainerStats[];
  io?: IoUsage;
}
export interface LinuxPodSandboxStatus {
  namespaces?: Namespace;
}
export interface LinuxRuntimeConfiguration {
  cgroupDriver: CgroupDriver;
}
export interface LinuxSandboxSecurityContext {
  namespaceOptions?: NamespaceOption;
  selinuxOptions?: SELinuxOption;
  runAsUser?: Int64Value;
  runAsGroup?: Int64Value;
  readonlyRootfs: boolean;
  supplementalGroups: bigint[];
  supplementalGroupsPolicy: SupplementalGroupsPolicy;
  privileged: boolean;
  seccomp?: SecurityProfile;
  apparmor?: SecurityProfile;
  seccompProfilePath: string;
}
export interface ListContainerStatsRequest {
  filter?: ContainerStatsFilter;
}
export interface ListContainerStatsResponse {
  stats: ContainerStats[];
}
export interface ListContainersRequest {
  filter?: ContainerFilter;
}
export interface ListContainersResponse {
  containers: Container[];
}
export interface ListImagesRequest {
  filter?: ImageFilter;
}
export interface ListImagesResponse {
  images: Image[];
}
export interface ListPodSandboxRequest {
  filter?: PodSandboxFilter;
}
export interface ListPodSandboxResponse {
  items: PodSandbox[];
}
export interface ListPodSandboxStatsRequest {
  filter?: PodSandboxStatsFilter;
}
export interface ListPodSandboxStatsResponse {
  stats: PodSandboxStats[];
}
export interface MemoryUsage {
  timestamp: bigint;
  workingSetBytes?: UInt64Value;
  availableBytes?: UInt64Value;
  usageBytes?: UInt64Value;
  rssBytes?: UInt64Value;
  pageFaults?: UInt64Value;
  majorPageFaults?: UInt64Value;
  psi?: PsiStats;
}
export interface Mount {
  containerPath: string;
  hostPath: string;
  readonly: boolean;
  selinuxRelabel: boolean;
  propagation: MountPropagation;
  uidMappings: IDMapping[];
  gidMappings: IDMapping[];
  recursiveReadOnly: boolean;
  image?: ImageSpec;
  imageSubPath: string;
}
export interface Namespace {
  options?: NamespaceOption;
}
export interface NamespaceOption {
  network: NamespaceMode;
  pid: NamespaceMode;
  ipc: NamespaceMode;
  targetId: string;
  usernsOptions?: UserNamespace;
}
export interface NetworkConfig {
  podCidr: string;
}
export interface NetworkInterfaceUsage {
  name: string;
  rxBytes?: UInt64Value;
  rxErrors?: UInt64Value;
  txBytes?: UInt64Value;
  txErrors?: UInt64Value;
}
export interface NetworkUsage {
  timestamp: bigint;
  defaultInterface?: NetworkInterfaceUsage;
  interfaces: NetworkInterfaceUsage[];
}
export interface PodIP {
  ip: string;
}
export interface PodSandbox {
  id: string;
  metadata?: PodSandboxMetadata;
  state: PodSandboxState;
  createdAt: bigint;
  labels: { [key: string]: string };
  annotations: { [key: string]: string };
  runtimeHandler: string;
}
export interface PodSandboxAttributes {
  id: string;
  metadata?: PodSandboxMetadata;
  labels: { [key: string]: string };
  annotations: { [key: string]: string };
}
export interface PodSandboxConfig {
  metadata?: PodSandboxMetadata;
  hostname: string;
  logDirectory: string;
  dnsConfig?: DNSConfig;
  portMappings: PortMapping[];
  labels: { [key: string]: string };
  annotations: { [key: string]: string };
  linux?: LinuxPodSandboxConfig;
}
export interface PodSandboxFilter {
  id: string;
  state?: PodSandboxStateValue;
  labelSelector: { [key: string]: string };
}
export interface PodSandboxMetadata {
  name: string;
  uid: string;
  namespace: string;
  attempt: number;
}
export interface PodSandboxNetworkStatus {
  ip: string;
  additionalIps: PodIP[];
}
export interface PodSandboxStateValue {
  state: PodSandboxState;
}
export interface PodSandboxStats {
  attributes?: PodSandboxAttributes;
  linux?: LinuxPodSandboxStats;
}
export interface PodSandboxStatsFilter {
  id: string;
  labelSelector: { [key: string]: string };
}
export interface PodSandboxStatsRequest {
  podSandboxId: string;
}
export interface PodSandboxStatsResponse {
  stats?: PodSandboxStats;
}
export interface PodSandboxStatus {
  id: string;
  metadata?: PodSandboxMetadata;
  state: PodSandboxState;
  createdAt: bigint;
  network?: PodSandboxNetworkStatus;
  linux?: LinuxPodSandboxStatus;
  labels: { [key: string]: string };
  annotations: { [key: string]: string };
  runtimeHandler: string;
}
export interface PodSandboxStatusRequest {
  podSandboxId: string;
  verbose: boolean;
}
export interface PodSandboxStatusResponse {
  status?: PodSandboxStatus;
  info: { [key: string]: string };
  containersStatuses: ContainerStatus[];
  timestamp: bigint;
}
export interface PortForwardRequest {
  podSandboxId: string;
  port: number[];
}
export interface PortForwardResponse {
  url: string;
}
export interface PortMapping {
  protocol: Protocol;
  containerPort: number;
  hostPort: number;
  hostIp: string;
}
export interface ProcessUsage {
  timestamp: bigint;
  processCount?: UInt64Value;
}
export interface PsiData {
  Total: bigint;
  Avg10: number;
  Avg60: number;
  Avg300: number;
}
export interface PsiStats {
  Full?: PsiData;
  Some?: PsiData;
}
export interface PullImageRequest {
  image?: ImageSpec;
  auth?: AuthConfig;
  sandboxConfig?: PodSandboxConfig;
}
export interface PullImageResponse {
  imageRef: string;
}
export interface RemoveContainerRequest {
  containerId: string;
}
export type RemoveContainerResponse = Record<never, never>;
export interface RemoveImageRequest {
  image?: ImageSpec;
}
export type RemoveImageResponse = Record<never, never>;
export interface RemovePodSandboxRequest {
  podSandboxId: string;
}
export type RemovePodSandboxResponse = Record<never, never>;
export interface ReopenContainerLogRequest {
  containerId: string;
}
export type ReopenContainerLogResponse = Record<never, never>;
export interface RunPodSandboxRequest {
  config?: PodSandboxConfig;
  runtimeHandler: string;
}
export interface RunPodSandboxResponse {
  podSandboxId: string;
}
export interface RuntimeCondition {
  type: string;
  status: boolean;
  reason: string;
  message: string;
}
export interface RuntimeConfig {
  networkConfig?: NetworkConfig;
}
export type RuntimeConfigRequest = Record<never, never>;
export interface RuntimeConfigResponse {
  linux?: LinuxRuntimeConfiguration;
}
export interface RuntimeFeatures {
  supplementalGroupsPolicy: boolean;
  userNamespacesHostNetwork: boolean;
}
export interface RuntimeHandler {
  name: string;
  features?: RuntimeHandlerFeatures;
}
export interface RuntimeHandlerFeatures {
  recursiveReadOnlyMounts: boolean;
  userNamespaces: boolean;
}
export interface RuntimeStatus {
  conditions: RuntimeCondition[];
}
export interface SELinuxOption {
  user: string;
  role: string;
  type: string;
  level: string;
}
export interface SecurityProfile {
  profileType: ProfileType;
  localhostRef: string;
}
export interface StartContainerRequest {
  containerId: string;
}
export type StartContainerResponse = Record<never, never>;
export interface StatusRequest {
  verbose: boolean;
}
export interface StatusResponse {
  status?: RuntimeStatus;
  info: { [key: string]: string };
  runtimeHandlers: RuntimeHandler[];
  features?: RuntimeFeatures;
}
export interface StopContainerRequest {
  containerId: string;
  timeout: bigint;
}
export type StopContainerResponse = Record<never, never>;
export interface StopPodSandboxRequest {
  podSandboxId: string;
}
export type StopPodSandboxResponse = Record<never, never>;
export interface SwapUsage {
  timestamp: bigint;
  swapAvailableBytes?: UInt64Value;
  swapUsageBytes?: UInt64Value;
}
export interface UInt64Value {
  value: bigint;
}
export interface UpdateContainerResourcesRequest {
  containerId: string;
  linux?: LinuxContainerResources;
  annotations: { [key: string]: string };
}
export type UpdateContainerResourcesResponse = Record<never, never>;
export interface UpdatePodSandboxResourcesRequest {
  podSandboxId: string;
  overhead?: LinuxContainerResources;
  resources?: LinuxContainerResources;
}
export type UpdatePodSandboxResourcesResponse = Record<never, never>;
export interface UpdateRuntimeConfigRequest {
  runtimeConfig?: RuntimeConfig;
}
export type UpdateRuntimeConfigResponse = Record<never, never>;
export interface UserNamespace {
  mode: NamespaceMode;
  uids: IDMapping[];
  gids: IDMapping[];
}
export interface VersionRequest {
  version: string;
}
export interface VersionResponse {
  version: string;
  runtimeName: string;
  runtimeVersion: string;
  runtimeApiVersion: string;
}
