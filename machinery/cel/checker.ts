/** Finds out the type of every expression, and what is wrong with it, in cel-go's words. */
import type { Comprehension, Issue, Node } from "./ast.ts";
import type { Environment } from "./environment.ts";
import type { Overload } from "./functions/function.ts";
import {
  BOOL,
  type CelType,
  DYN,
  ERROR,
  formatType,
  INT,
  isAssignable,
  join,
  listOf,
  mapOf,
  optionalOf,
  type Substitution,
  substitute,
  typeOf,
} from "./types.ts";

/** What the checker has found out, for the evaluator. */
export interface Checked {
  type: CelType;
  issues: Issue[];
  /** Overloads that come into question for a call, as far as types tell. */
  overloads: ReadonlyMap<Node, readonly Overload[]>;
  /** Idents and selects that are names as a whole: `a.b.c` of a variable or a type with such a name. */
  names: ReadonlyMap<Node, string>;
  /** Calls of functions in a namespace: `sets.contains(a, b)`. */
  namespaced: ReadonlyMap<Node, string>;
  typeOf(node: Node): CelType;
}

type Scope = ReadonlyMap<string, CelType>;

export function check(node: Node, environment: Environment): Checked {
  return new Checker(environment).check(node);
}

/** The dotted name of a chain of selects on an ident. */
function qualifiedName(node: Node): string | undefined {
  if (node.kind === "ident") return node.name;
  if (node.kind !== "select" || node.testOnly) return undefined;
  const operand = qualifiedName(node.operand);
  return operand === undefined ? undefined : `${operand}.${node.field}`;
}

const rootOf = (name: string): string => name.split(".", 1)[0]!;

class Checker {
  readonly #environment: Environment;
  readonly #known: Substitution = new Map();
  readonly #issues: Issue[] = [];
  readonly #overloads = new Map<Node, readonly Overload[]>();
  readonly #names = new Map<Node, string>();
  readonly #namespaced = new Map<Node, string>();
  /** By node, as far as it was known when the node was looked at. */
  readonly #found = new Map<Node, CelType>();
  #fresh = 0;

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  check(node: Node): Checked {
    const type = substitute(this.#type(node, new Map()), this.#known, true);
    return {
      type,
      issues: this.#issues.sort((a, b) => a.at - b.at),
      overloads: this.#overloads,
      names: this.#names,
      namespaced: this.#namespaced,
      typeOf: (each) => substitute(this.#found.get(each) ?? DYN, this.#known, true),
    };
  }

  #fail(at: number, message: string): CelType {
    this.#issues.push({ at, message });
    return ERROR;
  }

  #show(type: CelType): string {
    return formatType(substitute(type, this.#known, true));
  }

  #type(node: Node, scope: Scope): CelType {
    const type = this.#find(node, scope);
    this.#found.set(node, type);
    return type;
  }

  #find(node: Node, scope: Scope): CelType {
    switch (node.kind) {
      case "const":
        return node.type;
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
      case "struct":
        return this.#struct(node, scope);
      case "fold":
        return this.#fold(node, scope);
    }
  }

