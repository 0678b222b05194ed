/**
 * Makes of a checked tree functions that evaluate it, and count what it costs as cel-go's tracker does: one for each
 * name, field and index, 10 and 30 for making a list and a map, and for functions what they say.
 */
import { type Comprehension, formatIssue, type Node } from "./ast.ts";
import type { Checked } from "./checker.ts";
import { overloadFor } from "./dispatch.ts";
import type { Environment } from "./environment.ts";
import { keyText, lookUp } from "./functions/standard.ts";
import { ACCUMULATOR } from "./macros.ts";
import {
  CelCancelled,
  CelError,
  EntryMap,
  fromJson,
  isList,
  isMap,
  ObjectValue,
  Optional,
  TypeValue,
  toJson,
  typeNameOf,
  type Value,
} from "./values.ts";

/** One evaluation under way. */
export interface Run {
  /** Values of the environment's variables; JSON becomes values when it is looked at. */
  bindings: { readonly [name: string]: unknown };
  /** Variables of folds, by their number. An accumulator may hold the error of a step: it is thrown when it is read. */
  slots: (Value | CelError)[];
  cost: number;
  costLimit: number;
}

export type Evaluate = (run: Run) => Value;

const LIST_COST = 10;
const MAP_COST = 30;
const STRUCT_COST = 40;

function spend(run: Run, cost: number): void {
  run.cost += cost;
  if (run.cost > run.costLimit) throw new CelCancelled("operation cancelled: actual cost limit exceeded");
}

type Slots = ReadonlyMap<string, number>;

export function compileNode(
  node: Node,
  checked: Checked,
  environment: Environment,
): { evaluate: Evaluate; slots: number } {
  const compiler = new Compiler(checked, environment);
  const evaluate = compiler.compile(node, new Map());
  return { evaluate, slots: compiler.slots };
}

class Compiler {
  readonly #checked: Checked;
  readonly #environment: Environment;
  slots = 0;

  constructor(checked: Checked, environment: Environment) {
    this.#checked = checked;
    this.#environment = environment;
  }

  compile(node: Node, scope: Slots): Evaluate {
    switch (node.kind) {
      case "const": {
        const { value } = node;
        return () => value;
      }
      case "ident":
        return this.#ident(node, scope);
      case "select":
        return this.#select(node, scope);
      case "call":
        return this.#call(node, scope);
      case "list":
        return this.#list(node, scope);
      case "map":
        return this.#map(node, scope);
      case "fold":
        return this.#fold(node, scope);
      case "struct":
        return this.#struct(node, scope);
    }
  }

