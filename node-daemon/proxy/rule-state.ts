/** What the services want against what the kernel has: gives the difference of what was touched, and only of that. */
import { emptyRuleSet, type RuleSet, type RuleSetDelta } from "./rule-set.ts";

/** Rules that are known to exist with unknown content. */
const UNKNOWN: readonly string[] = ["?"];

export class RuleState {
  readonly #owned = new Map<string, RuleSet>();
  /** Element → verdict of each owner that wants it. */
  readonly #claims = new Map<string, Map<string, string>>();
  /** Elements with more than one claim. */
  readonly #shared = new Set<string>();
  /** All owners' chains and sets; their names carry the owner's, so that no two want the same. */
  readonly #chains = new Map<string, readonly string[]>();
  readonly #sets = new Map<string, string>();
  #installed: RuleSet = emptyRuleSet();
  #touched = { chains: new Set<string>(), sets: new Set<string>(), elements: new Set<string>() };

  /** Elements wanted by two owners with different verdicts, in words; the first owner in order has them. */
  conflicts(): string[] {
    const texts: string[] = [];
    for (const element of this.#shared) {
      const claims = this.#claims.get(element) as Map<string, string>;
      if (new Set(claims.values()).size > 1) {
        texts.push(`${element.replace("\t", " ")} is wanted by ${[...claims.keys()].sort().join(", ")}`);
      }
    }
    return texts.sort();
  }

  /** Sets what `owner` wants; undefined: nothing any more. */
  put(owner: string, rules: RuleSet | undefined): void {
    const before = this.#owned.get(owner);
    if (rules) this.#owned.set(owner, rules);
    else this.#owned.delete(owner);
    for (const side of [before, rules]) {
      for (const name of side?.chains.keys() ?? []) this.#touched.chains.add(name);
      for (const name of side?.sets.keys() ?? []) this.#touched.sets.add(name);
    }
    for (const element of before?.elements.keys() ?? []) {
      if (rules?.elements.has(element)) continue;
      const claims = this.#claims.get(element);
      claims?.delete(owner);
      if (claims?.size === 0) this.#claims.delete(element);
      if (claims && claims.size < 2) this.#shared.delete(element);
      this.#touched.elements.add(element);
    }
    for (const [element, verdict] of rules?.elements ?? []) {
      const claims = this.#claims.get(element);
      if (claims) claims.set(owner, verdict);
      else this.#claims.set(element, new Map([[owner, verdict]]));
      if (claims && claims.size > 1) this.#shared.add(element);
      this.#touched.elements.add(element);
    }
    if (rules) for (const [name, text] of rules.chains) this.#chains.set(name, text);
    for (const name of before?.chains.keys() ?? []) if (!rules?.chains.has(name)) this.#chains.delete(name);
    if (rules) for (const [name, text] of rules.sets) this.#sets.set(name, text);
    for (const name of before?.sets.keys() ?? []) if (!rules?.sets.has(name)) this.#sets.delete(name);
  }

  /** What must change in the kernel. Empty when what was touched is as it was. */
  delta(): RuleSetDelta {
    const delta: RuleSetDelta = {
      chains: { put: new Map(), removed: [], added: [] },
      sets: { put: new Map(), removed: [] },
      elements: { put: new Map(), removed: [], changed: [] },
    };
    for (const name of this.#touched.chains) {
      const want = this.#chains.get(name);
      const have = this.#installed.chains.get(name);
      if (want && !(have && sameLines(want, have))) delta.chains.put.set(name, want);
      if (want && !have) delta.chains.added.push(name);
      if (!want && have) delta.chains.removed.push(name);
    }
    for (const name of this.#touched.sets) {
      const want = this.#sets.get(name);
      const have = this.#installed.sets.has(name);
      if (want !== undefined && !have) delta.sets.put.set(name, want);
      if (want === undefined && have) delta.sets.removed.push(name);
    }
    for (const element of this.#touched.elements) {
      const want = this.#winner(element);
      const have = this.#installed.elements.get(element);
      if (want === have) continue;
      if (want !== undefined) delta.elements.put.set(element, want);
      if (want === undefined) delta.elements.removed.push(element);
      else if (have !== undefined) delta.elements.changed.push(element);
    }
    return delta;
  }

  /** The kernel took this delta. */
  committed(delta: RuleSetDelta): void {
    for (const [name, rules] of delta.chains.put) this.#installed.chains.set(name, rules);
    for (const name of delta.chains.removed) this.#installed.chains.delete(name);
    for (const [name, text] of delta.sets.put) this.#installed.sets.set(name, text);
    for (const name of delta.sets.removed) this.#installed.sets.delete(name);
    for (const [element, verdict] of delta.elements.put) this.#installed.elements.set(element, verdict);
    for (const element of delta.elements.removed) this.#installed.elements.delete(element);
    this.#touched = { chains: new Set(), sets: new Set(), elements: new Set() };
  }

  /** Forgets what the kernel has: chains and sets by these names, their content unknown, and no elements. */
  assumeInstalled(names: { chains: Iterable<string>; sets: Iterable<string> }): void {
    this.#installed = emptyRuleSet();
    for (const name of names.chains) this.#installed.chains.set(name, UNKNOWN);
    for (const name of names.sets) this.#installed.sets.set(name, "");
    this.#touched = {
      chains: new Set([...this.#chains.keys(), ...this.#installed.chains.keys()]),
      sets: new Set([...this.#sets.keys(), ...this.#installed.sets.keys()]),
      elements: new Set(this.#claims.keys()),
    };
  }

  #winner(element: string): string | undefined {
    const claims = this.#claims.get(element);
    if (!claims) return undefined;
    if (claims.size === 1) return claims.values().next().value;
    return claims.get([...claims.keys()].sort()[0] as string);
  }
}

const sameLines = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((line, i) => line === b[i]);
