/**
 * The newest texts of objects, as many as fit. They lie outside of the garbage collector's heap, which would otherwise
 * take three times their length: as bytes, one behind another in segments that are filled in turn. The oldest segment's
 * texts give way all at once.
 */
import type { Revision } from "../store/contract.ts";

const SEGMENT_BYTES = 1024 * 1024;
/** Longer ones are not kept: few, and seldom asked for one by one. */
const MAX_TEXT_UNITS = 64 * 1024;

interface Segment {
  readonly bytes: Uint8Array;
  used: number;
  /** What was put here, of which some may lie elsewhere by now. */
  ids: string[];
}

interface Place {
  segment: Segment;
  start: number;
  end: number;
  prefix: string;
  revision: Revision;
}

/** Which text is wanted. */
export interface Wanted {
  /** How it begins. */
  prefix: string;
  /** It must not be newer. */
  upTo: Revision;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export class KeptTexts {
  readonly #maxSegments: number;
  readonly #segments: Segment[] = [];
  #current = 0;
  readonly #places = new Map<string, Place>();

  /** @param maxBytes UTF-8, in all; taken as it is needed */
  constructor(maxBytes: number) {
    this.#maxSegments = Math.max(1, Math.floor(maxBytes / SEGMENT_BYTES));
  }

  get(id: string, { prefix, upTo }: Wanted): string | undefined {
    const place = this.#places.get(id);
    if (!place || place.revision > upTo || place.prefix !== prefix) return undefined;
    return decoder.decode(place.segment.bytes.subarray(place.start, place.end));
  }

  has(id: string): boolean {
    return this.#places.has(id);
  }

  /** @param about what the text begins with, and the revision as of which it is the newest */
  set(id: string, text: string, { prefix, revision }: Pick<Place, "prefix" | "revision">): void {
    if (text.length > MAX_TEXT_UNITS) {
      this.delete(id);
      return;
    }
    let segment = this.#segmentNow();
    let done = encoder.encodeInto(text, segment.bytes.subarray(segment.used));
    if (done.read < text.length) {
      segment = this.#next();
      done = encoder.encodeInto(text, segment.bytes);
    }
    const start = segment.used;
    segment.used += done.written;
    const known = this.#places.get(id);
    if (known?.segment !== segment) segment.ids.push(id);
    this.#places.set(id, { segment, start, end: segment.used, prefix, revision });
  }

  delete(id: string): void {
    this.#places.delete(id);
  }

  #segmentNow(): Segment {
    let segment = this.#segments[this.#current];
    if (!segment) {
      segment = { bytes: new Uint8Array(SEGMENT_BYTES), used: 0, ids: [] };
      this.#segments.push(segment);
    }
    return segment;
  }

  /** The segment that is to be filled next, empty. */
  #next(): Segment {
    this.#current = (this.#current + 1) % this.#maxSegments;
    const segment = this.#segmentNow();
    for (const id of segment.ids) if (this.#places.get(id)?.segment === segment) this.#places.delete(id);
    segment.ids = [];
    segment.used = 0;
    return segment;
  }
}
