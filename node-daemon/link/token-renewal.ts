import type { Clock } from "../../machinery/clock.ts";
import type { Log } from "../contracts.ts";
import { type Credentials, tokenLife } from "./credentials.ts";
import type { HttpClient } from "./http-client.ts";

const RETRY_MS = 60_000;
/** setTimeout's limit is 24.8 days. */
const LONGEST_WAIT_MS = 86_400_000;

/** When to renew: at two thirds of the token's life. Pure. */
export const renewalDelayMs = (life: { issuedMs: number; expiresMs: number }, nowMs: number): number =>
  Math.max(0, life.issuedMs + ((life.expiresMs - life.issuedMs) * 2) / 3 - nowMs);

/** Replaces the node's token before it ends. */
export class TokenRenewal {
  readonly #options: { http: HttpClient; credentials: Credentials; nodeName: string; clock: Clock; log: Log };
  #cancel: () => void = () => {};
  #stopped = false;

  constructor(options: { http: HttpClient; credentials: Credentials; nodeName: string; clock: Clock; log: Log }) {
    this.#options = options;
  }

  start(): void {
    void this.#plan();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  async #plan(): Promise<void> {
    const { credentials, clock, log } = this.#options;
    let waitMs = RETRY_MS;
    try {
      const life = tokenLife(await credentials.token());
      // A token without an end, such as an operator's own, is left as it is.
      if (!life) return;
      waitMs = renewalDelayMs(life, clock.now());
      if (waitMs === 0) {
        await this.#renew();
        waitMs = RETRY_MS;
      }
    } catch (error) {
      log.warn("could not renew the node's token", { error: String(error) });
    }
    if (!this.#stopped) this.#cancel = clock.after(Math.min(waitMs, LONGEST_WAIT_MS), () => void this.#plan());
  }

  async #renew(): Promise<void> {
    const { http, credentials, nodeName, log } = this.#options;
    const answer = await http.json("POST", `/kedge/v1/nodes/${nodeName}/token`, {});
    const { token } = answer as { token?: unknown };
    if (typeof token !== "string") throw new Error("the edge's answer holds no token");
    await credentials.store(token);
    log.info("renewed the node's token");
  }
}
