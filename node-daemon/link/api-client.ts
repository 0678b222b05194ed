import type { KubeObject } from "../../machinery/meta/object.ts";
import type { ApiClient } from "../contracts.ts";
import { type InformerParts, startFollowing, startInformer } from "./informer.ts";

const PATCH_TYPES = {
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
  json: "application/json-patch+json",
} as const;

export function createApiClient(parts: InformerParts): ApiClient {
  const { http } = parts;
  return {
    get: async <T extends KubeObject>(path: string) => (await http.json("GET", path)) as T,
    create: async <T extends KubeObject>(path: string, object: object) => (await http.json("POST", path, object)) as T,
    update: async <T extends KubeObject>(path: string, object: object) => (await http.json("PUT", path, object)) as T,
    patch: async <T extends KubeObject>(path: string, type: keyof typeof PATCH_TYPES, patch: unknown) =>
      (await http.json("PATCH", path, patch, PATCH_TYPES[type])) as T,
    delete: async (path, options) => void (await http.json("DELETE", path, options)),
    informer: (query) => startInformer(query, parts),
    follow: (path, listener) => startFollowing(path, listener, parts),
  };
}
