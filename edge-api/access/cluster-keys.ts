/** The secrets of one cluster: the key its tokens are signed with, and its certificate authority. */
import type { JWK } from "jose";
import type { Authority } from "./certificates.ts";
import { createSigningKey } from "./tokens.ts";

/** Where they are kept: a Durable Object's own key-value storage. Values are structured-clonable. */
export interface SecretStorage {
  get(key: string): unknown;
  put(key: string, value: unknown): void;
}

const SIGNING_KEY = "kedge.signing-key";
const AUTHORITY = "kedge.authority";

/** The key that signs tokens; made at first use. */
export async function signingKey(storage: SecretStorage): Promise<JWK> {
  const known = storage.get(SIGNING_KEY) as JWK | undefined;
  if (known) return known;
  const made = await createSigningKey();
  storage.put(SIGNING_KEY, made);
  return made;
}

/** The given authority, or the cluster's own, made at first use. */
export async function authorityOf(
  storage: SecretStorage,
  given: { certificate: string | undefined; key: string | undefined },
  nowMs: number,
): Promise<Authority> {
  if (given.certificate && given.key) return { certificate: given.certificate, key: given.key };
  const known = storage.get(AUTHORITY) as Authority | undefined;
  if (known) return known;
  const { createAuthority } = await import("./certificates.ts");
  const made = await createAuthority(nowMs);
  storage.put(AUTHORITY, made);
  return made;
}
