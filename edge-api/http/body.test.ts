import { expect, it } from "vitest";
import { readText } from "./body.ts";
import type { ApiRequest } from "./request.ts";

const MEBIBYTE = 1024 * 1024;

it.each([
  { name: "a body that is too long is taken in before it is refused", sends: 5, takes: 5 },
  { name: "but not what has no end", sends: 100, takes: 17 },
])("[BO1] $name", async ({ sends, takes }) => {
  let taken = 0;
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (taken === sends) return controller.close();
        taken++;
        controller.enqueue(new Uint8Array(MEBIBYTE));
      },
    },
    { highWaterMark: 0 },
  );
  const headers = new Headers({ "content-length": String(sends * MEBIBYTE) });
  await expect(readText({ headers, body } as unknown as ApiRequest)).rejects.toMatchObject({ code: 413 });
  expect(taken).toBe(takes);
});
