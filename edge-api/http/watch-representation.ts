/** How watch events look on the wire, for each form, version and framing a client may ask for. */
import type { Kind, Registry } from "../../kinds/kind.ts";
import { envelope, watchFrame } from "../../machinery/codec/protobuf/envelope.ts";
import type { IncludeObject } from "../../machinery/codec/table.ts";
import type { Representation, WatchSpec } from "../store/watch-types.ts";
import { apiVersionOf } from "../verbs/environment.ts";
import { metadataRenderer, objectRenderer, type Renderer, tableRenderer } from "../verbs/renderer.ts";
import { protobufItems, toProtobuf } from "./protobuf/encode.ts";

export interface WatchForm {
  /**
   * "stream": JSON values divided by newlines as bytes; "websocket": one text message each; "protobuf": frames, each
   * behind its length in four bytes.
   */
  framing: "stream" | "websocket" | "protobuf";
  as: "Object" | "Table" | "PartialObjectMetadata";
  includeObject: IncludeObject;
  kind: Kind;
  /** Of what is no object: "meta.k8s.io/v1", "meta.k8s.io/v1beta1". */
  version: string;
}

/** The name of a form, which `formOf` reads back. */
export const nameOf = ({ framing, as, includeObject, kind, version }: WatchForm): string =>
  [framing, as, includeObject, kind.group, kind.version, kind.plural, version].join(" ");

export function formOf(name: string, registry: Registry): WatchForm {
  // Names that were written beside a socket by an older release say no version.
  const [framing, as, includeObject, group = "", kindVersion = "", plural = "", version = META_V1] = name.split(" ");
  const kind = registry.find(group, kindVersion, plural);
  if (!kind) throw new Error(`watch representation of an unknown kind: ${name}`);
  return { framing, as, includeObject, kind, version } as WatchForm;
}

const encoder = new TextEncoder();
const META_V1 = "meta.k8s.io/v1";

export function representationOf(spec: WatchSpec, registry: Registry, nowMs: () => number): Representation {
  const form = formOf(spec.representation, registry);
  if (form.framing === "protobuf") return protobufRepresentation(form, registry);
  const renderer = rendererOf(form, nowMs);
  const wire = (text: string): Uint8Array | string => (form.framing === "stream" ? encoder.encode(`${text}\n`) : text);
  return {
    ...(form.as === "Table" && { firstDiffers: true }),
    event: ({ type, text, first }) =>
      wire(
        `{"type":"${type}","object":${form.as === "Table" ? tableEvent(renderer, text, first ? undefined : form.version) : renderer.item(text)}}`,
      ),
    bookmark: (bookmark) => wire(`{"type":"BOOKMARK","object":${bookmarkObject(form, bookmark)}}`),
    error: (status) => wire(`{"type":"ERROR","object":${JSON.stringify(status)}}`),
  };
}

function protobufRepresentation(form: WatchForm, registry: Registry): Representation {
  const items = protobufItems(form.kind, form.as === "Object" ? "Object" : "PartialObjectMetadata");
  return {
    event: ({ type, text }) => watchFrame(type, envelope(items.type, items.encode(text))),
    bookmark: (bookmark) =>
      watchFrame("BOOKMARK", toProtobuf(JSON.parse(bookmarkObject(form, bookmark)) as object, registry)),
    error: (status) => watchFrame("ERROR", toProtobuf(status, registry)),
  };
}

function rendererOf({ as, kind, includeObject, version }: WatchForm, nowMs: () => number): Renderer {
  if (as === "Table") return tableRenderer(kind, { includeObject, nowMs, version });
  return as === "Object" ? objectRenderer(kind) : metadataRenderer(version);
}

/** A table of one row; only the first, which has no `version` of its own, tells the columns. */
function tableEvent(renderer: Renderer, text: string, version: string | undefined): string {
  if (version === undefined) return renderer.single(text);
  return `{"kind":"Table","apiVersion":"${version}","metadata":{},"columnDefinitions":null,"rows":[${renderer.item(text)}]}`;
}

function bookmarkObject(
  { as, kind, version }: WatchForm,
  { revision, initialEventsEnd }: { revision: number; initialEventsEnd: boolean },
): string {
  const metadata = {
    resourceVersion: String(revision),
    ...(initialEventsEnd && { annotations: { "k8s.io/initial-events-end": "true" } }),
  };
  if (as === "Object") return JSON.stringify({ kind: kind.kind, apiVersion: apiVersionOf(kind), metadata });
  const partial = { kind: "PartialObjectMetadata", apiVersion: version, metadata };
  if (as === "PartialObjectMetadata") return JSON.stringify(partial);
  return JSON.stringify({
    kind: "Table",
    apiVersion: version,
    metadata: { resourceVersion: metadata.resourceVersion },
    columnDefinitions: null,
    rows: [{ cells: kind.columns.map(() => null), object: partial }],
  });
}
