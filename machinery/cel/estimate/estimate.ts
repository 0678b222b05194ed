/**
 * What an evaluation of an expression costs at least and at most, before anything is evaluated: from the sizes its
 * literals have and those its input can have. Follows cel-go's checker/cost.go rule by rule, in its units.
 */
import type { Comprehension, Node } from "../ast.ts";
import type { Checked } from "../checker.ts";
import { codePoints } from "../functions/cost.ts";
import { ACCUMULATOR } from "../macros.ts";
import type { CelType } from "../types.ts";
import { type CallCost, eitherSize, estimateCall, type Operand } from "./calls.ts";
import { INDICES, ITEMS, KEYS, type SizeOf, VALUES } from "./declared-sizes.ts";
import { fixed, NOTHING, ONE, plus, type Range, scaled, sum, times, UNKNOWN, union } from "./range.ts";

const LIST = fixed(10);
const MAP = fixed(30);
const STRUCT = fixed(40);

export const estimateCost = (node: Node, checked: Checked, sizeOf: SizeOf): Range =>
  new Estimator(checked, sizeOf).cost(node);

/** How large keys or indexes, and values or elements, of a container are. */
interface EntrySizes {
  kind: "list" | "map";
  key: Range;
  value: Range;
}

/** A variable of a fold, or a name given to a value. */
interface Local {
  path: readonly string[];
  size: Range | undefined;
  entries: EntrySizes | undefined;
}

const NO_PATH: readonly string[] = [];

class Estimator {
  readonly #checked: Checked;
  readonly #sizeOf: SizeOf;
  readonly #paths = new Map<Node, readonly string[]>();
  readonly #sizes = new Map<Node, Range>();
  readonly #entries = new Map<Node, EntrySizes>();
  readonly #locals = new Map<string, Local[]>();

  constructor(checked: Checked, sizeOf: SizeOf) {
    this.#checked = checked;
    this.#sizeOf = sizeOf;
  }

  cost(node: Node): Range {
    switch (node.kind) {
      case "const":
        return NOTHING;
      case "ident":
        return this.#name(node, node.name);
      case "select":
        return this.#select(node);
      case "call":
        return this.#call(node);
      case "list":
        return this.#list(node);
      case "map":
        return this.#map(node);
      case "struct":
        return plus(sum(node.fields.map(({ value }) => this.cost(value))), STRUCT);
      case "fold":
        return isBinding(node) ? this.#binding(node) : this.#fold(node);
    }
  }

