/** What a signer puts into a CertificateSigningRequest's status. */
import { blockBytes, pemBlocks } from "./pem.ts";
import { certificateOf } from "./x509.ts";

/** Undefined when there are certificates and no other blocks. What is between them is not looked at. */
export function certificatesProblem(text: string): string | undefined {
  const blocks = pemBlocks(text);
  for (const block of blocks) {
    const { type, hasHeaders, data } = block;
    if (type !== "CERTIFICATE") return `only CERTIFICATE PEM blocks are allowed, found ${JSON.stringify(type)}`;
    if (hasHeaders) return "no PEM block headers are permitted";
    if (data === "") return "found CERTIFICATE PEM block containing 0 certificates";
    if (!certificateOf(blockBytes(block))) return "x509: malformed certificate";
  }
  return blocks.length === 0 ? "must contain at least one CERTIFICATE PEM block" : undefined;
}
