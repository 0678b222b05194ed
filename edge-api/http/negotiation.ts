/**
 * Which form the client wants.
 * Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#alternate-representations-of-resources
 */
import { notAcceptable } from "../../machinery/meta/status.ts";

export type Media = "json" | "yaml" | "protobuf";
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
  ["application/vnd.kubernetes.protobuf", "protobuf"],
]);

/** In the order in which upstream names them. */
const SERVED = ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"];
const STREAMED = ["application/json;stream=watch", "application/vnd.kubernetes.protobuf;stream=watch"];

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

const PLAIN_JSON: Accepted = { media: "json", as: "Object", version: "" };

/** Clients send few different Accept headers: parse each once. */
const known = new Map<string, Accepted>();
const MAX_KNOWN = 128;
const MAX_ACCEPT_LENGTH = 4096;

/** @param accept null or "" means anything. @throws ApiError 406 when nothing in it can be served */
export function negotiate(accept: string | null): Accepted {
  return accept ? (found(accept, accept, MEDIA_NAMES) ?? refuse(SERVED)) : PLAIN_JSON;
}

/** Of the forms that can be streamed as events. @throws ApiError 406 */
export function negotiateStream(accept: string | null): Accepted {
  return accept ? (found(`stream ${accept}`, accept, STREAM_NAMES) ?? refuse(STREAMED)) : PLAIN_JSON;
}

/** For what is only ever shown as itself. @throws ApiError 406 */
export function negotiatePlain(accept: string | null): Accepted {
  return accept ? (found(`plain ${accept}`, accept, MEDIA_NAMES, NO_FORMS) ?? refuse(SERVED)) : PLAIN_JSON;
}

/** Of what has forms of its own beside itself. @throws ApiError 406 */
export function negotiateForms(accept: string | null, forms: ReadonlySet<string>): Accepted {
  const key = `${[...forms].join()} ${accept}`;
  return accept ? (found(key, accept, MEDIA_NAMES, forms) ?? refuse(SERVED)) : PLAIN_JSON;
}

/** Of discovery's two roots. */
export const AGGREGATED: ReadonlySet<string> = new Set([
  "APIGroupDiscoveryList apidiscovery.k8s.io/v2",
  "APIGroupDiscoveryList apidiscovery.k8s.io/v2beta1",
]);

const NO_FORMS: ReadonlySet<string> = new Set();
const MEDIA_NAMES: ReadonlySet<Media> = new Set(["json", "yaml", "protobuf"]);
const STREAM_NAMES: ReadonlySet<Media> = new Set(["json", "protobuf"]);

function refuse(served: readonly string[]): never {
  throw notAcceptable(`only the following media types are accepted: ${served.join(", ")}`);
}

function found(
  key: string,
  accept: string,
  media: ReadonlySet<Media>,
  forms: ReadonlySet<string> = FORMS,
): Accepted | undefined {
  const before = known.get(key);
  if (before) return before;
  const accepted = accept.length <= MAX_ACCEPT_LENGTH ? parseAccept(accept, { served: media, forms }) : undefined;
  if (!accepted) return undefined;
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(key, accepted);
  return accepted;
}

function parseAccept(
  accept: string,
  { served, forms }: { served: ReadonlySet<Media>; forms: ReadonlySet<string> },
): Accepted | undefined {
  const clauses = accept.split(",").map(parseClause);
  clauses.sort((a, b) => b.quality - a.quality);
  for (const { media: name, parameters, quality } of clauses) {
    const media = MEDIA.get(name);
    if (!media || !served.has(media) || quality === 0) continue;
    const as = parameters.get("as");
    if (as === undefined) return media === "json" ? PLAIN_JSON : { media, as: "Object", version: "" };
    const version = `${parameters.get("g") ?? ""}/${parameters.get("v") ?? ""}`;
    if (forms.has(`${as} ${version}`)) return { media, as: as as Form, version };
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
