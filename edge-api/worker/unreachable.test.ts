import { expect, it } from "vitest";
import { unreachable } from "./unreachable.ts";

it.each([
  {
    name: "[UR1] an object that moves: reads are tried again",
    error: { retryable: true },
    method: "GET",
    code: 503,
    after: "1",
  },
  {
    name: "[UR2] writes are not, since they may have been done",
    error: { retryable: true },
    method: "POST",
    code: 503,
    after: null,
  },
  { name: "[UR3] new code", error: { durableObjectReset: true }, method: "PUT", code: 503, after: null },
  {
    name: "[UR4] what no object has seen is tried again",
    error: { overloaded: true },
    method: "POST",
    code: 429,
    after: "1",
  },
  { name: "[UR5] a mistake of ours", error: new TypeError("x is undefined"), method: "GET", code: 500, after: null },
])("$name", async ({ error, method, code, after }) => {
  const response = unreachable(error, method);
  expect(response.status).toBe(code);
  expect(response.headers.get("retry-after")).toBe(after);
  const text = await response.text();
  expect(JSON.parse(text)).toMatchObject({ kind: "Status", code });
  expect(text).not.toContain("undefined");
});
