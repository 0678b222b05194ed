/**
 * A JSON web signature (RFC 7515) in compact form without its payload: the payload lies beside it, as it is.
 *
 * @param key text of the shared secret (HMAC with SHA-256)
 */
export async function detachedSignature(options: { payload: string; keyId: string; key: string }): Promise<string> {
  const { payload, keyId, key } = options;
  const header = base64Url(bytesOf(JSON.stringify({ alg: "HS256", kid: keyId })));
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const secret = await crypto.subtle.importKey("raw", bytesOf(key), algorithm, false, ["sign"]);
  const signed = bytesOf(`${header}.${base64Url(bytesOf(payload))}`);
  return `${header}..${base64Url(new Uint8Array(await crypto.subtle.sign("HMAC", secret, signed)))}`;
}

const bytesOf = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(new TextEncoder().encode(text));

function base64Url(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
