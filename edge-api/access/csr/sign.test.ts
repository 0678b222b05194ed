import { X509Certificate } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import type { CertificateSigningRequest } from "../../../kinds/certificates/v1-types.ts";
import { type Authority, createAuthority } from "../certificates.ts";
import { planCertificate } from "./plan.ts";
import { signApproved } from "./sign.ts";

const NOW_MS = Date.parse("2026-01-01T00:00:00Z");
const HOUR_MS = 3600_000;
const DAY_MS = 24 * HOUR_MS;

// openssl req -new -subj "/O=system:nodes/CN=system:node:n1" -addext "subjectAltName=DNS:n1.example,IP:10.0.0.5"
const SERVING = `-----BEGIN CERTIFICATE REQUEST-----
MIIBGTCBwAIBADAwMRUwEwYDVQQKDAxzeXN0ZW06bm9kZXMxFzAVBgNVBAMMDnN5
c3RlbTpub2RlOm4xMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEowOOurGBVlLn
ewjJ3vJUNPQbLWfdoDSzHW1X3YKxyExLxF4rQceHUvqHJrHhDf3PJdp2zAohiMzI
jJX46LjflqAuMCwGCSqGSIb3DQEJDjEfMB0wGwYDVR0RBBQwEoIKbjEuZXhhbXBs
ZYcECgAABTAKBggqhkjOPQQDAgNIADBFAiBvMAViVMFJyCYP/BTu3AB2EhiII3ay
dnzIXqyku8F5awIhAJn55FYl/MF1MK2EFFnlgINc0TCwXNDQ05B/kRzt9KKs
-----END CERTIFICATE REQUEST-----
`;
// openssl req -new -subj "/O=system:masters/CN=admin"
const MASTERS = `-----BEGIN CERTIFICATE REQUEST-----
MIHlMIGLAgEAMCkxFzAVBgNVBAoMDnN5c3RlbTptYXN0ZXJzMQ4wDAYDVQQDDAVh
ZG1pbjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABGSYyNZotZWYVFX3+rSOyAIy
gDixH/Rq5PUqEylcoBKy/T6i6EIMjeDRPslGRsdOreLXCes3dEfmi0rP7q7ub7Og
ADAKBggqhkjOPQQDAgNJADBGAiEA8XjdleLgdu15QEN4y3vMfb+HxiOdyPppGkKL
zf6apPkCIQCFn/RY32xAjntN6SxcKvkFUlsMP6ZeeU7xRaWrJFu5cg==
-----END CERTIFICATE REQUEST-----
`;
// openssl req -new, subject CN=admin, O=system:nodes, CN=system:node:n1, 1.3.6.1.4.1.57683.2=other-uid (a user's uid), and
// subjectAltName DNS:n1.example, IP:fd00::5, otherName 1.2.3.4:hidden, dirName CN=masked
const ODD = `-----BEGIN CERTIFICATE REQUEST-----
MIIBdzCCARwCAQAwWjEOMAwGA1UEAwwFYWRtaW4xFTATBgNVBAoMDHN5c3RlbTpu
b2RlczEXMBUGA1UEAwwOc3lzdGVtOm5vZGU6bjExGDAWBgkrBgEEAYPCUwIMCW90
aGVyLXVpZDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABHQKJ465d7/12bevNbth
2tfzS+OKB828XxXqLssKyjZAutljWqmMgB0Eq3LEI2BPS5FkW6GJ2jO1lr0CHtBr
xRqgYDBeBgkqhkiG9w0BCQ4xUTBPME0GA1UdEQRGMESCCm4xLmV4YW1wbGWHEP0A
AAAAAAAAAAAAAAAAAAWgDwYDKgMEoAgMBmhpZGRlbqQTMBExDzANBgNVBAMMBm1h
c2tlZDAKBggqhkjOPQQDAgNJADBGAiEAva0uIopY1bGl0ndAnYu12jpTky3Xwq0f
ncJ7tG8c1eECIQCI4MKmDp9EKQiidzkStx2gfGMzNzPgsVzOpV/mzuPIeg==
-----END CERTIFICATE REQUEST-----
`;
const USAGES = ["digital signature", "key encipherment", "server auth"];

