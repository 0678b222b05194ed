/** The outer form of PEM texts; what the DER inside says is the signer's to judge. */

export interface PemBlock {
  type: string;
  /** Whether there are lines such as "Proc-Type: …" before the data. */
  hasHeaders: boolean;
  /** Base64, without line breaks. */
  data: string;
}

const BLOCK = /-----BEGIN ([^\n-]+)-----\r?\n([\s\S]*?)-----END ([^\n-]+)-----/g;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Blocks that are no PEM are passed over, as Go's decoder does. */
export function pemBlocks(text: string): PemBlock[] {
  const blocks: PemBlock[] = [];
  for (const [, type = "", body = "", end] of text.matchAll(BLOCK)) {
    if (type !== end) continue;
    const blank = body.search(/\r?\n\r?\n/);
    const hasHeaders = blank >= 0 && body.slice(0, blank).includes(":");
    const data = (hasHeaders ? body.slice(blank) : body).replace(/\s+/g, "");
    if (BASE64.test(data)) blocks.push({ type, hasHeaders, data });
  }
  return blocks;
}

/** Undefined when there are certificates and nothing else. */
export function certificatesProblem(text: string): string | undefined {
  const blocks = pemBlocks(text);
  for (const { type, hasHeaders } of blocks) {
    if (type !== "CERTIFICATE") return `only CERTIFICATE PEM blocks are allowed, found ${JSON.stringify(type)}`;
    if (hasHeaders) return "no PEM block headers are permitted";
  }
  return blocks.length === 0 ? "must contain at least one CERTIFICATE PEM block" : undefined;
}
