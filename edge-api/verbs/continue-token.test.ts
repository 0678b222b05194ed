import { expect, it } from "vitest";
import { decodeContinue, encodeContinue } from "./continue-token.ts";

it.each([
  { at: 7, after: { namespace: "ns", name: "a.b" } },
  { at: undefined, after: { namespace: "", name: "system:ü" } },
])("[CT1] comes back as it was: %o", (token) => {
  expect(decodeContinue(encodeContinue(token))).toEqual(token);
});

const encoded = (value: unknown): string => btoa(typeof value === "string" ? value : JSON.stringify(value));

it.each([
  ["[CT2] no base64", "%%%"],
  ["[CT3] no JSON", encoded("{")],
  ["[CT4] another version", encoded({ v: "v2", rv: 1, start: "a/b\0" })],
  ["[CT5] revision 0", encoded({ v: "meta.k8s.io/v1", rv: 0, start: "a/b\0" })],
  ["[CT6] a revision that is none", encoded({ v: "meta.k8s.io/v1", rv: "1", start: "a/b\0" })],
  ["[CT7] no key", encoded({ v: "meta.k8s.io/v1", rv: 1 })],
  ["[CT8] a key with too many parts", encoded({ v: "meta.k8s.io/v1", rv: 1, start: "a/b/c\0" })],
  ["[CT9] null", encoded("null")],
  ["[CT10] too long", "A".repeat(5000)],
])("%s is refused", (_name, token) => {
  expect(() => decodeContinue(token)).toThrow(/^invalid continue token: continue key is not valid/);
});
