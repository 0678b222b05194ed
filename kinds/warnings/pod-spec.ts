/** What is allowed in a pod but seldom meant, or will go. Texts as upstream's, which people search for. */
import { eachContainer } from "../core/pod-template/windows.ts";
import type { Container, PodSpec, Volume } from "../generated/api/core-v1.ts";
import { ipWarnings } from "./addresses.ts";
import { deprecatedNodeLabel, nodeSelectorTermWarnings } from "./node-labels.ts";
import { portWarnings } from "./pod-ports.ts";
import { fractionWarnings, REMOVED_VOLUMES, removedVolumeWarnings, storageFractionWarnings } from "./volumes.ts";

interface Template {
  metadata?: { annotations?: { [key: string]: string } };
  spec?: PodSpec;
}

const DEPRECATED_ANNOTATIONS: readonly (readonly [key: string, says: string])[] = [
  ["scheduler.alpha.kubernetes.io/critical-pod", 'non-functional in v1.16+; use the "priorityClassName" field instead'],
  ["security.alpha.kubernetes.io/sysctls", 'non-functional in v1.11+; use the "sysctls" field instead'],
  ["security.alpha.kubernetes.io/unsafe-sysctls", 'non-functional in v1.11+; use the "sysctls" field instead'],
];
const SECCOMP_POD = "seccomp.security.alpha.kubernetes.io/pod";
const SECCOMP_CONTAINER = "container.seccomp.security.alpha.kubernetes.io/";
const APP_ARMOR = "container.apparmor.security.beta.kubernetes.io/";
const USE_SECCOMP = 'non-functional in v1.27+; use the "seccompProfile" field instead';
const USE_APP_ARMOR = 'deprecated since v1.30; use the "appArmorProfile" field instead';

/** @param path of the template: "spec.template"; "" for a pod itself */
export function podWarnings({ metadata, spec }: Template, path: string): string[] {
  if (!spec) return [];
  const prefix = path === "" ? "" : `${path}.`;
  const at = `${prefix}spec`;
  const annotations = metadata?.annotations ?? {};
  const annotationAt = (key: string): string => `${prefix}metadata.annotations[${key}]`;
  const warnings = [
    ...placementWarnings(spec, at),
    ...DEPRECATED_ANNOTATIONS.filter(([key]) => Object.hasOwn(annotations, key)).map(
      ([key, says]) => `${annotationAt(key)}: ${says}`,
    ),
    ...volumeWarnings(spec.volumes ?? [], at),
    ...tokenPathWarnings(spec.volumes ?? [], at),
    ...duplicates(spec.hostAliases ?? [], "ip").map(([i, ip]) => `${at}.hostAliases[${i}].ip: duplicate ip "${ip}"`),
    ...(spec.hostAliases ?? []).flatMap(({ ip }, i) => ipWarnings(`${at}.hostAliases[${i}].ip`, ip)),
    ...(spec.dnsConfig?.nameservers ?? []).flatMap((ip, i) => ipWarnings(`${at}.dnsConfig.nameservers[${i}]`, ip)),
    ...pullSecretWarnings(spec, at),
    ...["memory", "ephemeral-storage"].flatMap((name) =>
      fractionWarnings(`${at}.overhead[${name}]`, spec.overhead?.[name]),
    ),
  ];
  if (!spec.securityContext?.seccompProfile && Object.hasOwn(annotations, SECCOMP_POD)) {
    warnings.push(`${annotationAt(SECCOMP_POD)}: ${USE_SECCOMP}`);
  }
  eachContainer(spec, at, (container, containerAt) => {
    const { name, securityContext } = container;
    if (!securityContext?.seccompProfile && Object.hasOwn(annotations, SECCOMP_CONTAINER + name)) {
      warnings.push(`${annotationAt(SECCOMP_CONTAINER + name)}: ${USE_SECCOMP}`);
    }
    const hasAppArmor = spec.securityContext?.appArmorProfile ?? securityContext?.appArmorProfile;
    if (path !== "" && !hasAppArmor && Object.hasOwn(annotations, APP_ARMOR + name)) {
      warnings.push(`${annotationAt(APP_ARMOR + name)}: ${USE_APP_ARMOR}`);
    }
    warnings.push(...containerWarnings(container, containerAt));
  });
  warnings.push(...portWarnings(spec, at));
  if ((spec.terminationGracePeriodSeconds ?? 0) < 0) {
    const says = "must be >= 0; negative values are invalid and will be treated as 1";
    warnings.push(`${at}.terminationGracePeriodSeconds: ${says}`);
  }
  return [...warnings, ...podAffinityWarnings(spec, at)];
}

const NO_SELECTOR = "a null labelSelector results in matching no pod";

