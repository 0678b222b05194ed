/** Keys and certificates on disk: made once, kept, private files readable by their owner alone. */
import { randomBytes } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { Failure } from "../failure.ts";
import { readIfExists, writeFileAtomic } from "../files.ts";
import type { Layout } from "../layout.ts";
import { createAuthority, createServingCertificate, type KeyedCertificate, stillServes } from "./certificates.ts";

export interface Pki {
  authority: KeyedCertificate;
  serving: KeyedCertificate;
  adminToken: string;
}

/** A pair of files that must both be there or both be missing. */
function readPair(dir: string, name: string): KeyedCertificate | undefined {
  const certificatePem = readIfExists(path.join(dir, `${name}.crt`));
  const keyPem = readIfExists(path.join(dir, `${name}.key`));
  return certificatePem && keyPem ? { certificatePem, keyPem } : undefined;
}

function writePair(dir: string, name: string, pair: KeyedCertificate): void {
  writeFileAtomic(path.join(dir, `${name}.key`), pair.keyPem, 0o600);
  writeFileAtomic(path.join(dir, `${name}.crt`), pair.certificatePem, 0o644);
}

/**
 * @throws Failure when the CA is half there: making a new one would lock out every client and node that trusts the old
 */
export async function ensurePki(layout: Layout, names: { dnsNames: string[]; ipAddresses: string[] }): Promise<Pki> {
  const dir = layout.pkiDir;
  fs.mkdirSync(dir, { recursive: true, mode: 0o700 });
  const nowMs = Date.now();

  let authority = readPair(dir, "ca");
  if (!authority) {
    const half = ["ca.crt", "ca.key"].filter((file) => fs.existsSync(path.join(dir, file)));
    if (half.length > 0 && fs.existsSync(path.join(dir, "server.crt"))) {
      throw new Failure(
        `${dir} holds ${half.join()} but not its counterpart: the data directory is damaged.\n` +
          `Restore the missing file, or start over with: ./kedge down --purge --data ${layout.dataDir}`,
      );
    }
    authority = await createAuthority("kedge-ca", nowMs);
    writePair(dir, "ca", authority);
  }

  const request = { authority, ...names, nowMs };
  let serving = readPair(dir, "server");
  if (!serving || !(await stillServes(serving.certificatePem, request))) {
    serving = await createServingCertificate(request);
    writePair(dir, "server", serving);
  }

  const tokenFile = path.join(dir, "admin.token");
  let adminToken = readIfExists(tokenFile)?.trim();
  if (!adminToken) {
    adminToken = randomBytes(32).toString("base64url");
    writeFileAtomic(tokenFile, `${adminToken}\n`, 0o600);
  }
  return { authority, serving, adminToken };
}