  #struct(node: Extract<Node, { kind: "struct" }>, scope: Slots): Evaluate {
    const type = this.#environment.struct(node.name);
    if (!type) throw new Error(formatIssue({ at: node.at, message: `no type ${node.name}` }, ""));
    const fields = node.fields.map(({ name, value, optional }) => ({
      name: type.field(name)?.jsonName ?? name,
      evaluate: this.compile(value, scope),
      optional,
    }));
    return (run) => {
      spend(run, STRUCT_COST);
      const json: { [field: string]: unknown } = Object.create(null);
      for (const { name, evaluate, optional } of fields) {
        const value = evaluate(run);
        if (!optional || !(value instanceof Optional)) json[name] = toJson(value);
        else if (value.value !== undefined) json[name] = toJson(value.value);
      }
      return new ObjectValue(json, type);
    };
  }

  #ident(node: Extract<Node, { kind: "ident" }>, scope: Slots): Evaluate {
    const slot = scope.get(node.name);
    if (slot === undefined) return this.#named(this.#checked.names.get(node) ?? node.name);
    return (run) => {
      spend(run, 1);
      const value = run.slots[slot]!;
      if (value instanceof CelError) throw value;
      return value;
    };
  }

  #named(name: string): Evaluate {
    const { variables, types } = this.#environment;
    const declared = variables.get(name);
    if (!declared) {
      const type = new TypeValue(types.get(name) ?? { kind: "dyn" }, name);
      return (run) => {
        spend(run, 1);
        return type;
      };
    }
    return (run) => {
      spend(run, 1);
      if (!Object.hasOwn(run.bindings, name)) throw new CelError(`no such attribute(s): ${name}`);
      return fromJson(run.bindings[name], declared);
    };
  }

  #select(node: Extract<Node, { kind: "select" }>, scope: Slots): Evaluate {
    const name = this.#checked.names.get(node);
    if (name !== undefined) return this.#named(name);
    const operand = this.compile(node.operand, scope);
    const { field } = node;
    if (node.testOnly) return (run) => isPresent(operand(run), field);
    return (run) => {
      const value = operand(run);
      spend(run, 1);
      if (value instanceof Optional) return value.value === undefined ? value : optionalAt(value.value, field);
      return fieldOf(value, field);
    };
  }

  #call(node: Extract<Node, { kind: "call" }>, scope: Slots): Evaluate {
    const growing = this.#growing(node, scope);
    if (growing) return growing;
    const namespaced = this.#checked.namespaced.get(node);
    const name = namespaced ?? node.name;
    const operands = node.target && namespaced === undefined ? [node.target, ...node.args] : node.args;
    const args = operands.map((each) => this.compile(each, scope));
    const [first, second, third] = args as [Evaluate, Evaluate, Evaluate];
    switch (name) {
      case "_&&_":
        return logic(first, second, false);
      case "_||_":
        return logic(first, second, true);
      case "_?_:_":
        return (run) => (truthOf(first(run)) ? second(run) : third(run));
      case "@not_strictly_false":
        return (run) => {
          spend(run, 1);
          try {
            return first(run) !== false;
          } catch (error) {
            if (error instanceof CelError) return true;
            throw error;
          }
        };
      case "_?._":
      case "_[?_]":
        return (run) => {
          const container = first(run);
          const key = second(run);
          spend(run, 1);
          if (!(container instanceof Optional)) return optionalAt(container, key);
          return container.value === undefined ? container : optionalAt(container.value, key);
        };
      case "_[_]":
        return (run) => {
          const container = first(run);
          const key = second(run);
          spend(run, 1);
          if (container instanceof Optional) {
            return container.value === undefined ? container : optionalAt(container.value, key);
          }
          return elementOf(container, key);
        };
      default:
        return this.#function(node, { name, args, isMember: operands.length > node.args.length });
    }
  }

  /**
   * A step of a macro that makes a list or a map: what is made belongs to its fold alone, since nobody else can name it,
   * and grows where it is. Copied at each step, 70,000 elements would take half a minute. Undefined for other calls.
   */
  #growing({ name, args: [made, ...more] }: Extract<Node, { kind: "call" }>, scope: Slots): Evaluate | undefined {
    if (made?.kind !== "ident" || made.name !== ACCUMULATOR) return undefined;
    const [added, second] = more;
    const read = this.compile(made, scope);
    if (name === "_+_" && added?.kind === "list") {
      const element = this.compile(added.elements[0]!.value, scope);
      return (run) => {
        const list = read(run) as Value[];
        const value = element(run);
        spend(run, LIST_COST + 1);
        list.push(value);
        return list;
      };
    }
    if (name !== "cel.@mapInsert") return undefined;
    const [first, last] = [this.compile(added!, scope), second && this.compile(second, scope)];
    return (run) => {
      const map = read(run) as EntryMap;
      const key = first(run);
      if (last) map.add(key, last(run));
      else if (isMap(key)) for (const each of key.keys()) map.add(each, key.get(each)!);
      else throw noOverload(name, [map, key]);
      spend(run, 1);
      return map;
    };
  }

  #function(
    node: Node,
    { name, args, isMember }: { name: string; args: readonly Evaluate[]; isMember: boolean },
  ): Evaluate {
    const found = this.#checked.overloads.get(node);
    const candidates =
      found ??
      (this.#environment.functions.get(name) ?? []).filter(
        ({ member, params }) => member === isMember && params.length === args.length,
      );
    const [only] = candidates;
    // Arguments of unknown type are looked at each time.
    const isCertain =
      candidates.length === 1 && only !== undefined && only.params.every(({ kind }) => kind === "param");
    return (run) => {
      const values = args.map((evaluate) => evaluate(run));
      const overload = isCertain ? only : overloadFor(candidates, values);
      if (!overload) throw noOverload(name, values);
      // What is too dear is not begun; only what depends on the result is counted when that is there.
      const cost = overload.cost?.(values) ?? (overload.resultCost ? 0 : 1);
      spend(run, cost);
      const result = overload.call(...values);
      if (overload.resultCost) spend(run, overload.resultCost(result));
      return result;
    };
  }

  #list(node: Extract<Node, { kind: "list" }>, scope: Slots): Evaluate {
    const { elements } = node;
    const constant = elements.length > 0 ? constantOf(node) : undefined;
    if (constant) {
      const { value, cost } = constant;
      return (run) => {
        spend(run, cost);
        return value;
      };
    }
    const parts = elements.map(({ value, optional }) => ({ evaluate: this.compile(value, scope), optional }));
    return (run) => {
      const list: Value[] = [];
      for (const { evaluate, optional } of parts) {
        const value = evaluate(run);
        if (!optional) list.push(value);
        else if (value instanceof Optional && value.value !== undefined) list.push(value.value);
      }
      spend(run, LIST_COST);
      return list;
    };
  }

  #map({ entries }: Extract<Node, { kind: "map" }>, scope: Slots): Evaluate {
    const parts = entries.map(({ key, value, optional }) => ({
      key: this.compile(key, scope),
      value: this.compile(value, scope),
      optional,
    }));
    return (run) => {
      const map = new EntryMap();
      for (const { key, value, optional } of parts) {
        const name = key(run);
        const held = value(run);
        if (!optional) map.add(name, held);
        else if (held instanceof Optional && held.value !== undefined) map.add(name, held.value);
      }
      spend(run, MAP_COST);
      return map;
    };
  }

  #fold(node: Comprehension, scope: Slots): Evaluate {
    const range = this.compile(node.range, scope);
    const init = this.compile(node.init, scope);
    const accumulator = this.slots++;
    const first = this.slots++;
    const second = this.slots++;
    const outer = new Map(scope).set(node.accumulator, accumulator);
    const inner = new Map(outer).set(node.first, first);
    if (node.second !== undefined) inner.set(node.second, second);
    const condition = this.compile(node.condition, inner);
    const step = this.compile(node.step, inner);
    const result = this.compile(node.result, outer);
    const hasTwo = node.second !== undefined;
    const goesOn = isLogical(node);
    return (run) => {
      const slots = run.slots;
      const over = range(run);
      slots[accumulator] = init(run);
      for (const [key, value] of pairsOf(over, hasTwo)) {
        slots[first] = key;
        slots[second] = value;
        if (condition(run) === false) break;
        try {
          slots[accumulator] = step(run);
        } catch (error) {
          if (!goesOn || !(error instanceof CelError)) throw error;
          slots[accumulator] = error;
        }
      }
      return result(run);
    };
  }
}

