import type { GatewayHost, GatewaySocket } from "./host.ts";
import { GRACE_MS, planPresence, type SeenNode } from "./presence.ts";

const RETRY_MS = [1_000, 2_000, 5_000, 10_000, 30_000];

/** Keeps the cluster's store informed of who is connected, whatever happens to this object in between. */
export class PresenceKeeper<Socket extends GatewaySocket> {
  readonly #host: GatewayHost<Socket>;
  /** The open tunnel of a node, and since when. */
  readonly #tunnels: () => Map<string, { socket: Socket; sinceMs: number }>;
  readonly #closeSilent: (node: string) => void;
  #justStarted = true;
  #failures = 0;
  #running: Promise<void> | undefined;
  #again = false;

  constructor(options: {
    host: GatewayHost<Socket>;
    tunnels: () => Map<string, { socket: Socket; sinceMs: number }>;
    closeSilent: (node: string) => void;
  }) {
    this.#host = options.host;
    this.#tunnels = options.tunnels;
    this.#closeSilent = options.closeSilent;
  }

  /** Whether a node without a tunnel may be back any moment. */
  maybeReturning(node: string): boolean {
    return this.#host.records.get(node) !== undefined;
  }

  /** The node's last tunnel has closed. */
  lost(node: string): void {
    const record = this.#host.records.get(node);
    if (!record) return;
    this.#host.records.put(node, { ...record, goneAtMs: this.#host.clock.now() + GRACE_MS });
    this.#host.setAlarm(this.#host.clock.now() + GRACE_MS);
  }

  /** Looks at everything and does what is due. One run at a time; a call during a run makes it run once more. */
  check(): Promise<void> {
    this.#again = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #run(): Promise<void> {
    while (this.#again) {
      this.#again = false;
      await this.#once();
    }
  }

  async #once(): Promise<void> {
    const { clock, records } = this.#host;
    const nowMs = clock.now();
    const plan = planPresence(this.#seen(), nowMs, { justStarted: this.#justStarted });
    this.#justStarted = false;
    for (const { name, record } of plan.put) records.put(name, record);
    for (const node of plan.silent) this.#closeSilent(node);
    this.#host.setAlarm(plan.report.length > 0 ? nowMs + RETRY_MS[0]! : plan.nextMs);
    const told = await Promise.all(plan.report.map((report) => this.#report(report, nowMs)));
    if (told.length === 0) return;
    if (told.every((done) => done)) {
      this.#failures = 0;
      this.#again = true;
      return;
    }
    const waitMs = RETRY_MS[Math.min(this.#failures++, RETRY_MS.length - 1)]!;
    this.#host.setAlarm(Math.min(plan.nextMs ?? Number.POSITIVE_INFINITY, clock.now() + waitMs));
  }

  async #report({ name, connected }: { name: string; connected: boolean }, nowMs: number): Promise<boolean> {
    const { records } = this.#host;
    try {
      await this.#host.reportNode(name, connected, nowMs);
    } catch (error) {
      this.#host.log("could not tell the store of a node's connection", {
        node: name,
        connected,
        error: String(error),
      });
      return false;
    }
    // The node may have come or gone while the store was being told: what it is now shows in the next look.
    if (connected) records.put(name, { ...records.get(name), reported: true });
    else if (this.#tunnels().has(name)) records.put(name, { reported: false });
    else records.delete(name);
    return true;
  }

  #seen(): SeenNode[] {
    const tunnels = this.#tunnels();
    const stored = this.#host.records.all();
    return [...new Set([...tunnels.keys(), ...stored.keys()])].map((name) => {
      const tunnel = tunnels.get(name);
      const pingMs = tunnel && this.#host.lastPingMs(tunnel.socket);
      return { name, record: stored.get(name), lastSeenMs: tunnel && Math.max(tunnel.sinceMs, pingMs ?? 0) };
    });
  }
}
