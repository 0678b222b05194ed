/** Tokens of CEL. Source: https://github.com/google/cel-spec/blob/master/doc/langdef.md#syntax */
import { CelSyntaxError } from "./ast.ts";

export interface Token {
  kind: "ident" | "quotedIdent" | "int" | "uint" | "double" | "string" | "bytes" | "symbol" | "end";
  /** As written; of idents and symbols all there is to know. */
  text: string;
  at: number;
  /** Of strings: the text; of bytes: the bytes. */
  value?: string | Uint8Array;
}

const SYMBOLS = [
  ...["==", "!=", "<=", ">=", "&&", "||"],
  ...["<", ">", "+", "-", "*", "/", "%", "!", "?", ":", ".", ",", "(", ")", "[", "]", "{", "}"],
];

const SPACE = /[\t\n\f\r ]+|\/\/[^\n]*/y;
const IDENT = /[_a-zA-Z][_a-zA-Z0-9]*/y;
const QUOTED_IDENT = /`([a-zA-Z0-9_.\-/ ]+)`/y;
const NUMBER = /(?:[0-9]+\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+|\.[0-9]+(?:[eE][+-]?[0-9]+)?)/y;
const WHOLE = /(0x[0-9a-fA-F]+|[0-9]+)([uU]?)/y;
const STRING_START = /([rR]?[bB]?|[bB][rR])("""|'''|"|')/y;

/** @throws CelSyntaxError */
export function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    return pattern.exec(source);
  };
  while (at < source.length) {
    const space = match(SPACE);
    if (space) {
      at += space[0].length;
      continue;
    }
    const token = readToken(source, at, match);
    tokens.push(token.token);
    at = token.end;
  }
  tokens.push({ kind: "end", text: "<EOF>", at: source.length });
  return tokens;
}

function readToken(
  source: string,
  at: number,
  match: (pattern: RegExp) => RegExpExecArray | null,
): { token: Token; end: number } {
  const start = match(STRING_START);
  if (start) return readString(source, at, { prefix: start[1]!.toLowerCase(), quote: start[2]! });
  const ident = match(IDENT);
  if (ident) return { token: { kind: "ident", text: ident[0], at }, end: at + ident[0].length };
  const quoted = match(QUOTED_IDENT);
  if (quoted) return { token: { kind: "quotedIdent", text: quoted[1]!, at }, end: at + quoted[0].length };
  const double = match(NUMBER);
  if (double) return { token: { kind: "double", text: double[0], at }, end: at + double[0].length };
  const whole = match(WHOLE);
  if (whole) {
    return { token: { kind: whole[2] ? "uint" : "int", text: whole[1]!, at }, end: at + whole[0].length };
  }
  const symbol = SYMBOLS.find((each) => source.startsWith(each, at));
  if (symbol) return { token: { kind: "symbol", text: symbol, at }, end: at + symbol.length };
  throw new CelSyntaxError(`Syntax error: token recognition error at: '${[...source.slice(at, at + 2)][0]}'`, at);
}

function readString(
  source: string,
  at: number,
  { prefix, quote }: { prefix: string; quote: string },
): { token: Token; end: number } {
  const isRaw = prefix.includes("r");
  const isBytes = prefix.includes("b");
  const start = at + prefix.length + quote.length;
  let end = start;
  for (;;) {
    if (end >= source.length || (quote.length === 1 && source[end] === "\n")) {
      throw new CelSyntaxError(`Syntax error: token recognition error at: '${source.slice(at, end)}'`, at);
    }
    if (source.startsWith(quote, end)) break;
    end += source[end] === "\\" && !isRaw ? 2 : 1;
  }
  const body = source.slice(start, end).replaceAll("\r\n", "\n").replaceAll("\r", "\n");
  const value = isRaw ? rawValue(body, isBytes) : unescaped(body, at, isBytes);
  const text = source.slice(at, end + quote.length);
  return { token: { kind: isBytes ? "bytes" : "string", text, at, value }, end: end + quote.length };
}

const rawValue = (body: string, isBytes: boolean): string | Uint8Array =>
  isBytes ? new TextEncoder().encode(body) : body;

const SIMPLE: { readonly [letter: string]: string } = {
  ...{ a: "\x07", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v" },
  ...{ "\\": "\\", "?": "?", '"': '"', "'": "'", "`": "`" },
};
const ESCAPE = /\\(?:x([0-9a-fA-F]{2})|X([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2})|(.))/suy;

function unescaped(body: string, at: number, isBytes: boolean): string | Uint8Array {
  const bytes: number[] = [];
  let text = "";
  let position = 0;
  const put = (piece: string): void => {
    if (isBytes) bytes.push(...new TextEncoder().encode(piece));
    else text += piece;
  };
  while (position < body.length) {
    const next = body.indexOf("\\", position);
    if (next !== position) {
      put(body.slice(position, next < 0 ? undefined : next));
      position = next < 0 ? body.length : next;
      continue;
    }
    ESCAPE.lastIndex = position;
    const found = ESCAPE.exec(body);
    if (!found) throw new CelSyntaxError("Syntax error: unable to unescape string", at);
    const [whole, x, capitalX, u, capitalU, octal, simple] = found;
    position += whole.length;
    const byte = x ?? capitalX;
    if (byte !== undefined || octal !== undefined) {
      const code = byte === undefined ? Number.parseInt(octal!, 8) : Number.parseInt(byte, 16);
      if (isBytes) bytes.push(code);
      else text += String.fromCodePoint(code);
    } else if (u !== undefined || capitalU !== undefined) {
      const code = Number.parseInt(u ?? capitalU!, 16);
      if (isBytes || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
        throw new CelSyntaxError("Syntax error: invalid unicode code point in string", at);
      text += String.fromCodePoint(code);
    } else {
      const meant = Object.hasOwn(SIMPLE, simple!) ? SIMPLE[simple!] : undefined;
      if (meant === undefined) throw new CelSyntaxError(`Syntax error: token recognition error at: '\\${simple}'`, at);
      put(meant);
    }
  }
  return isBytes ? Uint8Array.from(bytes) : text;
}
