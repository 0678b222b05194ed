/** A PKCS#10 request as what it proves: that whoever made it has the key. Source: RFC 2986. Pure. */
import { DerError, oidText, readElement, readInside, TAG } from "./der.ts";
import { bits } from "./public-key.ts";

export interface SignedRequest {
  /** What is signed, DER. */
  info: Uint8Array<ArrayBuffer>;
  /** SubjectPublicKeyInfo, DER */
  publicKey: Uint8Array<ArrayBuffer>;
  /** OID of how it is signed. */
  algorithm: string;
  /** DER of the algorithm's parameters; absent: it has none. */
  parameters?: Uint8Array;
  signature: Uint8Array<ArrayBuffer>;
}

/** @throws DerError when it is no request */
export function readSignedRequest(der: Uint8Array): SignedRequest {
  const whole = readElement(der);
  if (whole.whole.length !== der.length) throw new DerError("trailing data");
  const [info, algorithm, signature, ...more] = readInside(whole, TAG.sequence);
  if (!info || !signature || more.length > 0) throw new DerError("no certificate request");
  const [_version, subject, publicKey] = readInside(info, TAG.sequence);
  if (subject?.tag !== TAG.sequence || publicKey?.tag !== TAG.sequence) throw new DerError("no certificate request");
  const [id, parameters] = readInside(algorithm, TAG.sequence);
  if (id?.tag !== TAG.oid) throw new DerError("no algorithm");
  return {
    info: Uint8Array.from(info.whole),
    publicKey: Uint8Array.from(publicKey.whole),
    algorithm: oidText(id),
    ...(parameters && { parameters: parameters.whole }),
    signature: bits(signature),
  };
}
