import { readFile, rename, writeFile } from "node:fs/promises";

/** The node's token, as it lies in its file. Whoever renews it writes there; everybody reads from here. */
export class Credentials {
  readonly #file: string;
  #token: string | undefined;

  constructor(file: string) {
    this.#file = file;
  }

  /** @throws when the file cannot be read or is empty */
  async token(): Promise<string> {
    return this.#token ?? this.reload();
  }

  /** Reads the file again: it may have been replaced by an operator. */
  async reload(): Promise<string> {
    const token = (await readFile(this.#file, "utf8")).trim();
    if (token === "") throw new Error(`${this.#file} holds no token`);
    this.#token = token;
    return token;
  }

  /** The new token is in place as a whole or not at all, readable by its owner alone. */
  async store(token: string): Promise<void> {
    const fresh = `${this.#file}.new`;
    await writeFile(fresh, `${token}\n`, { mode: 0o600 });
    await rename(fresh, this.#file);
    this.#token = token;
  }
}

/**
 * When a token was issued and when it ends, in ms of the epoch. Not verified: only the edge can.
 * @returns undefined for a token that is no JWT or has no end
 */
export function tokenLife(token: string): { issuedMs: number; expiresMs: number } | undefined {
  const parts = token.split(".");
  if (parts.length !== 3) return undefined;
  try {
    const { iat, exp } = JSON.parse(Buffer.from(parts[1]!, "base64url").toString());
    if (!Number.isFinite(iat) || !Number.isFinite(exp)) return undefined;
    return { issuedMs: iat * 1000, expiresMs: exp * 1000 };
  } catch {
    return undefined;
  }
}
