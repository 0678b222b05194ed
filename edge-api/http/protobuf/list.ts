/** Lists as protobuf. */
import { encodeMessage } from "../../../machinery/codec/protobuf/encode.ts";
import { envelopeHead, envelopeTail, fieldBytes, joinBytes } from "../../../machinery/codec/protobuf/envelope.ts";
import type { ListMeta, Renderer } from "../../verbs/renderer.ts";
import type { ProtobufItems } from "./encode.ts";
import { META_PACKAGE } from "./names.ts";

/** Lists up to this size are encoded once and kept until sent; of longer ones only the length is. */
const KEPT_BYTES = 8 * 1024 * 1024;

/**
 * The list's bytes in chunks. The length of the whole stands at its beginning, so that a long list is gone through
 * twice rather than held.
 * @param list runs through the list's items: the first time as asked for, then `again` as of the first's revision
 */
export function* protobufList(
  items: ProtobufItems,
  list: (renderer: Renderer, again: { resourceVersion: string } | undefined) => Iterator<unknown>,
): Generator<Uint8Array> {
  const first = new Collector(items);
  const kept: Uint8Array[] = [];
  let length = 0;
  let tooLong = false;
  drain(list(first, undefined), () => {
    for (const part of first.take()) {
      length += part.length;
      if (!tooLong) kept.push(part);
    }
    if (length <= KEPT_BYTES) return;
    tooLong = true;
    kept.length = 0;
  });
  const meta = fieldBytes(1, encodeMessage(first.meta, `${META_PACKAGE}.ListMeta`));
  const head = joinBytes([envelopeHead(items.listType, meta.length + length), meta]);
  if (!tooLong) {
    yield joinBytes([head, ...kept, envelopeTail()]);
    return;
  }
  yield head;
  const second = new Collector(items);
  const chunks = list(second, { resourceVersion: first.meta.resourceVersion });
  for (let next = chunks.next(); !next.done; next = chunks.next()) yield joinBytes(second.take());
  yield envelopeTail();
}

function drain(chunks: Iterator<unknown>, each: () => void): void {
  for (let next = chunks.next(); !next.done; next = chunks.next()) each();
}

/** A renderer that sets encoded items aside; the text it passes on tells the list how much it has read. */
class Collector implements Renderer {
  readonly #items: ProtobufItems;
  #parts: Uint8Array[] = [];
  meta: ListMeta = { resourceVersion: "" };
  readonly listTail = "";

  constructor(items: ProtobufItems) {
    this.#items = items;
    this.item = this.item.bind(this);
  }

  single(text: string): string {
    return text;
  }

  listHead(meta: ListMeta): string {
    this.meta = meta;
    return "";
  }

  item(text: string): string {
    this.#parts.push(fieldBytes(2, this.#items.encode(text)));
    return text;
  }

  take(): Uint8Array[] {
    const parts = this.#parts;
    this.#parts = [];
    return parts;
  }
}
