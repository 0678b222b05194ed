import { describe, expect, it } from "vitest";
import { MAX_DEPTH, parseJson } from "./json.ts";
import { parseYaml, parseYamlDocuments } from "./yaml.ts";

describe("parseJson", () => {
  it.each([
    ['{"a":1,"b":[true,null,"x"]}', []],
    ['{"a":1,"a":2}', ["a"]],
    ['{"a":{"b":[{"c":1},{"c":1,"d":2,"c":3}]}}', ["a.b[1].c"]],
    ['{"a":"{\\"a\\":1}","b":"\\\\","c":"\\\\\\""}', []],
    ['{"a":1,"\\u0061":2}', ["a"]],
    ['{"a":[[1,2],[{"x":1,"x":1}]],"b":"a"}', ["a[1][0].x"]],
    ['[{"a":1},{"a":1}]', []],
    [`{${Array.from({ length: 20 }, (_, i) => `"k${i}":0`).join()},"k3":1,"k19":1}`, ["k3", "k19"]],
    ['{",":1,"b":"x\\",","c":"y\\\\"}', []],
    ['"a"', []],
    [' {"a" : 1 , "b" : {"a":2} , "b":3} ', ["b"]],
  ])("[JS1] %s has twice: %j", (text, duplicateFields) => {
    expect(parseJson(text)).toEqual({ value: JSON.parse(text), duplicateFields });
  });

  it.each([
    ["", "unexpected end of JSON input"],
    ["{", "unexpected end of JSON input"],
    ['{"a":', "unexpected end of JSON input"],
    ['{"a', "unexpected end of JSON input"],
    ['{"a":}', "invalid character '}' looking for beginning of value"],
    ["{a:1}", "invalid character 'a' looking for beginning of object key string"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['{"a":1 "b"}', `invalid character '"' after object key:value pair`],
    ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
    ["[1 2]", "invalid character '2' after array element"],
    ["[1,]", "invalid character ']' looking for beginning of value"],
    ["{} x", "invalid character 'x' after top-level value"],
    ["nul", "unexpected end of JSON input"],
    ["nulx", "invalid character 'x' in literal null (expecting 'l')"],
    ["-", "unexpected end of JSON input"],
    ["1.x", "invalid character 'x' after decimal point in numeric literal"],
    ["01", "invalid character '1' after top-level value"],
    ['"\n"', "invalid character '\\n' in string literal"],
    ['"\\x"', "invalid character 'x' in string escape code"],
    ['"\\u12g4"', "invalid character 'g' in \\u hexadecimal character escape"],
    ["apiVersion: v1", "invalid character 'a' looking for beginning of value"],
  ])("[JS2] %j: %s", (text, message) => {
    expect(() => parseJson(text)).toThrow(expect.objectContaining({ code: 400, message }));
  });

  it("[JS3] bounds nesting", () => {
    expect(parseJson("[".repeat(MAX_DEPTH) + "]".repeat(MAX_DEPTH)).duplicateFields).toEqual([]);
    expect(() => parseJson("[".repeat(MAX_DEPTH + 1))).toThrow(
      expect.objectContaining({ code: 400, message: "exceeded max depth" }),
    );
  });

  it("[JS4] a field called __proto__ is a field", () => {
    const { value } = parseJson('{"__proto__":{"polluted":true}}');
    expect(Object.keys(value as object)).toEqual(["__proto__"]);
    expect((value as { polluted?: boolean }).polluted).toBeUndefined();
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});

describe("parseYaml", () => {
  it("[YM1] reads what Kubernetes reads", () => {
    const text = "a: yes\nb: 'no'\nc: 0644\nd: 1e3\ne: ~\nf: 2026-01-01\ng: 1:30\n8080: x\n__proto__: {z: 1}\n";
    const value = parseYaml(text).value as { [key: string]: unknown };
    expect(value).toEqual(
      JSON.parse(
        '{"8080":"x","a":true,"b":"no","c":420,"d":1000,"e":null,"f":"2026-01-01","g":"1:30","__proto__":{"z":1}}',
      ),
    );
    expect(value.z).toBeUndefined();
    expect(parseYaml("").value).toBeNull();
    expect(parseYaml('{"json": ["too"]}').value).toEqual({ json: ["too"] });
  });

  it("[YM4] tells what comes twice, by the line of the later value", () => {
    const text = "a: 1\nb:\n  c: 1\n  c:\n    d: 1\na: 2\n";
    expect(parseYaml(text)).toEqual({
      value: { a: 2, b: { c: { d: 1 } } },
      duplicateFields: ['line 6: key "a" already set in map', 'line 5: key "c" already set in map'],
    });
  });

  it("[YM2] reads several documents", () => {
    expect(parseYamlDocuments("a: 1\n---\n---\n# nothing\n---\nb: 2\n")).toEqual([{ a: 1 }, { b: 2 }]);
  });

  it("[YM5] one document is the first of several", () => {
    expect(parseYaml("---\na: 1\n---\na: [\n").value).toEqual({ a: 1 });
    expect(parseYaml("a: 1\n---\n").value).toEqual({ a: 1 });
  });

  it.each([
    ["a: 1\nb: @x\n", "yaml: line 2: found character that cannot start any token"],
    ["a: @x\n", "yaml: found character that cannot start any token"],
    ["a:\n\tb: 1\n", "yaml: line 2: found character that cannot start any token"],
    ["a: 1\nb: c: d\n", "yaml: line 2: mapping values are not allowed in this context"],
    ['a: 1\nb: "\\z"\n', "yaml: line 2: found unknown escape character"],
    ["a: .inf\n", "json: unsupported value: +Inf"],
    ["a: [-.inf]\n", "json: unsupported value: -Inf"],
    ["a: .NaN\n", "json: unsupported value: NaN"],
  ])("[YM6] %j is refused in Go's words", (text, message) => {
    expect(() => parseYaml(text)).toThrow(expect.objectContaining({ code: 400, message }));
  });

  it.each([
    ["bad syntax", "a: [1"],
    [
      "a bomb",
      `a: &a [x]\n${Array.from({ length: 8 }, (_, i) => `k${i}: &b${i} [${Array(9).fill(i ? `*b${i - 1}` : "*a")}]`).join("\n")}`,
    ],
    ["deep flow", "[".repeat(200)],
    ["deep blocks", "- ".repeat(2_000)],
  ])("[YM3] refuses %s", (_name, text) => {
    expect(() => parseYaml(text)).toThrow(expect.objectContaining({ code: 400 }));
  });
});