/** all() and exists() go on after an error: a later element may decide. */
const isLogical = ({ step }: Comprehension): boolean =>
  step.kind === "call" && (step.name === "_&&_" || step.name === "_||_");

/** A list that is always the same is made once: a fold would make as many as its budget buys, however long it is. */
function constantOf(node: Node): { value: Value; cost: number } | undefined {
  if (node.kind === "const") return { value: node.value, cost: 0 };
  if (node.kind !== "list") return undefined;
  let cost = LIST_COST;
  const list: Value[] = [];
  for (const { value, optional } of node.elements) {
    const constant = optional ? undefined : constantOf(value);
    if (!constant) return undefined;
    list.push(constant.value);
    cost += constant.cost;
  }
  return { value: list, cost };
}

function* pairsOf(range: Value, hasTwo: boolean): Iterable<[Value, Value]> {
  if (isList(range)) {
    for (const [i, each] of range.entries()) yield hasTwo ? [BigInt(i), each] : [each, null];
  } else if (isMap(range)) {
    for (const key of range.keys()) yield [key, hasTwo ? range.get(key)! : null];
  } else if (range instanceof ObjectValue) {
    for (const key of Object.keys(range.json)) yield [key, hasTwo ? (range.get(key) ?? null) : null];
  } else throw new CelError(`no such overload: range of ${typeNameOf(range)}`);
}

function truthOf(value: Value): boolean {
  if (typeof value !== "boolean") throw new CelError("no such overload");
  return value;
}

/** What decides decides, on whichever side: an error on the other is forgotten. */
function logic(left: Evaluate, right: Evaluate, deciding: boolean): Evaluate {
  return (run) => {
    let failure: CelError;
    try {
      const value = left(run);
      if (value === deciding) return deciding;
      if (typeof value === "boolean") return truthOf(right(run));
      failure = new CelError("no such overload");
    } catch (error) {
      if (!(error instanceof CelError)) throw error;
      failure = error;
    }
    let value: Value;
    try {
      value = right(run);
    } catch (error) {
      if (!(error instanceof CelError)) throw error;
      throw failure;
    }
    if (value === deciding) return deciding;
    throw failure;
  };
}

function fieldOf(container: Value, field: string): Value {
  const value = lookUp(isSelectable(container), field);
  if (value === undefined) throw new CelError(`no such key: ${field}`);
  return value;
}

function isSelectable(container: Value): Value {
  if (isMap(container) || container instanceof ObjectValue) return container;
  throw new CelError(`no such overload: ${typeNameOf(container)} has no fields`);
}

function elementOf(container: Value, key: Value): Value {
  const value = lookUp(container, key);
  if (value !== undefined) return value;
  throw new CelError(isList(container) ? `index out of bounds: ${keyText(key)}` : `no such key: ${keyText(key)}`);
}

function optionalAt(container: Value, key: Value): Optional {
  const value = lookUp(container, key);
  return value === undefined ? Optional.none : Optional.of(value);
}

function isPresent(container: Value, field: string): boolean {
  if (container instanceof Optional) return container.value !== undefined && isPresent(container.value, field);
  if (container instanceof ObjectValue) return container.has(field);
  return lookUp(isSelectable(container), field) !== undefined;
}

const noOverload = (name: string, values: readonly Value[]): CelError =>
  new CelError(`no such overload: ${name}(${values.map(typeNameOf).join(", ")})`);
