/**
 * Which form the client wants.
 * Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#alternate-representations-of-resources
 */
import { notAcceptable } from "../../machinery/meta/status.ts";

export type Media = "json" | "yaml";
export type Form = "Object" | "Table" | "PartialObjectMetadata" | "PartialObjectMetadataList" | "APIGroupDiscoveryList";

export interface Accepted {
  media: Media;
  as: Form;
  /** Group version of the form: "meta.k8s.io/v1"; "" for objects. */
  version: string;
}

const MEDIA: ReadonlyMap<string, Media> = new Map([
  ["application/json", "json"],
  ["application/*", "json"],
  ["*/*", "json"],
  ["application/yaml", "yaml"],
]);

const FORMS: ReadonlySet<string> = new Set([
  "Table meta.k8s.io/v1",
  "Table meta.k8s.io/v1beta1",
  "PartialObjectMetadata meta.k8s.io/v1",
  "PartialObjectMetadataList meta.k8s.io/v1",
  "PartialObjectMetadata meta.k8s.io/v1beta1",
  "PartialObjectMetadataList meta.k8s.io/v1beta1",
  "APIGroupDiscoveryList apidiscovery.k8s.io/v2",
  "APIGroupDiscoveryList apidiscovery.k8s.io/v2beta1",
]);

export const PLAIN_JSON: Accepted = { media: "json", as: "Object", version: "" };

/** Clients send few different Accept headers: parse each once. */
const known = new Map<string, Accepted>();
const MAX_KNOWN = 128;
const MAX_ACCEPT_LENGTH = 4096;

/** @param accept undefined or "" means anything. @throws ApiError 406 when nothing in it can be served */
export function negotiate(accept: string | null): Accepted {
  if (!accept) return PLAIN_JSON;
  const before = known.get(accept);
  if (before) return before;
  const accepted = accept.length <= MAX_ACCEPT_LENGTH ? parseAccept(accept) : undefined;
  if (!accepted) {
    throw notAcceptable(
      "only the following media types are accepted: application/json, application/yaml, application/json;stream=watch",
    );
  }
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(accept, accepted);
  return accepted;
}

function parseAccept(accept: string): Accepted | undefined {
  const clauses = accept.split(",").map(parseClause);
  clauses.sort((a, b) => b.quality - a.quality);
  for (const { media, parameters, quality } of clauses) {
    const served = MEDIA.get(media);
    if (!served || quality === 0) continue;
    const as = parameters.get("as");
    if (as === undefined) return served === "json" ? PLAIN_JSON : { media: served, as: "Object", version: "" };
    const version = `${parameters.get("g") ?? ""}/${parameters.get("v") ?? ""}`;
    if (FORMS.has(`${as} ${version}`)) return { media: served, as: as as Form, version };
  }
  return undefined;
}

function parseClause(clause: string): { media: string; parameters: Map<string, string>; quality: number } {
  const [media = "", ...rest] = clause.split(";").map((part) => part.trim());
  const parameters = new Map<string, string>();
  for (const part of rest) {
    const equals = part.indexOf("=");
    if (equals > 0) parameters.set(part.slice(0, equals), part.slice(equals + 1));
  }
  const quality = Number(parameters.get("q") ?? 1);
  return { media: media.toLowerCase(), parameters, quality: Number.isFinite(quality) ? quality : 0 };
}
