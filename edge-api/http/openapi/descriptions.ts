/** Where descriptions come from: embedded by the bundler, unpacked when a document is made, and dropped with memory's need. */
import type { Descriptions } from "../../../kinds/descriptions.ts";

/** Gzipped JSON of Descriptions; empty: there are none. */
type Load = () => Promise<Uint8Array | ArrayBuffer>;

let load: Load | undefined;
/** Weak: documents are seldom made, and what they are made from is five times as large as its packed form. */
let unpacked: WeakRef<Descriptions> | undefined;

/** To be called once, by the program that embeds them; without it documents come without descriptions. */
export function describeTypes(by: Load): void {
  load = by;
  unpacked = undefined;
}

const NONE: Descriptions = {};

export async function descriptions(): Promise<Descriptions> {
  const kept = unpacked?.deref();
  if (kept) return kept;
  const packed = await load?.();
  if (!packed || packed.byteLength === 0) return NONE;
  const bytes = new Uint8Array(packed) as Uint8Array<ArrayBuffer>;
  const text = new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip")));
  const made = (await text.json()) as Descriptions;
  unpacked = new WeakRef(made);
  return made;
}
