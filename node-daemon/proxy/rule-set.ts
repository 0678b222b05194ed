/** Rules as data: what stands in the table, and the transaction that turns one state into another. */

/**
 * Named chains with their rules, sets with their declarations, and elements of the fixed maps and sets. All names are
 * of the one table.
 */
export interface RuleSet {
  /** Chain → rules, in order. */
  chains: Map<string, readonly string[]>;
  /** Set → what stands between the braces of its declaration. */
  sets: Map<string, string>;
  /** elementKey() → verdict of a map's element; "" in a set. */
  elements: Map<string, string>;
}

export const emptyRuleSet = (): RuleSet => ({ chains: new Map(), sets: new Map(), elements: new Map() });

/** `container` is the map or set; `key` as nft writes it: "10.96.0.10 . udp . 53". */
export const elementKey = (container: string, key: string): string => `${container}\t${key}`;

/** Names and values that differ between two maps. */
export interface Delta<V> {
  put: Map<string, V>;
  removed: string[];
}

export interface RuleSetDelta {
  chains: Delta<readonly string[]> & { added: string[] };
  sets: Delta<string>;
  elements: Delta<string> & { changed: string[] };
}

/** How many elements go into one statement; nft's parser is linear, long lines only cost memory. */
const ELEMENTS_PER_STATEMENT = 1000;

/**
 * Lines of one nft transaction. Pure. Chains that are gone are emptied here and must be deleted later: kernels before
 * 6.2 take a moment to notice that the last map element that pointed to a chain went away.
 */
export function renderDelta(table: string, delta: RuleSetDelta): string[] {
  const lines: string[] = [];
  const t = `ip ${table}`;
  for (const [name, declaration] of delta.sets.put) lines.push(`add set ${t} ${name} { ${declaration} }`);
  for (const name of delta.chains.added) lines.push(`add chain ${t} ${name}`);
  const fresh = new Set(delta.chains.added);
  for (const name of [...delta.chains.put.keys(), ...delta.chains.removed]) {
    if (!fresh.has(name)) lines.push(`flush chain ${t} ${name}`);
  }
  for (const [name, rules] of delta.chains.put) for (const rule of rules) lines.push(`add rule ${t} ${name} ${rule}`);
  const gone = [...delta.elements.removed, ...delta.elements.changed];
  for (const [container, keys] of byContainer(gone)) {
    for (const some of chunks(keys)) lines.push(`delete element ${t} ${container} { ${some.join(", ")} }`);
  }
  for (const [container, keys] of byContainer(delta.elements.put.keys())) {
    const texts = keys.map((key) => {
      const verdict = delta.elements.put.get(elementKey(container, key));
      return verdict ? `${key} : ${verdict}` : key;
    });
    for (const some of chunks(texts)) lines.push(`add element ${t} ${container} { ${some.join(", ")} }`);
  }
  for (const name of delta.sets.removed) lines.push(`delete set ${t} ${name}`);
  return lines;
}

export const isEmptyDelta = ({ chains, sets, elements }: RuleSetDelta): boolean =>
  [chains, sets, elements].every((d) => d.put.size === 0 && d.removed.length === 0);

function byContainer(keys: Iterable<string>): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const key of keys) {
    const tab = key.indexOf("\t");
    const container = key.slice(0, tab);
    const group = groups.get(container);
    if (group) group.push(key.slice(tab + 1));
    else groups.set(container, [key.slice(tab + 1)]);
  }
  return groups;
}

function chunks(list: string[]): string[][] {
  const result: string[][] = [];
  for (let i = 0; i < list.length; i += ELEMENTS_PER_STATEMENT) result.push(list.slice(i, i + ELEMENTS_PER_STATEMENT));
  return result;
}
