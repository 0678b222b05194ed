/** Service account tokens bound to pods: asked for when needed, renewed at 80% of their life. */
import type { Clock } from "../../machinery/clock.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";
import type { ApiClient } from "../contracts.ts";

const RENEW_AT = 0.8;
/** Long-lived ones are renewed daily all the same. */
const MAX_AGE_MS = 24 * 3_600_000;
const DEFAULT_LIFE_SECONDS = 3600;

export interface TokenWanted {
  pod: { namespace: string; name: string; uid: string };
  serviceAccount: string;
  /** "": that of the API server. */
  audience: string;
  expirationSeconds: number | undefined;
}

interface Issued {
  token: string;
  podUid: string;
  renewAtMs: number;
  expiresAtMs: number;
}

interface TokenRequest extends KubeObject {
  status?: { token: string; expirationTimestamp: string };
}

export class TokenSource {
  readonly #api: ApiClient;
  readonly #clock: Clock;
  readonly #issued = new Map<string, Issued>();

  constructor(api: ApiClient, clock: Clock) {
    this.#api = api;
    this.#clock = clock;
  }

  /**
   * A token with at least a fifth of its life left; an older one while it still holds and no new one can be had.
   *
   * @throws ApiCallError
   */
  async token(wanted: TokenWanted): Promise<string> {
    const { pod, serviceAccount, audience, expirationSeconds = DEFAULT_LIFE_SECONDS } = wanted;
    const key = [pod.uid, serviceAccount, audience, expirationSeconds].join("/");
    const known = this.#issued.get(key);
    const nowMs = this.#clock.now();
    if (known && nowMs < known.renewAtMs) return known.token;
    try {
      const answer = await this.#api.create<TokenRequest>(
        `/api/v1/namespaces/${pod.namespace}/serviceaccounts/${serviceAccount}/token`,
        {
          apiVersion: "authentication.k8s.io/v1",
          kind: "TokenRequest",
          spec: {
            audiences: audience === "" ? [] : [audience],
            expirationSeconds,
            boundObjectRef: { apiVersion: "v1", kind: "Pod", name: pod.name, uid: pod.uid },
          },
        },
      );
      const token = answer.status?.token;
      if (!token) throw new Error("the API server answered a token request without a token");
      const expiresAtMs = Date.parse(answer.status?.expirationTimestamp ?? "") || nowMs + expirationSeconds * 1000;
      const renewAtMs = nowMs + Math.min((expiresAtMs - nowMs) * RENEW_AT, MAX_AGE_MS);
      this.#issued.set(key, { token, podUid: pod.uid, renewAtMs, expiresAtMs });
      return token;
    } catch (error) {
      if (known && nowMs < known.expiresAtMs) return known.token;
      throw error;
    }
  }

  /** uids of pods with a token that is due for renewal. */
  due(): Set<string> {
    const nowMs = this.#clock.now();
    const pods = new Set<string>();
    for (const { podUid, renewAtMs } of this.#issued.values()) if (nowMs >= renewAtMs) pods.add(podUid);
    return pods;
  }

  forget(podUid: string): void {
    for (const [key, issued] of this.#issued) if (issued.podUid === podUid) this.#issued.delete(key);
  }
}
