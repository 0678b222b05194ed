/** Credentials for registries, from the pod's imagePullSecrets. Pure. */
import type { Secret } from "../../kinds/core/v1-types.ts";
import { registryOf } from "./image-reference.ts";

export interface RegistryCredentials {
  username: string;
  password: string;
  auth: string;
  serverAddress: string;
  identityToken: string;
  registryToken: string;
}

interface AuthEntry {
  username?: string;
  password?: string;
  auth?: string;
  identitytoken?: string;
  registrytoken?: string;
}

const DOCKER_HUB = new Set(["docker.io", "index.docker.io", "registry-1.docker.io"]);

/** Entries of the secret's docker config; none when it holds none that can be read. */
function entries({ type, data }: Secret): [string, AuthEntry][] {
  const key = type === "kubernetes.io/dockercfg" ? ".dockercfg" : ".dockerconfigjson";
  const text = data?.[key];
  if (text === undefined) return [];
  try {
    const config: unknown = JSON.parse(Buffer.from(text, "base64").toString("utf8"));
    const auths = (type === "kubernetes.io/dockercfg" ? config : (config as { auths?: unknown })?.auths) ?? {};
    return Object.entries(auths as { [registry: string]: AuthEntry });
  } catch {
    // As with kubelet, a secret that cannot be read does not keep public images from being pulled.
    return [];
  }
}

/** Whether a registry key ("https://reg.example.com/v1/", "*.example.com/team") covers an image. */
function covers(key: string, image: string): boolean {
  const [host = "", ...path] = key.replace(/^[a-z]+:\/\//, "").split("/");
  const prefix = path
    .join("/")
    .replace(/^v[12]\/?$/, "")
    .replace(/\/$/, "");
  const of = registryOf(image);
  const sameHost =
    (DOCKER_HUB.has(host) && DOCKER_HUB.has(of.host)) ||
    (host.split(".").length === of.host.split(".").length &&
      host.split(".").every((label, i) => label === "*" || label === of.host.split(".")[i]));
  return sameHost && (prefix === "" || of.path === prefix || of.path.startsWith(`${prefix}/`));
}

/** Those that fit an image, the most specific first. */
export function credentialsFor(image: string, secrets: readonly Secret[]): RegistryCredentials[] {
  return secrets
    .flatMap(entries)
    .filter(([key]) => covers(key, image))
    .sort(([a], [b]) => b.length - a.length)
    .map(([key, entry]) => ({
      username: entry.username ?? "",
      password: entry.password ?? "",
      auth: entry.username ? "" : (entry.auth ?? ""),
      serverAddress: key,
      identityToken: entry.identitytoken ?? "",
      registryToken: entry.registrytoken ?? "",
    }));
}
