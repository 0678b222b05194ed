/**
 * The syntax of label selectors in queries: `app=web,tier in (a, b),!legacy,weight>5`.
 * Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors; error texts as
 * k8s.io/apimachinery/pkg/labels words them.
 */
import { labelValue, qualifiedName } from "./names.ts";

export type SelectorOperator = "in" | "notin" | "=" | "==" | "!=" | "gt" | "lt" | "exists" | "!";

export interface Requirement {
  key: string;
  operator: SelectorOperator;
  /** Sorted, without duplicates. */
  values: string[];
}

/** The text does not parse; the message is what upstream says. */
export class SelectorSyntaxError extends Error {}

type TokenKind =
  | "identifier"
  | "error"
  | "end"
  | "("
  | ")"
  | ","
  | "!"
  | "="
  | "=="
  | "!="
  | ">"
  | "<"
  | "in"
  | "notin";

interface Token {
  kind: TokenKind;
  text: string;
}

const SYMBOLS = new Set<string>(["(", ")", ",", "!", "=", "==", "!=", ">", "<"]);
const isSymbol = (char: string): boolean => "=!(),><".includes(char);
const isSpace = (char: string): boolean => char === " " || char === "\t" || char === "\r" || char === "\n";

/** The longest known symbol at `start`; symbols that make no known one together are one error. */
function symbolAt(text: string, start: number): { token: Token; end: number } {
  let end = start;
  let found: { token: Token; end: number } | undefined;
  while (end < text.length && isSymbol(text[end]!)) {
    end++;
    const symbol = text.slice(start, end);
    if (SYMBOLS.has(symbol)) found = { token: { kind: symbol as TokenKind, text: symbol }, end };
    else if (found) return found;
  }
  if (found) return found;
  return { token: { kind: "error", text: `error expected: keyword found '${text.slice(start, end)}'` }, end };
}

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const char = text[at]!;
    if (isSpace(char)) {
      at++;
    } else if (isSymbol(char)) {
      const { token, end } = symbolAt(text, at);
      tokens.push(token);
      at = end;
    } else {
      const start = at;
      while (at < text.length && !isSymbol(text[at]!) && !isSpace(text[at]!)) at++;
      const word = text.slice(start, at);
      tokens.push({ kind: word === "in" || word === "notin" ? word : "identifier", text: word });
    }
  }
  tokens.push({ kind: "end", text: "" });
  return tokens;
}

const OPERATORS = new Map<TokenKind, SelectorOperator>([
  ["in", "in"],
  ["notin", "notin"],
  ["=", "="],
  ["==", "=="],
  ["!=", "!="],
  [">", "gt"],
  ["<", "lt"],
]);

class Parser {
  readonly #tokens: Token[];
  #at = 0;

  constructor(text: string) {
    this.#tokens = tokenize(text);
  }

  parse(): Requirement[] {
    const requirements: Requirement[] = [];
    for (;;) {
      const next = this.#peekValue();
      if (next.kind === "end") return requirements;
      if (next.kind !== "identifier" && next.kind !== "!") {
        throw new SelectorSyntaxError(`found '${next.text}', expected: !, identifier, or 'end of string'`);
      }
      requirements.push(this.#requirement());
      const separator = this.#takeValue();
      if (separator.kind === "end") return requirements;
      if (separator.kind !== ",") {
        throw new SelectorSyntaxError(`found '${separator.text}', expected: ',' or 'end of string'`);
      }
      const following = this.#peekValue();
      if (following.kind !== "identifier" && following.kind !== "!") {
        throw new SelectorSyntaxError(`found '${following.text}', expected: identifier after ','`);
      }
    }
  }

  #requirement(): Requirement {
    try {
      return this.#requirementParts();
    } catch (error) {
      if (error instanceof SelectorSyntaxError) error.message = `unable to parse requirement: ${error.message}`;
      throw error;
    }
  }

  #requirementParts(): Requirement {
    let token = this.#takeValue();
    const negated = token.kind === "!";
    if (negated) token = this.#takeValue();
    if (token.kind !== "identifier") throw new SelectorSyntaxError(`found '${token.text}', expected: identifier`);
    const key = token.text;
    const keyErrors = qualifiedName(key);
    if (keyErrors.length > 0) throw invalidAt("<nil>", key, keyErrors);
    if (negated) return { key, operator: "!", values: [] };
    const next = this.#peekValue();
    if (next.kind === "end" || next.kind === ",") return { key, operator: "exists", values: [] };

