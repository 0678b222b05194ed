import { describe, expect, test } from "vitest";
import { readManagersText } from "./managers.ts";
import { ownershipOf, textOfEntries } from "./ownership.ts";
import { attachManagedFields, detachManagedFields, headOf, splitEntries } from "./text.ts";

const entry = (fieldsV1: object, more: object = {}) => ({
  manager: "m",
  operation: "Update" as const,
  apiVersion: "v1",
  time: "2026-01-01T00:00:00Z",
  fieldsType: "FieldsV1" as const,
  fieldsV1: fieldsV1 as never,
  ...more,
});

/** Names and values that try to look like what stands around them. */
const NASTY = [
  entry({ "f:a},{": { 'f:"manager":': {} }, "f:],": {} }),
  entry(
    { 'f:,"subresource":"x"}': {}, "f:{[": {}, 'f:,"fieldsV1":': {} },
    { manager: 'x],"name":"y', operation: "Apply" },
  ),
  entry({ 'v:"},{\\"manager\\":"': {}, "f:\\": {} }, { subresource: "status" }),
  entry({ "f:b": {} }, { manager: "n", time: undefined }),
];

describe("lists as text", () => {
  test("[TX1] entries are told apart, whatever is in them", () => {
    const managed = textOfEntries(NASTY)!;
    expect(JSON.parse(managed)).toHaveLength(NASTY.length);
    const list = JSON.parse(managed) as { fieldsV1: object }[];
    const read = [...readManagersText(managed).values()];
    expect(read.map(({ entry: { fieldsV1 } }) => fieldsV1)).toEqual(list.map(({ fieldsV1 }) => fieldsV1));
    expect(JSON.stringify(read.map((manager) => manager.entry))).toBe(managed);
    expect(ownershipOf(readManagersText(managed), read)).toEqual({ managed, isSame: true });
  });

  test("[TX2] what is not in our form is read all the same", () => {
    const strange = '[ {"operation":"Update", "apiVersion":"v1","fieldsType":"FieldsV1","fieldsV1":{"f:a":{}}} ]';
    expect(splitEntries(strange)).toBeUndefined();
    expect([...readManagersText(strange).values()].map(({ set }) => set)).toEqual([{ "f:a": {} }]);
  });

  test("[TX3] what is not asked for is not read", () => {
    const [manager] = readManagersText(
      '[{"manager":"m","operation":"Update","apiVersion":"v1","fieldsType":"FieldsV1","fieldsV1":{"f:a":broken}}]',
    ).values();
    expect(manager!.mayHave(["f:b"])).toBe(false);
    expect(manager!.mayHave(["f:a"])).toBe(true);
    expect(() => manager!.set).toThrow(SyntaxError);
  });
});

describe("in an object's text", () => {
  const prefix = '{"kind":"K","apiVersion":"v1",';

  test.each([
    ["[TX4] with more metadata", '{"name":"a","labels":{"x":"]"}}'],
    ["[TX5] with a name that looks like more", '{"name":"],\\"name\\":\\"","uid":"u"}'],
  ])("%s", (_rule, metadata) => {
    const managed = textOfEntries(NASTY)!;
    const text = `${prefix}"metadata":${attachManagedFields(metadata, managed)},"spec":{"x":[]}}`;
    expect(JSON.parse(text).metadata.managedFields).toHaveLength(NASTY.length);
    expect(detachManagedFields(text)).toEqual({ bare: `${prefix}"metadata":${metadata},"spec":{"x":[]}}`, managed });
  });

  test("[TX6] without a name", () => {
    const text = `${prefix}"metadata":${attachManagedFields("{}", "[{}]")}}`;
    expect(detachManagedFields(text)).toEqual({ bare: `${prefix}"metadata":{}}`, managed: "[{}]" });
  });

  test.each([
    ["[TX7] none at all", `${prefix}"metadata":{"name":"a"}}`],
    ["[TX8] elsewhere in the object", `${prefix}"spec":{"metadata":{"managedFields":[{}],"name":"a"}}}`],
    ["[TX9] in a text", `${prefix}"data":"\\"metadata\\":{\\"managedFields\\":["}`],
  ])("%s", (_rule, text) => {
    expect(detachManagedFields(text)).toEqual({ bare: text, managed: undefined });
  });
});

describe("the head of an object", () => {
  const head = '{"kind":"ConfigMap","apiVersion":"v1","metadata":{';
  test.each([
    [`${head}"name":"a"},"data":{"x":"}"}}`, `${head}"name":"a"}}`],
    [`${head}"name":"a"}}`, `${head}"name":"a"}}`],
    [
      `${head}"name":"a","labels":{"b":"}\\"}"},"uid":"u"},"data":{}}`,
      `${head}"name":"a","labels":{"b":"}\\"}"},"uid":"u"}}`,
    ],
    [`${head}"name":"a\\\\"},"data":{}}`, `${head}"name":"a\\\\"}}`],
    [`${head}"managedFields":[{"manager":"m","fieldsV1":{"f:data":{}}}],"name":"a"},"data":{}}`, `${head}"name":"a"}}`],
    [`${head}"managedFields":[{"manager":"m"}]},"data":{}}`, `${head}}}`],
    [`${head}},"data":{}}`, `${head}}}`],
  ])("[MT9] of %s", (text, expected) => {
    expect(headOf(text)).toBe(expected);
    expect(JSON.parse(headOf(text)).metadata).toEqual(JSON.parse(expected).metadata);
  });

  test("[MT10] is not looked for in what this server did not write", () => {
    expect(() => headOf(`${head}"name":"a`)).toThrow(SyntaxError);
    expect(headOf('{"a":{"metadata":{}}}')).toBe('{"a":{"metadata":{}}}');
  });
});