function placementWarnings({ nodeSelector, affinity, topologySpreadConstraints = [] }: PodSpec, at: string): string[] {
  const warnings: string[] = [];
  for (const key of Object.keys(nodeSelector ?? {})) {
    const message = deprecatedNodeLabel(key);
    if (message) warnings.push(`${at}.nodeSelector[${key}]: ${message}`);
  }
  const node = affinity?.nodeAffinity;
  const nodeAt = `${at}.affinity.nodeAffinity`;
  for (const [i, term] of (node?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? []).entries()) {
    const termAt = `${nodeAt}.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[${i}]`;
    warnings.push(...nodeSelectorTermWarnings(termAt, term, { checkValues: false }));
  }
  for (const [i, { preference }] of (node?.preferredDuringSchedulingIgnoredDuringExecution ?? []).entries()) {
    const termAt = `${nodeAt}.preferredDuringSchedulingIgnoredDuringExecution[${i}].preference`;
    warnings.push(...nodeSelectorTermWarnings(termAt, preference, { checkValues: true }));
  }
  for (const [i, { topologyKey, labelSelector }] of topologySpreadConstraints.entries()) {
    const constraintAt = `${at}.topologySpreadConstraints[${i}]`;
    const message = deprecatedNodeLabel(topologyKey);
    if (message) warnings.push(`${constraintAt}.topologyKey: ${topologyKey} is ${message}`);
    if (!labelSelector) warnings.push(`${constraintAt}.labelSelector: ${NO_SELECTOR}`);
  }
  return warnings;
}

function podAffinityWarnings({ affinity }: PodSpec, at: string): string[] {
  const warnings: string[] = [];
  for (const kind of ["podAffinity", "podAntiAffinity"] as const) {
    const terms = affinity?.[kind];
    const kindAt = `${at}.affinity.${kind}`;
    for (const [i, term] of (terms?.requiredDuringSchedulingIgnoredDuringExecution ?? []).entries()) {
      if (term.labelSelector) continue;
      warnings.push(`${kindAt}.requiredDuringSchedulingIgnoredDuringExecution[${i}].labelSelector: ${NO_SELECTOR}`);
    }
    for (const [i, { podAffinityTerm }] of (terms?.preferredDuringSchedulingIgnoredDuringExecution ?? []).entries()) {
      if (podAffinityTerm.labelSelector) continue;
      const termAt = `${kindAt}.preferredDuringSchedulingIgnoredDuringExecution[${i}].podAffinityTerm`;
      warnings.push(`${termAt}.labelSelector: ${NO_SELECTOR}`);
    }
  }
  return warnings;
}

const volumeWarnings = (volumes: readonly Volume[], at: string): string[] =>
  volumes.flatMap((volume, i) => [
    ...removedVolumeWarnings(volume, `${at}.volumes[${i}]`, REMOVED_VOLUMES),
    ...storageFractionWarnings(
      `${at}.volumes[${i}].ephemeral.volumeClaimTemplate.spec`,
      volume.ephemeral?.volumeClaimTemplate?.spec,
    ),
  ]);

/** Files that lie where a token is put. */
function tokenPathWarnings(volumes: readonly Volume[], at: string): string[] {
  const sources = volumes.flatMap(({ projected }, i) =>
    (projected?.sources ?? []).map((source) => ({ source, sourcesAt: `${at}.volumes[${i}].projected.sources` })),
  );
  const tokens = new Set(sources.flatMap(({ source }) => source.serviceAccountToken?.path ?? []));
  if (tokens.size === 0) return [];
  const warnings: string[] = [];
  const check = (path: string | undefined, where: string): void => {
    if (path !== undefined && tokens.has(path)) {
      warnings.push(`${where}: has duplicated path with ServiceAccountToken "${path}"`);
    }
  };
  for (const { source, sourcesAt } of sources) {
    source.configMap?.items?.forEach(({ path }, j) => void check(path, `${sourcesAt}.configMap[${j}]`));
    source.secret?.items?.forEach(({ path }, j) => void check(path, `${sourcesAt}.secrets[${j}]`));
    source.downwardAPI?.items?.forEach(({ path }, j) => void check(path, `${sourcesAt}.downwardAPI[${j}]`));
    check(source.clusterTrustBundle?.path, `${sourcesAt}.ClusterTrustBundle`);
  }
  return warnings;
}

function pullSecretWarnings({ imagePullSecrets = [] }: PodSpec, at: string): string[] {
  const nameAt = (i: number): string => `${at}.imagePullSecrets[${i}].name`;
  return [
    ...duplicates(imagePullSecrets, "name").map(([i, name]) => `${nameAt(i)}: duplicate name "${name}"`),
    ...imagePullSecrets.flatMap(({ name }, i) => (name ? [] : [`${nameAt(i)}: invalid empty name ""`])),
  ];
}

/** Index and value of what came before. */
function duplicates<K extends string>(items: readonly { [key in K]?: string }[], key: K): [number, string][] {
  const seen = new Set<string>();
  const found: [number, string][] = [];
  for (const [i, item] of items.entries()) {
    const value = item[key] ?? "";
    if (seen.has(value)) found.push([i, value]);
    seen.add(value);
  }
  return found;
}

function containerWarnings({ resources, env = [] }: Container, at: string): string[] {
  const warnings: string[] = [];
  for (const resource of ["memory", "ephemeral-storage"]) {
    for (const list of ["limits", "requests"] as const) {
      warnings.push(...fractionWarnings(`${at}.resources.${list}[${resource}]`, resources?.[list]?.[resource]));
    }
  }
  const seen = new Set<string>();
  for (const [i, { name, value = "", valueFrom }] of env.entries()) {
    const reference = `$(${name})`;
    // X="a" and then X="$(X)b" uses what it hides.
    if (seen.has(name) && (valueFrom || value === reference || !value.includes(reference))) {
      warnings.push(`${at}.env[${i}]: hides previous definition of "${name}", which may be dropped when using apply`);
    }
    seen.add(name);
  }
  return warnings;
}
