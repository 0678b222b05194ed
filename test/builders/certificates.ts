/** Certificates for tests. */
import { PemConverter, Pkcs10CertificateRequestGenerator, SubjectAlternativeNameExtension } from "@peculiar/x509";
import { type Authority, signServerRequest } from "../../edge-api/access/certificates.ts";

const EC = { name: "ECDSA", namedCurve: "P-256" };

async function requested(name: string, addresses: readonly string[]): Promise<{ csr: string; key: string }> {
  const keys = await crypto.subtle.generateKey(EC, true, ["sign", "verify"]);
  const request = await Pkcs10CertificateRequestGenerator.create({
    name,
    keys,
    signingAlgorithm: { name: "ECDSA", hash: "SHA-256" },
    extensions:
      addresses.length > 0
        ? [new SubjectAlternativeNameExtension(addresses.map((value) => ({ type: "ip" as const, value })))]
        : [],
  });
  const key = PemConverter.encode(await crypto.subtle.exportKey("pkcs8", keys.privateKey), "PRIVATE KEY");
  return { csr: request.toString("pem"), key };
}

/** PEM. @param name "O=devs, CN=jane" */
export const certificateRequest = async (name: string): Promise<string> => (await requested(name, [])).csr;

/** For a server at these addresses. PEM. */
export const serverCertificateRequest = async (addresses: readonly string[]): Promise<string> =>
  (await requested("CN=server", addresses)).csr;

/** For a server at an address. PEM. */
export async function issueServerCertificate(
  authority: Authority,
  address: string,
): Promise<{ certificate: string; key: string }> {
  const { csr, key } = await requested(`CN=${address}`, [address]);
  const allowed = { dns: [], ips: [address] };
  return { certificate: await signServerRequest(authority, csr, { allowed, nowMs: Date.now() }), key };
}
