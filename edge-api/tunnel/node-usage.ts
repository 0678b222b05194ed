/** Asks nodes what they use, and remembers it for as long as it holds. */
import type { Clock } from "../../machinery/clock.ts";
import { checkedReport, USAGE_PATH, type UsageReport } from "../../machinery/usage.ts";
import { readLimited } from "../http/body.ts";

/** Nodes measure every 15 seconds. */
const FRESH_MS = 10_000;
/** One that answers later is taken for one that does not. */
const ANSWER_MS = 5_000;
/** Asked at one time. */
const MAX_ASKED = 64;
/** A node of 250 pods says about 100 KB. */
const MAX_REPORT_BYTES = 4 << 20;

export interface NodeUsageOptions {
  /** A GET of a path of a node's kubelet API. */
  ask(node: string, path: string): Promise<Response>;
  clock: Clock;
  report(error: unknown, context: string): void;
}

export class NodeUsage {
  readonly #options: NodeUsageOptions;
  readonly #known = new Map<string, { untilMs: number; report: Promise<UsageReport | undefined> }>();
  #asked = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(options: NodeUsageOptions) {
    this.#options = options;
  }

  /** Undefined when the node does not answer, or has no figures. */
  of(node: string): Promise<UsageReport | undefined> {
    const nowMs = this.#options.clock.now();
    const known = this.#known.get(node);
    if (known && known.untilMs > nowMs) return known.report;
    for (const [name, { untilMs }] of this.#known) if (untilMs <= nowMs) this.#known.delete(name);
    const report = this.#ask(node);
    this.#known.set(node, { untilMs: nowMs + FRESH_MS, report });
    return report;
  }

  async #ask(node: string): Promise<UsageReport | undefined> {
    if (this.#asked >= MAX_ASKED) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#asked++;
    try {
      return await this.#inTime(this.#fetch(node));
    } catch (error) {
      this.#options.report(error, `usage of node ${node}`);
      return undefined;
    } finally {
      this.#asked--;
      this.#waiting.shift()?.();
    }
  }

  async #fetch(node: string): Promise<UsageReport | undefined> {
    const response = await this.#options.ask(node, USAGE_PATH);
    // A node that is away, or that has no figures, is nothing out of the ordinary.
    if (!response.ok || !response.body) {
      await response.body?.cancel();
      return undefined;
    }
    const bytes = await readLimited(response.body, MAX_REPORT_BYTES);
    const report = checkedReport(JSON.parse(new TextDecoder().decode(bytes)));
    if (!report) throw new Error("what it answered is no report");
    return report;
  }

  async #inTime(report: Promise<UsageReport | undefined>): Promise<UsageReport | undefined> {
    let stop = (): void => {};
    const late = new Promise<undefined>((resolve) => {
      stop = this.#options.clock.after(ANSWER_MS, () => resolve(undefined));
    });
    return Promise.race([report, late]).finally(() => stop());
  }
}