  #name(node: Node, name: string): Range {
    this.#paths.set(node, this.#local(name)?.path ?? [this.#checked.names.get(node) ?? name]);
    return ONE;
  }

  #select(node: Extract<Node, { kind: "select" }>): Range {
    const whole = this.#checked.names.get(node);
    if (whole !== undefined) return this.#name(node, whole);
    const operand = this.cost(node.operand);
    // To ask whether a field is there costs nothing more: Kubernetes has it so.
    if (node.testOnly) return operand;
    this.#paths.set(node, [...this.#pathOf(node.operand), node.field]);
    const { kind } = this.#checked.typeOf(node.operand);
    return kind === "map" || kind === "object" ? plus(operand, ONE) : operand;
  }

  #call(node: Extract<Node, { kind: "call" }>): Range {
    const namespaced = this.#checked.namespaced.get(node);
    const name = namespaced ?? node.name.replace(/^\./, "");
    if (name === "dyn" && node.args.length === 1) return this.#passedOn(node, node.args[0]!);
    const costs = node.args.map((argument) => this.cost(argument));
    const args = node.args.map((argument) => this.#operand(argument));
    const receiver = namespaced === undefined ? node.target : undefined;
    const ofReceiver = receiver ? this.cost(receiver) : NOTHING;
    const target = receiver && this.#operand(receiver);
    if (name === "_?_:_") return this.#choice(node, costs);
    if (name === "_&&_" || name === "_||_") {
      const [left, right] = costs as [Range, Range];
      this.#keep(node, this.#size(node));
      return { min: left.min, max: plus(left, right).max };
    }
    let of: CallCost | undefined;
    for (const overload of this.#checked.overloads.get(node) ?? [undefined]) {
      const one = estimateCall(name, { overload, target, args });
      const sizes = [of?.resultSize, one.resultSize].filter((size) => size !== undefined);
      const resultSize = this.#indexed(node, name, overload?.params[0]) ?? (sizes.length > 0 && sizes.reduce(union));
      of = { cost: of ? union(of.cost, one.cost) : one.cost, ...(resultSize && { resultSize }) };
    }
    if (name === "_+_") this.#joinEntries(node, node.args[0]!, node.args[1]!);
    this.#keep(node, of?.resultSize ?? this.#size(node));
    return plus(plus(ofReceiver, sum(costs)), of?.cost ?? NOTHING);
  }

  /** Notes where an index leads; the size of what stands there, where it is known from how the container was made. */
  #indexed(node: Extract<Node, { kind: "call" }>, name: string, container: CelType | undefined): Range | undefined {
    const [from] = node.args;
    if (name !== "_[_]" || !from || (container?.kind !== "list" && container?.kind !== "map")) return undefined;
    this.#paths.set(node, [...this.#pathOf(from), container.kind === "list" ? ITEMS : VALUES]);
    return this.#entriesOf(from)?.value;
  }

  #passedOn(node: Node, argument: Node): Range {
    const cost = this.cost(argument);
    this.#copy(node, argument);
    return plus(cost, ONE);
  }

  #choice(node: Extract<Node, { kind: "call" }>, costs: readonly Range[]): Range {
    const [condition, yes, no] = costs as [Range, Range, Range];
    const [, a, b] = node.args as [Node, Node, Node];
    this.#joinEntries(node, a, b);
    this.#keep(node, eitherSize(this.#size(a), this.#size(b)));
    return plus(condition, union(yes, no));
  }

  #joinEntries(node: Node, a: Node, b: Node): void {
    const [first, second] = [this.#entriesOf(a), this.#entriesOf(b)];
    if (!first || !second) return;
    const { kind } = first;
    this.#entries.set(node, { kind, key: union(first.key, second.key), value: union(first.value, second.value) });
  }

  #list(node: Extract<Node, { kind: "list" }>): Range {
    const cost = sum(node.elements.map(({ value }) => this.cost(value)));
    const value = this.#common(node.elements.map((element) => element.value));
    this.#entries.set(node, { kind: "list", key: ONE, value });
    return plus(cost, LIST);
  }

  #map(node: Extract<Node, { kind: "map" }>): Range {
    const cost = sum(node.entries.flatMap(({ key, value }) => [this.cost(key), this.cost(value)]));
    const key = this.#common(node.entries.map((entry) => entry.key));
    const value = this.#common(node.entries.map((entry) => entry.value));
    this.#entries.set(node, { kind: "map", key, value });
    return plus(cost, MAP);
  }

  /** From the smallest to the largest of them. */
  #common(nodes: readonly Node[]): Range {
    const sizes = nodes.map((node) => this.#size(node) ?? UNKNOWN);
    return sizes.length > 0 ? sizes.reduce(union) : NOTHING;
  }

  #fold(node: Comprehension): Range {
    const before = plus(this.cost(node.range), this.cost(node.init));
    this.#push(node.accumulator, this.#localOf(node.init));
    this.#pushVariables(node);
    const step = plus(this.cost(node.condition), this.cost(node.step));
    this.#pop(node.first);
    if (node.second !== undefined) this.#pop(node.second);
    const result = this.cost(node.result);
    this.#pop(node.accumulator);
    const count = this.#size(node.range) ?? UNKNOWN;
    if (node.init.kind === "const") this.#keep(node, this.#size(node.init));
    else if (node.init.kind === "list" || node.init.kind === "map") {
      this.#keep(node, count);
      const entries = this.#entriesOf(node.step);
      if (entries) this.#entries.set(node, entries);
    }
    return plus(plus(before, result), scaled(times(count, step), 1));
  }

  #pushVariables({ range, first, second }: Comprehension): void {
    const entries = this.#entriesOf(range);
    const path = this.#pathOf(range);
    const isList = (entries?.kind ?? this.#checked.typeOf(range).kind) === "list";
    const key: Local = { path: [...path, isList ? INDICES : KEYS], size: entries?.key, entries: undefined };
    const value: Local = { path: [...path, isList ? ITEMS : VALUES], size: entries?.value, entries: undefined };
    this.#push(first, second === undefined && isList ? value : key);
    if (second !== undefined) this.#push(second, value);
  }

  /** A value that is given a name. */
  #binding({ range, init, accumulator, result, ...node }: Comprehension): Range {
    const before = plus(this.cost(range), this.cost(init));
    this.#push(accumulator, this.#localOf(init));
    const cost = plus(before, this.cost(result));
    this.#copy(node as Node, result);
    this.#pop(accumulator);
    return cost;
  }

  #localOf(node: Node): Local {
    return { path: this.#pathOf(node), size: this.#size(node), entries: this.#entriesOf(node) };
  }

  #push(name: string, local: Local): void {
    const known = this.#locals.get(name);
    if (known) known.push(local);
    else this.#locals.set(name, [local]);
  }

  #pop(name: string): void {
    this.#locals.get(name)?.pop();
  }

  #local(name: string): Local | undefined {
    return this.#locals.get(name)?.at(-1);
  }

  #operand(node: Node): Operand {
    const type = this.#checked.typeOf(node);
    const path = this.#pathOf(node);
    return {
      node,
      type,
      size: this.#size(node),
      itemSize: () => (path.length > 0 ? this.#sizeOf([...path, ITEMS]) : undefined) ?? UNKNOWN,
    };
  }

  #pathOf(node: Node): readonly string[] {
    const local = node.kind === "ident" ? this.#local(node.name) : undefined;
    return local?.path ?? this.#paths.get(node) ?? NO_PATH;
  }

  #keep(node: Node, size: Range | undefined): void {
    if (size) this.#sizes.set(node, size);
  }

  #copy(to: Node, from: Node): void {
    this.#keep(to, this.#size(from));
    const entries = this.#entriesOf(from);
    if (entries) this.#entries.set(to, entries);
  }

  #size(node: Node): Range | undefined {
    const known = this.#sizes.get(node) ?? literalSize(node);
    if (known) return known;
    const path = this.#pathOf(node);
    const declared = path.length > 0 ? this.#sizeOf(path) : undefined;
    if (declared) {
      this.#sizes.set(node, declared);
      return declared;
    }
    if (isScalar(this.#checked.typeOf(node))) return ONE;
    return node.kind === "ident" ? this.#local(node.name)?.size : undefined;
  }

  #entriesOf(node: Node): EntrySizes | undefined {
    const local = node.kind === "ident" ? this.#local(node.name) : undefined;
    return this.#entries.get(node) ?? local?.entries;
  }
}

/** As `cel.bind` becomes: nothing to walk over, and nothing a macro for walking would make. */
const isBinding = ({ range, condition, accumulator }: Comprehension): boolean =>
  range.kind === "list" &&
  range.elements.length === 0 &&
  condition.kind === "const" &&
  condition.value === false &&
  accumulator !== ACCUMULATOR;

function literalSize(node: Node): Range | undefined {
  switch (node.kind) {
    case "const": {
      const { value } = node;
      if (typeof value === "string") return fixed(codePoints(value));
      return fixed(value instanceof Uint8Array ? value.length : 1);
    }
    case "list":
      return fixed(node.elements.length);
    case "map":
      return fixed(node.entries.length);
    default:
      return undefined;
  }
}

function isScalar(type: CelType): boolean {
  switch (type.kind) {
    case "bool":
    case "double":
    case "duration":
    case "int":
    case "timestamp":
    case "uint":
      return true;
    case "optional":
      return isScalar(type.value);
    default:
      return false;
  }
}