    const sign = this.#take();
    const operator = OPERATORS.get(sign.kind);
    if (!operator) {
      throw new SelectorSyntaxError(`found '${sign.text}', expected: in, notin, =, ==, !=, gt, lt`);
    }
    const values = operator === "in" || operator === "notin" ? this.#valueSet() : [this.#exactValue()];
    return checkedRequirement({ key, operator, values });
  }

  #exactValue(): string {
    const next = this.#peekValue();
    if (next.kind === "end" || next.kind === ",") return "";
    const token = this.#takeValue();
    if (token.kind !== "identifier") throw new SelectorSyntaxError(`found '${token.text}', expected: identifier`);
    return token.text;
  }

  #valueSet(): string[] {
    const open = this.#takeValue();
    if (open.kind !== "(") throw new SelectorSyntaxError(`found '${open.text}' expected: '('`);
    const first = this.#peekValue();
    if (first.kind === ")") {
      this.#takeValue();
      return [""];
    }
    if (first.kind !== "identifier" && first.kind !== ",") {
      throw new SelectorSyntaxError(`found '${first.text}', expected: ',', ')' or identifier`);
    }
    const values = this.#valueList();
    if (this.#takeValue().kind !== ")") throw new SelectorSyntaxError(`found '${first.text}', expected: ')'`);
    return [...values].sort();
  }

  /** Up to, not including, the closing parenthesis. Empty places count as the empty value: `(,a)`. */
  #valueList(): Set<string> {
    const values = new Set<string>();
    for (;;) {
      const token = this.#takeValue();
      if (token.kind === "identifier") {
        values.add(token.text);
        const next = this.#peekValue();
        if (next.kind === ")") return values;
        if (next.kind !== ",") throw new SelectorSyntaxError(`found '${next.text}', expected: ',' or ')'`);
      } else if (token.kind === ",") {
        if (values.size === 0) values.add("");
        const next = this.#peekValue();
        if (next.kind === ")") {
          values.add("");
          return values;
        }
        if (next.kind === ",") {
          this.#takeValue();
          values.add("");
        }
      } else {
        throw new SelectorSyntaxError(`found '${token.text}', expected: ',', or identifier`);
      }
    }
  }

  #take(): Token {
    const token = this.#tokens[this.#at]!;
    if (this.#at < this.#tokens.length - 1) this.#at++;
    return token;
  }

  /** Where a key or value stands, `in` and `notin` are words like any other. */
  #takeValue(): Token {
    return asValue(this.#take());
  }

  #peekValue(): Token {
    return asValue(this.#tokens[this.#at]!);
  }
}

const asValue = (token: Token): Token =>
  token.kind === "in" || token.kind === "notin" ? { kind: "identifier", text: token.text } : token;

const invalidAt = (path: string, value: unknown, messages: readonly string[]): SelectorSyntaxError =>
  new SelectorSyntaxError(`${path}: Invalid value: ${JSON.stringify(value)}: ${messages.join("; ")}`);

const INT64 = /^[+-]?[0-9]{1,19}$/;

/** An integer as Go's ParseInt(…, 10, 64) takes it, or undefined. */
export function parseInt64(text: string): bigint | undefined {
  if (!INT64.test(text)) return undefined;
  const value = BigInt(text.startsWith("+") ? text.slice(1) : text);
  return value === BigInt.asIntN(64, value) ? value : undefined;
}

/** @throws SelectorSyntaxError when values do not suit the operator or are no label values */
export function checkedRequirement(requirement: Requirement): Requirement {
  const { key, operator, values } = requirement;
  const errors: SelectorSyntaxError[] = [];
  if ((operator === "in" || operator === "notin") && values.length === 0) {
    errors.push(invalidAt("values", values, ["for 'in', 'notin' operators, values set can't be empty"]));
  }
  if (operator === "gt" || operator === "lt") {
    for (const [i, value] of values.entries()) {
      if (parseInt64(value) === undefined) {
        errors.push(invalidAt(`values[${i}]`, value, ["for 'Gt', 'Lt' operators, the value must be an integer"]));
      }
    }
  }
  for (const [i, value] of values.entries()) {
    const messages = labelValue(value);
    if (messages.length > 0) errors.push(invalidAt(`values[${i}][${key}]`, value, messages));
  }
  if (errors.length === 0) return requirement;
  if (errors.length === 1) throw errors[0];
  throw new SelectorSyntaxError(`[${errors.map((error) => error.message).join(", ")}]`);
}

/** @throws SelectorSyntaxError */
export const parseRequirements = (text: string): Requirement[] => new Parser(text).parse();
