/**
 * What Go's encoding/json says of a text that is not JSON: "invalid character '}' looking for beginning of value",
 * "unexpected end of JSON input". Only called once JSON.parse has failed.
 */

const isSpace = (char: string | undefined): boolean => char === " " || char === "\n" || char === "\r" || char === "\t";

/** The reader's state between tokens. */
type Expect = "value" | "value or ]" | "key or }" | "key" | "colon" | ", or }" | ", or ]" | "end";

class GoSyntaxError extends Error {}

const END = "unexpected end of JSON input";

function fail(char: string | undefined, context: string): never {
  if (char === undefined) throw new GoSyntaxError(END);
  throw new GoSyntaxError(`invalid character ${quoted(char)} ${context}`);
}

/** A character as Go's decoder quotes it. */
function quoted(char: string): string {
  if (char === "'") return `'\\''`;
  if (char === '"') return `'"'`;
  const code = char.codePointAt(0) ?? 0;
  if (code >= 0x20 && code !== 0x7f) return `'${char}'`;
  const names: { [code: number]: string } = {
    7: "\\a",
    8: "\\b",
    9: "\\t",
    10: "\\n",
    11: "\\v",
    12: "\\f",
    13: "\\r",
  };
  return `'${names[code] ?? `\\x${code.toString(16).padStart(2, "0")}`}'`;
}

export function describeSyntaxError(text: string): string {
  try {
    walk(text);
  } catch (error) {
    if (error instanceof GoSyntaxError) return error.message;
    throw error;
  }
  return END;
}

const CONTEXT: { [state in Expect]: string } = {
  value: "looking for beginning of value",
  "value or ]": "looking for beginning of value",
  "key or }": "looking for beginning of object key string",
  key: "looking for beginning of object key string",
  colon: "after object key",
  ", or }": "after object key:value pair",
  ", or ]": "after array element",
  end: "after top-level value",
};

function walk(text: string): void {
  const closers: ("}" | "]")[] = [];
  let expect: Expect = "value";
  let at = 0;
  const afterValue = (): Expect =>
    closers.length === 0 ? "end" : closers[closers.length - 1] === "}" ? ", or }" : ", or ]";
  for (;;) {
    while (isSpace(text[at])) at++;
    const char: string | undefined = text[at];
    if (char === undefined) {
      if (expect === "end") return;
      throw new GoSyntaxError(END);
    }
    const mayClose: string = expect === "key or }" || expect === ", or }" ? "}" : "]";
    const closes =
      expect !== "value" && expect !== "key" && expect !== "colon" && expect !== "end" && char === mayClose;
    if (closes) {
      closers.pop();
      at++;
      expect = afterValue();
    } else if (expect === "value" || expect === "value or ]") {
      if (char === "{" || char === "[") {
        closers.push(char === "{" ? "}" : "]");
        expect = char === "{" ? "key or }" : "value or ]";
        at++;
      } else {
        at = scalarEnd(text, at);
        expect = afterValue();
      }
    } else if ((expect === "key" || expect === "key or }") && char === '"') {
      at = stringEnd(text, at);
      expect = "colon";
    } else if (expect === "colon" && char === ":") {
      at++;
      expect = "value";
    } else if ((expect === ", or }" || expect === ", or ]") && char === ",") {
      at++;
      expect = expect === ", or }" ? "key" : "value";
    } else {
      fail(char, CONTEXT[expect]);
    }
  }
}

function scalarEnd(text: string, start: number): number {
  const char = text[start]!;
  if (char === '"') return stringEnd(text, start);
  if (char === "-" || (char >= "0" && char <= "9")) return numberEnd(text, start);
  for (const word of ["true", "false", "null"]) {
    if (char !== word[0]) continue;
    for (let i = 1; i < word.length; i++) {
      if (text[start + i] !== word[i]) fail(text[start + i], `in literal ${word} (expecting '${word[i]}')`);
    }
    return start + word.length;
  }
  return fail(char, CONTEXT.value);
}

function stringEnd(text: string, start: number): number {
  for (let at = start + 1; ; at++) {
    const char = text[at];
    if (char === undefined) throw new GoSyntaxError(END);
    if (char === '"') return at + 1;
    if (char.charCodeAt(0) < 0x20) fail(char, "in string literal");
    if (char !== "\\") continue;
    const escaped = text[++at];
    if (escaped === "u") {
      for (let i = 1; i <= 4; i++) {
        if (!/[0-9a-fA-F]/.test(text[at + i] ?? "")) fail(text[at + i], "in \\u hexadecimal character escape");
      }
      at += 4;
    } else if (escaped === undefined || !'"\\/bfnrt'.includes(escaped)) {
      fail(escaped, "in string escape code");
    }
  }
}

function numberEnd(text: string, start: number): number {
  const isDigit = (char: string | undefined) => char !== undefined && char >= "0" && char <= "9";
  let at = start;
  if (text[at] === "-") at++;
  if (!isDigit(text[at])) fail(text[at], "in numeric literal");
  if (text[at] === "0") at++;
  else while (isDigit(text[at])) at++;
  if (text[at] === ".") {
    at++;
    if (!isDigit(text[at])) fail(text[at], "after decimal point in numeric literal");
    while (isDigit(text[at])) at++;
  }
  if (text[at] === "e" || text[at] === "E") {
    at++;
    if (text[at] === "+" || text[at] === "-") at++;
    if (!isDigit(text[at])) fail(text[at], "in exponent of numeric literal");
    while (isDigit(text[at])) at++;
  }
  return at;
}
