/** Text → syntax tree. Source: https://github.com/google/cel-spec/blob/master/doc/langdef.md#syntax */
import { CelSyntaxError, type Node, type SourceLimits } from "./ast.ts";
import { type Token, tokenize } from "./lexer.ts";
import { expandBind, expandMacro } from "./macros.ts";
import { BOOL, BYTES, DOUBLE, INT, NULL, STRING, UINT } from "./types.ts";
import { MAX_INT, MAX_UINT, Uint } from "./values.ts";

export const DEFAULT_SOURCE_LIMITS: SourceLimits = { sourceLength: 100_000, depth: 200 };

/** Levels of a tree: cel-go's balanced chains of && and || need fewer, no sensible expression needs as many. */
const MAX_HEIGHT = 1_000;

/** Levels that a macro puts around its arguments, at most. */
const MACRO_HEIGHT = 5;

const RESERVED = new Set([
  ...["as", "break", "const", "continue", "else", "for", "function", "if", "import"],
  ...["let", "loop", "package", "namespace", "return", "var", "void", "while"],
]);
/** Words with a meaning of their own, besides those reserved. */
const WORDS = new Set(["true", "false", "null", "in"]);

/** Whether an expression can name a variable so. */
export const isIdentifier = (text: string): boolean =>
  /^[_a-zA-Z][_a-zA-Z0-9]*$/.test(text) && !RESERVED.has(text) && !WORDS.has(text);

const RELATIONS: ReadonlyMap<string, string> = new Map([
  ["<", "_<_"],
  ["<=", "_<=_"],
  [">", "_>_"],
  [">=", "_>=_"],
  ["==", "_==_"],
  ["!=", "_!=_"],
  ["in", "@in"],
]);
/** What an expression can begin with, as ANTLR lists it. */
const STARTS =
  "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}";

const SUMS: ReadonlyMap<string, string> = new Map([
  ["+", "_+_"],
  ["-", "_-_"],
]);
const PRODUCTS: ReadonlyMap<string, string> = new Map([
  ["*", "_*_"],
  ["/", "_/_"],
  ["%", "_%_"],
]);

export interface ParseOptions {
  hasBind?: boolean;
  limits?: SourceLimits;
}

/** @throws CelSyntaxError */
export function parse(source: string, options: ParseOptions = {}): Node {
  const { limits = DEFAULT_SOURCE_LIMITS, hasBind = false } = options;
  if (source.length > limits.sourceLength) {
    const message = `expression code point size exceeds limit: size: ${source.length}, limit ${limits.sourceLength}`;
    throw new CelSyntaxError(message, 0);
  }
  return new Parser(tokenize(source), { limits, hasBind }).parse();
}

class Parser {
  readonly #tokens: Token[];
  readonly #limits: SourceLimits;
  readonly #hasBind: boolean;
  /** Of the trees of nodes, as far as they are higher than a leaf. */
  readonly #heights = new WeakMap<Node, number>();
  #next = 0;
  #depth = 0;

  constructor(tokens: Token[], { limits, hasBind }: { limits: SourceLimits; hasBind: boolean }) {
    this.#tokens = tokens;
    this.#limits = limits;
    this.#hasBind = hasBind;
  }

  parse(): Node {
    const node = this.#expression();
    if (this.#token.kind !== "end") this.#unexpected("<EOF>");
    return node;
  }

  get #token(): Token {
    return this.#tokens[this.#next]!;
  }