describe("planCertificate", () => {
  const plan = (expirationSeconds?: number, authorityUntilMs = NOW_MS + 3650 * DAY_MS) => {
    const { notBeforeMs, notAfterMs } = planCertificate(
      { usages: USAGES, expirationSeconds },
      { nowMs: NOW_MS, authorityUntilMs },
    );
    return [notBeforeMs - NOW_MS, notAfterMs - NOW_MS].map((ms) => ms / 60_000);
  };
  it.each([
    { name: "[CS1] a year, backdated", seconds: undefined, minutes: [-5, 365 * 24 * 60 - 5] },
    { name: "[CS2] never longer", seconds: 1e9, minutes: [-5, 365 * 24 * 60 - 5] },
    { name: "[CS3] as asked", seconds: 24 * 3600, minutes: [-5, 24 * 60 - 5] },
    { name: "[CS4] the end of short ones is not moved", seconds: 3600, minutes: [-5, 60] },
    { name: "[CS5] ten minutes at least", seconds: 60, minutes: [-5, 10] },
  ])("$name", ({ seconds, minutes }) => {
    expect(plan(seconds)).toEqual(minutes);
  });
  it("[CS6] never beyond the authority, which must hold", () => {
    expect(plan(undefined, NOW_MS + HOUR_MS)).toEqual([-5, 60]);
    expect(() => plan(undefined, NOW_MS)).toThrow("the signer has expired: NotAfter=2026-01-01T00:00:00.000Z");
  });
  it("[CS7] usages become bits and OIDs, each once; unknown ones are refused", () => {
    const of = (usages: string[]) => {
      const { keyUsages, extendedKeyUsages } = planCertificate(
        { usages },
        { nowMs: NOW_MS, authorityUntilMs: NOW_MS + DAY_MS },
      );
      return { keyUsages, extendedKeyUsages };
    };
    expect(of(["s/mime", "signing", "email protection", "digital signature", "key agreement", "any"])).toEqual({
      keyUsages: 17,
      extendedKeyUsages: ["2.5.29.37.0", "1.3.6.1.5.5.7.3.4"],
    });
    expect(() => of(["dancing"])).toThrow('unrecognized usage values: ["dancing"]');
  });
});

describe("signApproved", () => {
  let authority: Authority;
  beforeAll(async () => {
    authority = await createAuthority(NOW_MS);
  });
  const make = (change: object = {}, types = ["Approved"]): CertificateSigningRequest =>
    ({
      metadata: { name: "a" },
      spec: { request: btoa(SERVING), signerName: "kubernetes.io/kubelet-serving", usages: USAGES, ...change },
      status: { conditions: types.map((type) => ({ type, status: "True" })) },
    }) as CertificateSigningRequest;

  it("[CS8] the certificate is the authority's, with the request's subject, key and names", async () => {
    const certificate = new X509Certificate(await signApproved(authority, make(), NOW_MS));
    const issuer = new X509Certificate(authority.certificate);
    expect(certificate.verify(issuer.publicKey)).toBe(true);
    expect(certificate.checkIssued(issuer)).toBe(true);
    expect(certificate.subject).toBe("O=system:nodes\nCN=system:node:n1");
    expect(certificate.subjectAltName).toBe("DNS:n1.example, IP Address:10.0.0.5");
    expect(certificate.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1"]);
    expect(certificate.ca).toBe(false);
    expect(Date.parse(certificate.validTo)).toBe(NOW_MS + 365 * DAY_MS - 300_000);
  });

  it("[CS16] certifies what was looked at: of several common names the last, no uid, no names of other kinds", async () => {
    const certificate = new X509Certificate(await signApproved(authority, make({ request: btoa(ODD) }), NOW_MS));
    expect(certificate.subject).toBe("O=system:nodes\nCN=system:node:n1");
    expect(certificate.subjectAltName).toBe("DNS:n1.example, IP Address:FD00:0:0:0:0:0:0:5");
  });

  it("[CS15] of several requests the one that is checked is signed, however it is broken into lines", async () => {
    const spaced = SERVING.replace("AwMRUwEwYD", "AwMRUw EwYD");
    const pem = await signApproved(authority, make({ request: btoa(spaced + MASTERS) }), NOW_MS);
    expect(new X509Certificate(pem).subject).toBe("O=system:nodes\nCN=system:node:n1");
  });

  it.each([
    ["[CS9] what is not approved", make({}, []), "not approved"],
    ["[CS10] what is denied", make({}, ["Denied"]), "not approved"],
    ["[CS11] what has failed", make({}, ["Approved", "Failed"]), "has failed"],
    ["[CS12] another's signer", make({ signerName: "example.com/a" }), "none of Kubernetes' signers"],
    ["[CS13] what the signer refuses", make({ usages: ["client auth"] }), "usages did not match"],
    [
      "[CS14] what another key signed",
      make({ request: btoa(SERVING.replace("ZYcECgAABT", "ZYcECgAABj")) }),
      "not signed by its own key",
    ],
  ])("%s is not signed", async (_name, request, message) => {
    await expect(signApproved(authority, request, NOW_MS)).rejects.toThrow(message);
  });
});
