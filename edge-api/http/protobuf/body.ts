/** A protobuf request body as the JSON value it stands for. */
import type { Registry } from "../../../kinds/kind.ts";
import { decodeMessage, openEnvelope } from "../../../machinery/codec/protobuf/decode.ts";
import { badRequest } from "../../../machinery/meta/status.ts";
import { messageFor } from "./names.ts";

export { PROTOBUF_TYPE } from "./names.ts";

/** @throws ApiError 400 for what does not decode, or is of a kind that has no protobuf form */
export function decodeProtobufBody(body: Uint8Array, registry: Registry): { [key: string]: unknown } {
  const { apiVersion, kind, raw } = openEnvelope(body);
  const message = messageFor(registry, apiVersion, kind);
  if (message === undefined) {
    throw badRequest(`no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)}`);
  }
  const { kind: _kind, apiVersion: _apiVersion, ...fields } = decodeMessage(raw, message);
  return { kind, apiVersion, ...fields };
}