  #take(): Token {
    return this.#tokens[this.#next++]!;
  }

  #is(text: string): boolean {
    const { kind, text: is } = this.#token;
    return is === text && (kind === "symbol" || (kind === "ident" && text === "in"));
  }

  #accept(text: string): Token | undefined {
    return this.#is(text) ? this.#take() : undefined;
  }

  #expect(text: string): Token {
    return this.#accept(text) ?? this.#unexpected(`'${text}'`);
  }

  #unexpected(wanted: string): never {
    const { text, at, kind } = this.#token;
    // ANTLR calls a token extraneous when what follows it would have been right.
    const following = this.#tokens[this.#next + 1]?.kind;
    const isExtraneous = kind !== "end" && (following === "end") === (wanted === "<EOF>");
    const what = isExtraneous && (wanted === "<EOF>" || wanted === STARTS) ? "extraneous" : "mismatched";
    throw new CelSyntaxError(`Syntax error: ${what} input '${text}' expecting ${wanted}`, at);
  }

  /** A node over others. What walks the tree later calls itself for each level. @throws CelSyntaxError: too many */
  #over<N extends Node>(node: N, children: readonly (Node | undefined)[]): N {
    let height = 1;
    for (const child of children) if (child) height = Math.max(height, 1 + (this.#heights.get(child) ?? 0));
    if (height > MAX_HEIGHT) throw new CelSyntaxError(`expression recursion limit exceeded: ${MAX_HEIGHT}`, node.at);
    this.#heights.set(node, height);
    return node;
  }

  /** A call, or what it stands for when it is a macro. */
  #expanded(node: Node, children: readonly Node[]): Node {
    this.#over(node, children);
    const made = expandMacro(node) ?? (this.#hasBind ? expandBind(node) : undefined);
    if (!made) return node;
    this.#heights.set(made, (this.#heights.get(node) ?? 0) + MACRO_HEIGHT);
    return made;
  }

  #call(name: string, at: number, args: Node[]): Node {
    return this.#over({ kind: "call", at, name, target: undefined, args }, args);
  }

  #expression(): Node {
    if (++this.#depth > this.#limits.depth) {
      throw new CelSyntaxError(`expression recursion limit exceeded: ${this.#limits.depth}`, this.#token.at);
    }
    const condition = this.#binary(0);
    const question = this.#accept("?");
    let node = condition;
    if (question) {
      const yes = this.#binary(0);
      this.#expect(":");
      node = this.#call("_?_:_", question.at, [condition, yes, this.#expression()]);
    }
    this.#depth--;
    return node;
  }

  /** 0: ||, 1: &&, 2: relations, 3: sums, 4: products. All are left-associative. */
  #binary(level: number): Node {
    if (level === 5) return this.#unary();
    let left = this.#binary(level + 1);
    for (let name = this.#operator(level); name !== undefined; name = this.#operator(level)) {
      const { at } = this.#take();
      left = this.#call(name, at, [left, this.#binary(level + 1)]);
    }
    return left;
  }

  #operator(level: number): string | undefined {
    const { kind, text } = this.#token;
    if (kind !== "symbol" && !(kind === "ident" && text === "in")) return undefined;
    if (level === 0) return text === "||" ? "_||_" : undefined;
    if (level === 1) return text === "&&" ? "_&&_" : undefined;
    return (level === 2 ? RELATIONS : level === 3 ? SUMS : PRODUCTS).get(text);
  }

  #unary(): Node {
    const { kind, text, at } = this.#token;
    if (kind !== "symbol" || (text !== "!" && text !== "-")) return this.#member();
    const following = this.#tokens[this.#next + 1]!;
    if (text === "-" && (following.kind === "int" || following.kind === "double")) {
      this.#take();
      return this.#members(this.#number(this.#take(), at));
    }
    let count = 0;
    while (this.#accept(text)) count++;
    const operand = this.#member();
    return count % 2 === 0 ? operand : this.#call(text === "!" ? "!_" : "-_", at, [operand]);
  }

  #member(): Node {
    return this.#members(this.#primary());
  }

  #members(first: Node): Node {
    let node = first;
    for (let links = 0; ; links++) {
      if (links > this.#limits.depth)
        throw new CelSyntaxError(`expression recursion limit exceeded: ${this.#limits.depth}`, this.#token.at);
      const dot = this.#accept(".");
      if (dot) {
        node = this.#afterDot(node, dot.at);
        continue;
      }
      const bracket = this.#accept("[");
      if (!bracket) return node;
      const isOptional = this.#accept("?") !== undefined;
      const index = this.#expression();
      this.#expect("]");
      node = this.#call(isOptional ? "_[?_]" : "_[_]", bracket.at, [node, index]);
    }
  }

  #afterDot(operand: Node, at: number): Node {
    const isOptional = this.#accept("?") !== undefined;
    const { kind, text } = this.#token;
    if (kind !== "ident" && kind !== "quotedIdent") this.#unexpected("IDENTIFIER");
    const name = this.#take();
    if (isOptional) return this.#call("_?._", at, [operand, constant(text, STRING, name.at)]);
    const open = kind === "ident" && this.#accept("(");
    if (!open) return this.#over({ kind: "select", at, operand, field: text, testOnly: false }, [operand]);
    const args = this.#list(")");
    const node: Node = { kind: "call", at: open.at, name: text, target: operand, args };
    return this.#expanded(node, [operand, ...args]);
  }

  #primary(): Node {
    const token = this.#take();
    const { kind, text, at } = token;
    switch (kind) {
      case "int":
      case "uint":
      case "double":
        return this.#number(token);
      case "string":
        return constant(token.value as string, STRING, at);
      case "bytes":
        return constant(token.value as Uint8Array, BYTES, at);
      case "ident":
        if (text !== "in") return this.#identifier(text, at);
        break;
      default:
    }
    if (kind === "symbol" && text === "(") {
      const node = this.#expression();
      this.#expect(")");
      return node;
    }
    if (kind === "symbol" && text === "[") {
      const elements = this.#elements();
      return this.#over(
        { kind: "list", at, elements },
        elements.map(({ value }) => value),
      );
    }
    if (kind === "symbol" && text === "{") {
      const entries = this.#entries();
      return this.#over(
        { kind: "map", at, entries },
        entries.flatMap(({ key, value }) => [key, value]),
      );
    }
    if (kind === "symbol" && text === "." && this.#token.kind === "ident") {
      const name = this.#take();
      return this.#identifier(`.${name.text}`, name.at);
    }
    this.#next--;
    return this.#unexpected(STARTS);
  }

  #identifier(text: string, at: number): Node {
    if (text === "true" || text === "false") return constant(text === "true", BOOL, at);
    if (text === "null") return constant(null, NULL, at);
    if (RESERVED.has(text)) throw new CelSyntaxError(`reserved identifier: ${text}`, at);
    const open = this.#accept("(");
    if (open) {
      const args = this.#list(")");
      return this.#expanded({ kind: "call", at: open.at, name: text, target: undefined, args }, args);
    }
    const struct = this.#struct(text);
    return struct ?? { kind: "ident", at, name: text };
  }

  /** `a.b.C{...}`: nothing else has a brace behind names. */
  #struct(first: string): Node | undefined {
    let ahead = this.#next;
    let name = first;
    while (this.#tokens[ahead]!.text === "." && this.#tokens[ahead + 1]!.kind === "ident") {
      name += `.${this.#tokens[ahead + 1]!.text}`;
      ahead += 2;
    }
    const { kind, text } = this.#tokens[ahead]!;
    if (kind !== "symbol" || text !== "{") return undefined;
    const { at } = this.#tokens[ahead]!;
    this.#next = ahead + 1;
    const fields: { name: string; value: Node; optional: boolean }[] = [];
    while (!this.#accept("}")) {
      const optional = this.#accept("?") !== undefined;
      if (this.#token.kind !== "ident" && this.#token.kind !== "quotedIdent") this.#unexpected("IDENTIFIER");
      const field = this.#take().text;
      this.#expect(":");
      fields.push({ name: field, value: this.#expression(), optional });
      if (!this.#accept(",") && !this.#is("}")) this.#unexpected("{'}', ','}");
    }
    return { kind: "struct", at, name, fields };
  }

  #list(close: string): Node[] {
    const nodes: Node[] = [];
    if (this.#accept(close)) return nodes;
    do nodes.push(this.#expression());
    while (this.#accept(","));
    this.#expect(close);
    return nodes;
  }

  #elements(): { value: Node; optional: boolean }[] {
    const elements: { value: Node; optional: boolean }[] = [];
    while (!this.#accept("]")) {
      const optional = this.#accept("?") !== undefined;
      elements.push({ value: this.#expression(), optional });
      if (!this.#accept(",") && !this.#is("]")) this.#unexpected("{']', ','}");
    }
    return elements;
  }

  #entries(): { key: Node; value: Node; optional: boolean }[] {
    const entries: { key: Node; value: Node; optional: boolean }[] = [];
    while (!this.#accept("}")) {
      const optional = this.#accept("?") !== undefined;
      const key = this.#expression();
      this.#expect(":");
      entries.push({ key, value: this.#expression(), optional });
      if (!this.#accept(",") && !this.#is("}")) this.#unexpected("{'}', ','}");
    }
    return entries;
  }

  /** @param minusAt where the sign stands, if there is one */
  #number({ kind, text, at }: Token, minusAt?: number): Node {
    const where = minusAt ?? at;
    if (kind === "double") {
      const value = Number(text) * (minusAt === undefined ? 1 : -1);
      if (!Number.isFinite(value)) throw new CelSyntaxError("invalid double literal", where);
      return constant(value, DOUBLE, where);
    }
    const magnitude = BigInt(text);
    if (kind === "uint") {
      if (magnitude > MAX_UINT) throw new CelSyntaxError("invalid uint literal", where);
      return constant(new Uint(magnitude), UINT, where);
    }
    const value = minusAt === undefined ? magnitude : -magnitude;
    if (value > MAX_INT || value < -MAX_INT - 1n) throw new CelSyntaxError("invalid int literal", where);
    return constant(value, INT, where);
  }
}

const constant = (
  value: Extract<Node, { kind: "const" }>["value"],
  type: Extract<Node, { kind: "const" }>["type"],
  at: number,
): Node => ({ kind: "const", at, value, type });
