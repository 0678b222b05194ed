/** Brings a RuleState into the kernel, as a difference or as a whole. */
import type { Clock } from "../../machinery/clock.ts";
import type { Log } from "../contracts.ts";
import { CommandError, type Run } from "../network/run.ts";
import { SERVICES_TABLE } from "../network/tables.ts";
import { type BaseInput, baseChains, CONTAINERS, renderBase } from "./base-rules.ts";
import { isEmptyDelta, renderDelta } from "./rule-set.ts";
import type { RuleState } from "./rule-state.ts";

/** An emptied chain is deleted when nothing can point to it any more; see renderDelta. */
const CHAIN_GRACE_MS = 2000;

/** The kernel names each of n unnamed maps in n steps: 10,000 services with several endpoints take 12 s at once. */
const TRANSACTION_TIMEOUT_MS = 180_000;

interface NftObject {
  chain?: { name: string };
  set?: { name: string };
}

export class NftTable {
  readonly #run: Run;
  readonly #base: BaseInput;
  readonly #log: Log;
  readonly #clock: Clock;
  /** Emptied chain → when it was emptied. */
  readonly #emptied = new Map<string, number>();

  constructor(run: Run, base: BaseInput, log: Log, clock: Clock) {
    this.#run = run;
    this.#base = base;
    this.#log = log;
    this.#clock = clock;
  }

  /** Applies what changed since the last apply. @throws CommandError when the kernel took nothing */
  async apply(state: RuleState): Promise<void> {
    await this.#deleteEmptied();
    const delta = state.delta();
    if (!isEmptyDelta(delta)) await this.#transaction(renderDelta(SERVICES_TABLE, delta));
    state.committed(delta);
    for (const name of delta.chains.removed) this.#emptied.set(name, this.#clock.now());
    for (const name of delta.chains.put.keys()) this.#emptied.delete(name);
  }

  /**
   * Makes the table as it must be, whatever is there. Keeps affinity sets with their clients where it can, so that a
   * restart of the daemon moves nobody.
   */
  async resync(state: RuleState): Promise<void> {
    this.#emptied.clear();
    const names = await this.#existing();
    const fixed = baseChains(this.#base);
    state.assumeInstalled({
      chains: names.chains.filter((name) => !fixed.has(name)),
      sets: names.sets.filter((name) => !(name in CONTAINERS)),
    });
    const delta = state.delta();
    const t = `ip ${SERVICES_TABLE}`;
    const flush = Object.entries(CONTAINERS).map(([name, { kind }]) => `flush ${kind} ${t} ${name}`);
    try {
      await this.#transaction([...renderBase(this.#base), ...flush, ...renderDelta(SERVICES_TABLE, delta)]);
    } catch (error) {
      this.#log.warn("service rules are made from scratch", { error: (error as Error).message });
      state.assumeInstalled({ chains: [], sets: [] });
      const whole = state.delta();
      const reset = [`add table ${t}`, `delete table ${t}`];
      await this.#transaction([...reset, ...renderBase(this.#base), ...renderDelta(SERVICES_TABLE, whole)]);
      state.committed(whole);
      return;
    }
    state.committed(delta);
    for (const name of delta.chains.removed) this.#emptied.set(name, this.#clock.now());
  }

  async exists(): Promise<boolean> {
    try {
      await this.#run("nft", ["list", "chain", "ip", SERVICES_TABLE, "nat-postrouting"]);
      return true;
    } catch (error) {
      if (error instanceof CommandError && error.exitCode !== undefined) return false;
      throw error;
    }
  }

  async #existing(): Promise<{ chains: string[]; sets: string[] }> {
    try {
      const text = await this.#run("nft", ["-j", "-t", "list", "table", "ip", SERVICES_TABLE], {
        timeoutMs: TRANSACTION_TIMEOUT_MS,
      });
      const objects = (JSON.parse(text) as { nftables: NftObject[] }).nftables;
      return {
        chains: objects.flatMap((o) => (o.chain ? [o.chain.name] : [])),
        sets: objects.flatMap((o) => (o.set ? [o.set.name] : [])),
      };
    } catch (error) {
      // No table yet, or an nft without JSON: the transaction finds out.
      if ((error instanceof CommandError && error.exitCode !== undefined) || error instanceof SyntaxError) {
        return { chains: [], sets: [] };
      }
      throw error;
    }
  }

  async #deleteEmptied(): Promise<void> {
    const now = this.#clock.now();
    const due = [...this.#emptied].filter(([, since]) => now - since >= CHAIN_GRACE_MS).map(([name]) => name);
    if (due.length === 0) return;
    try {
      await this.#transaction(due.map((name) => `delete chain ip ${SERVICES_TABLE} ${name}`));
      for (const name of due) this.#emptied.delete(name);
    } catch (error) {
      for (const name of due) this.#emptied.set(name, now);
      this.#log.debug("emptied chains cannot be deleted yet", { error: (error as Error).message });
    }
  }

  async #transaction(lines: readonly string[]): Promise<void> {
    await this.#run("nft", ["-f", "-"], { input: `${lines.join("\n")}\n`, timeoutMs: TRANSACTION_TIMEOUT_MS });
  }
}
