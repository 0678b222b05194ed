import { expect, it } from "vitest";
import { goQuote } from "./go-text.ts";

it.each([
  ["[GT1] what is printable stays", "a b<é世🙂>'", `"a b<é世🙂>'"`],
  ["[GT2] quotes, backslashes and the usual escapes", '"\\\n\t\v\x07', '"\\"\\\\\\n\\t\\v\\a"'],
  ["[GT3] other control characters in hexadecimal", "\x00\x1b\x7f", '"\\x00\\x1b\\x7f"'],
  ["[GT4] unprintable code points by number", "\u200b\u2028\u{e0001}", '"\\u200b\\u2028\\U000e0001"'],
])("%s", (_, text, quoted) => expect(goQuote(text)).toBe(quoted));
