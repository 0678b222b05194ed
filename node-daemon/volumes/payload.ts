/** What the files of a volume hold. Pure: objects and tokens are read beforehand. */
import type {
  ConfigMap,
  DownwardAPIVolumeFile,
  KeyToPath,
  Secret,
  Volume,
  VolumeProjection,
} from "../../kinds/core/v1-types.ts";
import { type NodeFacts, podField, resourceField } from "../pods/field-ref.ts";
import type { NodePod } from "../pods/pod.ts";
import type { Payload } from "./atomic-writer.ts";

export interface PayloadInput {
  pod: NodePod;
  node: NodeFacts;
  podIps: readonly string[];
  configMap(name: string): ConfigMap | undefined;
  secret(name: string): Secret | undefined;
  /** Key: audience and life, as tokenKey makes it. */
  tokens: ReadonlyMap<string, string>;
}

const DEFAULT_MODE = 0o644;
/** A token belongs to nobody but the pod's user. */
const PRIVATE_MODE = 0o600;

/** Volumes whose files this writes. */
export const isWritten = ({ configMap, secret, downwardAPI, projected }: Volume): boolean =>
  Boolean(configMap ?? secret ?? downwardAPI ?? projected);

export const tokenKey = ({
  audience = "",
  expirationSeconds,
}: {
  audience?: string;
  expirationSeconds?: number;
}): string => `${audience}/${expirationSeconds ?? ""}`;

/** Objects and tokens a volume needs. */
export function volumeNeeds(volume: Volume): {
  configMaps: string[];
  secrets: string[];
  tokens: { audience?: string; expirationSeconds?: number }[];
} {
  const sources = volume.projected?.sources ?? [];
  const names = (list: (string | undefined)[]): string[] =>
    [...new Set(list.filter((name) => name !== undefined && name !== ""))] as string[];
  return {
    configMaps: names([volume.configMap?.name, ...sources.map(({ configMap }) => configMap?.name)]),
    secrets: names([volume.secret?.secretName, ...sources.map(({ secret }) => secret?.name)]),
    tokens: sources.flatMap(({ serviceAccountToken }) => (serviceAccountToken ? [serviceAccountToken] : [])),
  };
}

/** @throws Error with kubelet's message for what is missing */
export function volumePayload(volume: Volume, input: PayloadInput): Payload {
  const { configMap, secret, downwardAPI, projected } = volume;
  const payload: Payload = new Map();
  if (configMap) addConfigMap(payload, input, { ...configMap, mode: configMap.defaultMode ?? DEFAULT_MODE });
  else if (secret) {
    const { secretName, items, optional, defaultMode } = secret;
    addSecret(payload, input, { name: secretName, items, optional, mode: defaultMode ?? DEFAULT_MODE });
  } else if (downwardAPI) addDownward(payload, input, downwardAPI.items, downwardAPI.defaultMode ?? DEFAULT_MODE);
  else if (projected) {
    for (const source of projected.sources ?? [])
      addSource(payload, input, source, projected.defaultMode ?? DEFAULT_MODE);
  }
  return payload;
}

function addSource(payload: Payload, input: PayloadInput, source: VolumeProjection, mode: number): void {
  const { configMap, secret, downwardAPI, serviceAccountToken } = source;
  if (configMap) addConfigMap(payload, input, { ...configMap, mode });
  if (secret) addSecret(payload, input, { ...secret, mode });
  if (downwardAPI) addDownward(payload, input, downwardAPI.items, mode);
  if (serviceAccountToken) {
    const token = input.tokens.get(tokenKey(serviceAccountToken));
    if (token === undefined) throw new Error(`no token for audience "${serviceAccountToken.audience ?? ""}"`);
    const uid = commonUser(input.pod);
    const gid = input.pod.spec.securityContext?.fsGroup;
    payload.set(serviceAccountToken.path, {
      content: Buffer.from(token),
      mode: uid !== undefined || gid !== undefined ? PRIVATE_MODE : mode,
      uid,
    });
  }
  const known = configMap ?? secret ?? downwardAPI ?? serviceAccountToken;
  if (!known)
    throw new Error(`projected volume source ${Object.keys(source).join(", ")} is not supported by kedge yet`);
}

/** The user all containers run as, when it is one and the pod says so. */
export function commonUser({ spec }: NodePod): number | undefined {
  const users = new Set(
    [...(spec.initContainers ?? []), ...spec.containers].map(
      ({ securityContext }) => securityContext?.runAsUser ?? spec.securityContext?.runAsUser,
    ),
  );
  return users.size === 1 ? [...users][0] : undefined;
}

interface Selection {
  name?: string | undefined;
  items?: KeyToPath[] | undefined;
  optional?: boolean | undefined;
  mode: number;
}

function addConfigMap(payload: Payload, input: PayloadInput, selection: Selection): void {
  const { name = "", optional } = selection;
  const object = input.configMap(name);
  if (!object) {
    if (optional) return;
    throw new Error(`configmap "${name}" not found`);
  }
  const data = new Map<string, Buffer>();
  for (const [key, value] of Object.entries(object.data ?? {})) data.set(key, Buffer.from(value));
  for (const [key, value] of Object.entries(object.binaryData ?? {})) data.set(key, Buffer.from(value, "base64"));
  select(payload, data, selection, "configmap references non-existent config key");
}

function addSecret(payload: Payload, input: PayloadInput, selection: Selection): void {
  const { name = "", optional } = selection;
  const object = input.secret(name);
  if (!object) {
    if (optional) return;
    throw new Error(`secret "${name}" not found`);
  }
  const data = new Map(Object.entries(object.data ?? {}).map(([key, value]) => [key, Buffer.from(value, "base64")]));
  select(payload, data, selection, "references non-existent secret key");
}

function select(
  payload: Payload,
  data: Map<string, Buffer>,
  { items, optional, mode }: Selection,
  missing: string,
): void {
  if (!items || items.length === 0) {
    for (const [key, content] of data) payload.set(key, { content, mode });
    return;
  }
  for (const { key, path, mode: own } of items) {
    const content = data.get(key);
    if (content) payload.set(path, { content, mode: own ?? mode });
    else if (!optional) throw new Error(`${missing}: ${key}`);
  }
}

function addDownward(
  payload: Payload,
  input: PayloadInput,
  items: DownwardAPIVolumeFile[] | undefined,
  mode: number,
): void {
  for (const { path, fieldRef, resourceFieldRef, mode: own } of items ?? []) {
    const text = fieldRef
      ? podField(input.pod, fieldRef.fieldPath, input)
      : resourceFieldRef
        ? resourceField(input.pod, resourceFieldRef, "", input.node)
        : "";
    payload.set(path, { content: Buffer.from(text), mode: own ?? mode });
  }
}
