import { describe, expect, it } from "vitest";
import { certificateIdentity, parseSubject, type TlsClientAuth } from "./client-certificate.ts";

const shown = (subject: string, more: TlsClientAuth = {}): TlsClientAuth => ({
  certPresented: "1",
  certVerified: "SUCCESS",
  certRevoked: "0",
  certSubjectDNRFC2253: subject,
  ...more,
});

describe("client certificates", () => {
  it("[CC1] CN is the user, each O a group", () => {
    const tls = shown("CN=jane,O=ops,O=devs,C=CH", { certFingerprintSHA256: "AB:cd01" });
    expect(certificateIdentity(tls)).toEqual({
      user: "jane",
      groups: ["devs", "ops", "system:authenticated"],
      extra: { "authentication.kubernetes.io/credential-id": ["X509SHA256=abcd01"] },
    });
  });

  it.each([
    ["no certificate", shown("CN=jane", { certPresented: "0", certVerified: "NONE" })],
    ["one that is not good", shown("CN=jane", { certVerified: "FAILED:certificate has expired" })],
    ["one that was revoked", shown("CN=jane", { certRevoked: "1" })],
    ["one without a name", shown("O=system:masters")],
    ["a subject that is none", shown("jane")],
    ["nothing", undefined],
  ])("[CC2] nobody: %s", (_, tls) => {
    expect(certificateIdentity(tls)).toBeUndefined();
  });

  it("[CC3] a uid stands in an attribute of its own", () => {
    expect(certificateIdentity(shown("CN=jane,1.3.6.1.4.1.57683.2=#0c036162 63".replace(" ", "")))?.uid).toBe("abc");
  });

  it.each([
    ["CN=Jane\\, the one,O=x", ["Jane, the one", "x"]],
    ["CN=a\\+b+O=x", ["a+b", "x"]],
    ['CN="a,b", O=x', ["a,b", "x"]],
    ["CN=Z\\C3\\BCrich,O=日本", ["Zürich", "日本"]],
    ["CN=a\\\\,O=x\\=y=z", ["a\\", "x=y=z"]],
    ["CN=a\\,O=system:masters", ["a,O=system:masters"]],
    ["CN=\\C3\\28", []],
    ["", []],
  ])("[CC4] %s", (text, values) => {
    expect(parseSubject(text).map(({ value }) => value)).toEqual(values);
  });
});
