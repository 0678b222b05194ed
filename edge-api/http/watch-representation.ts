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
}

/** The name of a form, which `formOf` reads back. */
export const nameOf = ({ framing, as, includeObject, kind }: WatchForm): string =>
  [framing, as, includeObject, kind.group, kind.version, kind.plural].join(" ");

export function formOf(name: string, registry: Registry): WatchForm {
  const [framing, as, includeObject, group = "", version = "", plural = ""] = name.split(" ");
  const kind = registry.find(group, version, plural);
  if (!kind) throw new Error(`watch representation of an unknown kind: ${name}`);
  return { framing, as, includeObject, kind } as WatchForm;
}

const encoder = new TextEncoder();

export function representationOf(spec: WatchSpec, registry: Registry, nowMs: () => number): Representation {
  const form = formOf(spec.representation, registry);
  if (form.framing === "protobuf") return protobufRepresentation(form, registry);
  const renderer = rendererOf(form, nowMs);
  const wire = (text: string): Uint8Array | string => (form.framing === "stream" ? encoder.encode(`${text}\n`) : text);
  return {
    ...(form.as === "Table" && { firstDiffers: true }),
    event: ({ type, text, first }) =>
      wire(
        `{"type":"${type}","object":${form.as === "Table" ? tableEvent(renderer, text, first) : renderer.item(text)}}`,
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

function rendererOf({ as, kind, includeObject }: WatchForm, nowMs: () => number): Renderer {
  if (as === "Table") return tableRenderer(kind, { includeObject, nowMs });
  return as === "Object" ? objectRenderer(kind) : metadataRenderer();
}

/** A table of one row; only the first tells the columns. */
function tableEvent(renderer: Renderer, text: string, first: boolean): string {
  if (first) return renderer.single(text);
  return `{"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":{},"columnDefinitions":null,"rows":[${renderer.item(text)}]}`;
}

function bookmarkObject(
  { as, kind }: WatchForm,
  { revision, initialEventsEnd }: { revision: number; initialEventsEnd: boolean },
): string {
  const metadata = {
    resourceVersion: String(revision),
    ...(initialEventsEnd && { annotations: { "k8s.io/initial-events-end": "true" } }),
  };
  if (as === "Object") return JSON.stringify({ kind: kind.kind, apiVersion: apiVersionOf(kind), metadata });
  const partial = { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata };
  if (as === "PartialObjectMetadata") return JSON.stringify(partial);
  return JSON.stringify({
    kind: "Table",
    apiVersion: "meta.k8s.io/v1",
    metadata: { resourceVersion: metadata.resourceVersion },
    columnDefinitions: null,
    rows: [{ cells: kind.columns.map(() => null), object: partial }],
  });
}