  #ident(node: Extract<Node, { kind: "ident" }>, scope: Scope): CelType {
    const local = scope.get(node.name);
    if (local) return local;
    const named = this.#named(node.name);
    if (!named) return this.#fail(node.at, `undeclared reference to '${node.name}' (in container '')`);
    this.#names.set(node, node.name.replace(/^\./, ""));
    return named;
  }

  /** The type of a variable of the environment, or of a type's name. */
  #named(dotted: string): CelType | undefined {
    const name = dotted.replace(/^\./, "");
    const variable = this.#environment.variables.get(name);
    if (variable) return variable;
    const type = this.#environment.types.get(name);
    return type && typeOf(type);
  }

  #select(node: Extract<Node, { kind: "select" }>, scope: Scope): CelType {
    const whole = node.testOnly ? undefined : qualifiedName(node);
    if (whole !== undefined && !scope.has(rootOf(whole))) {
      const named = this.#named(whole);
      if (named) {
        this.#names.set(node, whole.replace(/^\./, ""));
        return named;
      }
    }
    const operand = substitute(this.#type(node.operand, scope), this.#known);
    const result = this.#field(operand, node.field, node.at);
    return node.testOnly && result.kind !== "error" ? BOOL : result;
  }

  #field(operand: CelType, field: string, at: number): CelType {
    switch (operand.kind) {
      case "error":
        return ERROR;
      case "dyn":
      case "param":
        return DYN;
      case "map":
        return operand.value;
      case "optional": {
        const inner = this.#field(operand.value, field, at);
        return inner.kind === "error" ? inner : optionalOf(inner);
      }
      case "object":
        return operand.field(field)?.type ?? this.#fail(at, `undefined field '${field}'`);
      default:
        return this.#fail(at, `type '${formatType(operand)}' does not support field selection`);
    }
  }

  #call(node: Extract<Node, { kind: "call" }>, scope: Scope): CelType {
    const { target, args, name } = node;
    const prefix = target && qualifiedName(target);
    if (prefix !== undefined && !scope.has(rootOf(prefix)) && this.#environment.functions.has(`${prefix}.${name}`)) {
      this.#namespaced.set(node, `${prefix}.${name}`);
      return this.#apply(node, { name: `${prefix}.${name}`, member: false, types: this.#types(args, scope) });
    }
    if (name === "_?._" || name === "_[?_]" || name === "_?_:_") return this.#special(node, scope);
    if (name === "_[_]") {
      const type = substitute(this.#type(args[0]!, scope), this.#known);
      if (type.kind === "optional") return this.#special({ ...node, name: "_[?_]" }, scope);
      return this.#apply(node, { name, member: false, types: [type, this.#type(args[1]!, scope)] });
    }
    const receiver = target ? [this.#type(target, scope)] : [];
    const types = [...receiver, ...this.#types(args, scope)];
    if (!this.#environment.functions.has(name.replace(/^\./, "")))
      return this.#fail(node.at, `undeclared reference to '${name}' (in container '')`);
    return this.#apply(node, { name: name.replace(/^\./, ""), member: target !== undefined, types });
  }

  #types(nodes: readonly Node[], scope: Scope): CelType[] {
    return nodes.map((node) => this.#type(node, scope));
  }

  /** Operators whose types no overload can tell. */
  #special({ name, args, at }: Extract<Node, { kind: "call" }>, scope: Scope): CelType {
    const [first, second, third] = args as [Node, Node, Node];
    const type = substitute(this.#type(first, scope), this.#known);
    if (name === "_?_:_") {
      this.#expect(BOOL, type, first.at);
      const yes = this.#type(second, scope);
      const no = this.#type(third, scope);
      if (isAssignable(yes, no, this.#known)) return yes.kind === "null" ? no : yes;
      const types = [type, yes, no].map((each) => this.#show(each)).join(", ");
      return this.#fail(at, `found no matching overload for '_?_:_' applied to '(${types})'`);
    }
    const base = type.kind === "optional" ? type.value : type;
    if (name === "_?._") {
      const inner = this.#field(base, (second as { value?: string }).value ?? "", at);
      return inner.kind === "error" ? inner : optionalOf(inner);
    }
    const key = this.#type(second, scope);
    if (base.kind === "dyn" || base.kind === "error" || base.kind === "param") return optionalOf(DYN);
    if (base.kind === "list" && isAssignable(INT, key, this.#known)) return optionalOf(base.element);
    if (base.kind === "map" && isAssignable(base.key, key, this.#known)) return optionalOf(base.value);
    const types = [type, key].map((each) => this.#show(each)).join(", ");
    return this.#fail(at, `found no matching overload for '_[?_]' applied to '(${types})'`);
  }

  #apply(
    node: Extract<Node, { kind: "call" }>,
    { name, member, types }: { name: string; member: boolean; types: readonly CelType[] },
  ): CelType {
    const fitting: Overload[] = [];
    let result: CelType | undefined;
    const before = new Map(this.#known);
    for (const overload of this.#environment.functions.get(name) ?? []) {
      if (overload.member !== member || overload.params.length !== types.length) continue;
      const trial = new Map(before);
      const rename = this.#renaming();
      if (!overload.params.every((param, i) => isAssignable(rename(param), types[i]!, trial))) continue;
      fitting.push(overload);
      const type = substitute(rename(overload.result), trial);
      if (fitting.length === 1) {
        for (const [variable, bound] of trial) this.#known.set(variable, bound);
        result = type;
      } else if (formatType(substitute(type, trial, true)) !== this.#show(result!)) result = DYN;
    }
    if (!result) return this.#unmatched(node, { name, member, types });
    this.#overloads.set(node, fitting);
    return result;
  }

  #unmatched(
    { at }: Node,
    { name, member, types }: { name: string; member: boolean; types: readonly CelType[] },
  ): CelType {
    if (types.some(({ kind }) => kind === "error")) return ERROR;
    const shown = types.map((type) => this.#show(type));
    const form = member ? `${shown[0]}.(${shown.slice(1).join(", ")})` : `(${shown.join(", ")})`;
    return this.#fail(at, `found no matching overload for '${name}' applied to '${form}'`);
  }

  /** Type variables of a declaration are new ones in every call. */
  #renaming(): (type: CelType) => CelType {
    const suffix = `#${this.#fresh++}`;
    const rename = (type: CelType): CelType => {
      switch (type.kind) {
        case "param":
          return { kind: "param", name: type.name + suffix };
        case "list":
          return listOf(rename(type.element));
        case "map":
          return mapOf(rename(type.key), rename(type.value));
        case "optional":
          return optionalOf(rename(type.value));
        case "type":
          return typeOf(rename(type.of));
        default:
          return type;
      }
    };
    return rename;
  }

  #expect(wanted: CelType, found: CelType, at: number): void {
    if (isAssignable(wanted, found, this.#known)) return;
    this.#fail(at, `expected type '${this.#show(wanted)}' but found '${this.#show(found)}'`);
  }

  /** Elements must be of one type: Kubernetes' environments are strict about it. */
  #common(types: readonly { type: CelType; at: number }[]): CelType | undefined {
    let common: CelType | undefined;
    for (const { type, at } of types) {
      if (common === undefined) common = type;
      else if (isAssignable(common, type, this.#known)) common = common.kind === "null" ? type : common;
      else if (this.#environment.mixedLiterals) common = join(common, type, this.#known);
      else this.#expect(common, type, at);
    }
    return common;
  }

  #list(node: Extract<Node, { kind: "list" }>, scope: Scope): CelType {
    const types = node.elements.map(({ value, optional }) => this.#unwrapped(value, optional, scope));
    return listOf(this.#common(types) ?? { kind: "param", name: `E#${this.#fresh++}` });
  }

  #map(node: Extract<Node, { kind: "map" }>, scope: Scope): CelType {
    const keys = node.entries.map(({ key }) => ({ type: this.#type(key, scope), at: key.at }));
    const values = node.entries.map(({ value, optional }) => this.#unwrapped(value, optional, scope));
    const key = this.#common(keys) ?? { kind: "param", name: `K#${this.#fresh++}` };
    return mapOf(key, this.#common(values) ?? { kind: "param", name: `V#${this.#fresh++}` });
  }

  #struct(node: Extract<Node, { kind: "struct" }>, scope: Scope): CelType {
    const type = this.#environment.struct(node.name);
    if (!type) return this.#fail(node.at, `undeclared reference to '${node.name}' (in container '')`);
    for (const { name, value, optional } of node.fields) {
      const given = this.#unwrapped(value, optional, scope);
      const field = type.field(name);
      if (!field) this.#fail(given.at, `undefined field '${name}'`);
      else if (!isAssignable(field.type, given.type, this.#known)) {
        const types = `expected type of field '${name}' is '${this.#show(field.type)}' but provided type is '${this.#show(given.type)}'`;
        this.#fail(given.at, types);
      }
    }
    return type;
  }

  #unwrapped(node: Node, optional: boolean, scope: Scope): { type: CelType; at: number } {
    const type = this.#type(node, scope);
    if (!optional) return { type, at: node.at };
    const value: CelType = { kind: "param", name: `O#${this.#fresh++}` };
    this.#expect(optionalOf(value), type, node.at);
    return { type: substitute(value, this.#known), at: node.at };
  }

  #fold(node: Comprehension, scope: Scope): CelType {
    const range = substitute(this.#type(node.range, scope), this.#known);
    const accumulator = this.#type(node.init, scope);
    const inner = new Map(scope);
    if (node.accumulator !== "@result") inner.delete(node.accumulator);
    inner.set(node.accumulator, accumulator);
    const [first, second] = this.#variables(node, range);
    const steps = new Map(inner).set(node.first, first);
    if (node.second !== undefined) steps.set(node.second, second);
    this.#expect(BOOL, this.#type(node.condition, steps), node.condition.at);
    this.#expect(accumulator, this.#type(node.step, steps), node.step.at);
    return this.#type(node.result, inner);
  }

  #variables({ second, range: { at } }: Comprehension, range: CelType): [CelType, CelType] {
    switch (range.kind) {
      case "list":
        return second === undefined ? [range.element, DYN] : [INT, range.element];
      case "map":
        return [range.key, range.value];
      case "dyn":
      case "error":
        return [DYN, DYN];
      case "param":
        isAssignable(range, DYN, this.#known);
        return [DYN, DYN];
      default: {
        const message = `expression of type '${formatType(range)}' cannot be range of a comprehension (must be list, map, or dynamic)`;
        return [this.#fail(at, message), ERROR];
      }
    }
  }
}
