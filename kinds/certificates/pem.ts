/** PEM as Go's decoder reads it: what is no block is passed over. Source: RFC 7468, pkg.go.dev/encoding/pem. */
import { base64Error } from "../../machinery/schema/base64.ts";

export interface PemBlock {
  type: string;
  /** Whether there are lines such as "Proc-Type: …" before the data. */
  hasHeaders: boolean;
  /** Base64, without line breaks. */
  data: string;
}

const BEGIN = "-----BEGIN ";
const END = "\n-----END ";
const DASHES = "-----";

/** The line at `start`, without white space at its end, and where the next one begins. */
function lineAt(text: string, start: number): { line: string; next: number } {
  const end = text.indexOf("\n", start);
  const line = end < 0 ? text.slice(start) : text.slice(start, end);
  return { line: line.replace(/[ \t\r]+$/, ""), next: end < 0 ? text.length : end + 1 };
}

/** A header has a colon; the first line without one begins the data. */
function afterHeaders(text: string, start: number): number {
  let at = start;
  while (at < text.length) {
    const { line, next } = lineAt(text, at);
    if (!line.includes(":")) break;
    at = next;
  }
  return at;
}

/** Where the next block begins, at or behind `from`, which is where a line begins; -1: nowhere. */
function nextBegin(text: string, from: number): number {
  if (text.startsWith(BEGIN, from)) return from;
  const at = text.indexOf(`\n${BEGIN}`, from);
  return at < 0 ? -1 : at + 1;
}

/** Takes time in proportion to the text, however many of its blocks are broken. */
export function pemBlocks(text: string): PemBlock[] {
  const blocks: PemBlock[] = [];
  let endAt = -1;
  let resume = 0;
  for (let at = nextBegin(text, 0); at >= 0; at = nextBegin(text, resume)) {
    const { line, next } = lineAt(text, at + BEGIN.length);
    resume = next;
    if (!line.endsWith(DASHES)) continue;
    const start = afterHeaders(text, next);
    // An empty block ends in the line after its first. What was found before may hold for later blocks, too.
    if (endAt < start - 1) endAt = text.indexOf(END, start - 1);
    if (endAt < 0) break;
    const last = lineAt(text, endAt + END.length);
    if (last.line !== line) continue;
    const data = endAt < start ? "" : text.slice(start, endAt).replace(/[ \t\r\n]+/g, "");
    if (base64Error(data) !== undefined) continue;
    blocks.push({ type: line.slice(0, -DASHES.length), hasHeaders: start > next, data });
    resume = last.next;
  }
  return blocks;
}

export const blockBytes = ({ data }: PemBlock): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
