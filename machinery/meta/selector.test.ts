import { describe, expect, it } from "vitest";
import { parseFieldSelector } from "./field-selector.ts";
import { compileSelector, formatSelector, parseLabelSelector, selectorErrors } from "./selector.ts";

const web = { app: "web", tier: "front", weight: "5" };

describe("parseLabelSelector", () => {
  it.each([
    ["", web, true],
    ["app", web, true],
    ["!app", web, false],
    ["!absent", web, true],
    ["app=web", web, true],
    ["app==web", web, true],
    ["app = web , tier=front", web, true],
    ["app!=web", web, false],
    ["absent!=web", web, true],
    ["app in (web, db)", web, true],
    ["app in (db)", web, false],
    ["app notin (db)", web, true],
    ["absent notin (db)", web, true],
    ["weight>4,weight<6", web, true],
    ["weight>5", web, false],
    ["absent>1", web, false],
    ["app=", { app: "" }, true],
    ["app=,tier=front", { app: "", tier: "front" }, true],
    ["app in (,web)", { app: "" }, true],
    ["app in (web,)", { app: "" }, true],
    ["app in ()", { app: "" }, true],
    ["app in ()", web, false],
    ["app notin ( )", { app: "" }, false],
    ["x notin (abc,,def),bar,z in (),w", { x: "y", bar: "1", z: "", w: "" }, true],
    ["x notin (abc,,def)", { x: "" }, false],
    ["in in (in, notin)", { in: "notin" }, true],
    ["example.com/x=y", { "example.com/x": "y" }, true],
    ["toString", {}, false],
    ["!__proto__x", undefined, undefined],
    ["app", undefined, false],
    ["!app", undefined, true],
  ])("[LS1] %j on %j: %j", (text, labels, matches) => {
    if (matches === undefined) expect(() => parseLabelSelector(text)).toThrow();
    else expect(parseLabelSelector(text)(labels)).toBe(matches);
  });

  it.each([
    ["x=,z in", "unable to parse requirement: found '' expected: '('"],
    ["a==b==c", "found '==', expected: ',' or 'end of string'"],
    ["a,", "found '', expected: identifier after ','"],
    ["=a", "found '=', expected: !, identifier, or 'end of string'"],
    ["!=a", "found '!=', expected: !, identifier, or 'end of string'"],
    ["!", "unable to parse requirement: found '', expected: identifier"],
    ["a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
    ["x in (", "unable to parse requirement: found '', expected: ',', ')' or identifier"],
    ["x in (a", "unable to parse requirement: found '', expected: ',' or ')'"],
    ["x in (a b)", "unable to parse requirement: found 'b', expected: ',' or ')'"],
    [
      "x>a",
      `unable to parse requirement: values[0]: Invalid value: "a": for 'Gt', 'Lt' operators, the value must be an integer`,
    ],
    [
      "app=$x",
      `unable to parse requirement: values[0][app]: Invalid value: "$x": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')`,
    ],
    [
      "-a",
      `unable to parse requirement: <nil>: Invalid value: "-a": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`,
    ],
  ])("[LS2] %j fails as upstream says", (text, message) => {
    expect(() => parseLabelSelector(text)).toThrow(expect.objectContaining({ code: 400, message }));
  });
});

describe("selector objects", () => {
  it("[LS3] undefined selects nothing, {} everything", () => {
    expect(compileSelector(undefined)(web)).toBe(false);
    expect(compileSelector({})(undefined)).toBe(true);
  });

  it.each([
    [{ matchLabels: { app: "web" } }, true],
    [{ matchLabels: { app: "web", tier: "back" } }, false],
    [{ matchExpressions: [{ key: "app", operator: "In" as const, values: ["db", "web"] }] }, true],
    [{ matchExpressions: [{ key: "app", operator: "NotIn" as const, values: ["db", "web"] }] }, false],
    [{ matchExpressions: [{ key: "app", operator: "Exists" as const }] }, true],
    [{ matchExpressions: [{ key: "app", operator: "DoesNotExist" as const }] }, false],
  ])("[LS4] %j: %j", (selector, matches) => {
    expect(compileSelector(selector)(web)).toBe(matches);
  });

  it("[LS5] prints as kubectl does", () => {
    expect(formatSelector({})).toBe("<none>");
    expect(
      formatSelector({
        matchLabels: { b: "2", a: "1" },
        matchExpressions: [
          { key: "c", operator: "In", values: ["y", "x"] },
          { key: "d", operator: "DoesNotExist" },
          { key: "aa", operator: "Exists" },
        ],
      }),
    ).toBe("a=1,aa,b=2,c in (x,y),!d");
  });

  it("[LS6] validates", () => {
    const errors = selectorErrors(
      {
        matchLabels: { "bad key": "v" },
        matchExpressions: [
          { key: "a", operator: "In" },
          { key: "a", operator: "Exists", values: ["x"] },
          { key: "a", operator: "Nope" as "In", values: ["x"] },
          { key: "a", operator: "In", values: ["$"] },
        ],
      },
      "spec.selector",
    );
    expect(errors.map(({ reason, field }) => `${reason} ${field}`)).toEqual([
      "FieldValueInvalid spec.selector.matchLabels",
      "FieldValueRequired spec.selector.matchExpressions[0].values",
      "FieldValueForbidden spec.selector.matchExpressions[1].values",
      "FieldValueInvalid spec.selector.matchExpressions[2].operator",
      "FieldValueInvalid spec.selector.matchExpressions[3].values[0]",
    ]);
  });
});

describe("parseFieldSelector", () => {
  it.each([
    ["", []],
    ["metadata.name=web", [{ field: "metadata.name", operator: "=", value: "web" }]],
    [
      "a==1,b!=2,,",
      [
        { field: "a", operator: "=", value: "1" },
        { field: "b", operator: "!=", value: "2" },
      ],
    ],
    ["a=x\\,y\\=z\\\\", [{ field: "a", operator: "=", value: "x,y=z\\" }]],
  ])("[FS1] %j", (text, requirements) => {
    expect(parseFieldSelector(text)).toEqual(requirements);
  });

  it.each([
    ["name", "invalid selector: 'name'; can't understand 'name'"],
    ["a=b=c", "invalid field selector: unescaped character in value: 61"],
    ["a=\\x", "invalid field selector: invalid escape sequence: \\x"],
  ])("[FS2] %j fails as upstream says", (text, message) => {
    expect(() => parseFieldSelector(text)).toThrow(expect.objectContaining({ code: 400, message }));
  });
});
