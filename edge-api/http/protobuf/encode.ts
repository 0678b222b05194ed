/** Objects as protobuf, for answers. */
import type { Kind, Registry } from "../../../kinds/kind.ts";
import { encodeMessage } from "../../../machinery/codec/protobuf/encode.ts";
import { envelope, type TypeMeta } from "../../../machinery/codec/protobuf/envelope.ts";
import { messageNameOf } from "../../../machinery/codec/protobuf/table.ts";
import { notAcceptable } from "../../../machinery/meta/status.ts";
import { fromStorage } from "../../verbs/convert.ts";
import { apiVersionOf } from "../../verbs/environment.ts";
import { META_PACKAGE, messageFor } from "./names.ts";

/** What upstream says of a Go type without a marshaller. */
export const notMarshalable = (goType: string): Error =>
  notAcceptable(
    `object ${goType} does not implement the protobuf marshalling interface and cannot be encoded to a protobuf message`,
  );

/** Any object with a kind. @throws ApiError 406 for what has no protobuf form */
export function toProtobuf(object: object, registry: Registry): Uint8Array {
  const { kind = "", apiVersion = "v1" } = object as Partial<TypeMeta>;
  const message = messageFor(registry, apiVersion, kind);
  if (message === undefined) throw notMarshalable(`*${apiVersion.split("/").at(-1)}.${kind}`);
  return envelope({ apiVersion, kind }, encodeMessage(object, message));
}

/** Stored objects of one kind in one form. */
export interface ProtobufItems {
  type: TypeMeta;
  listType: TypeMeta;
  /** The message's bytes, without envelope. */
  encode(text: string): Uint8Array;
}

export function protobufItems(kind: Kind, as: "Object" | "PartialObjectMetadata"): ProtobufItems {
  if (as === "Object") {
    const apiVersion = apiVersionOf(kind);
    const message = messageNameOf(kind.type);
    return {
      type: { apiVersion, kind: kind.kind },
      listType: { apiVersion, kind: `${kind.kind}List` },
      encode: (text) => encodeMessage(fromStorage(text, kind), message),
    };
  }
  const apiVersion = "meta.k8s.io/v1";
  return {
    type: { apiVersion, kind: as },
    listType: { apiVersion, kind: `${as}List` },
    encode: (text) => encodeMessage(JSON.parse(text) as object, `${META_PACKAGE}.${as}`),
  };
}
