import { expect, it } from "vitest";
import { checkLogOptions } from "./log-options.ts";

it.each([
  ["", undefined],
  ["tailLines=0&limitBytes=1&sinceSeconds=1&stream=All&follow=yes", undefined],
  ["sinceTime=2026-01-01T00:00:00%2B01:00&stream=Stdout", undefined],
  ["tailLines=x", '400 strconv.ParseInt: parsing "x": invalid syntax'],
  ["sinceTime=x", '400 parsing time "x" as "2006-01-02T15:04:05Z07:00": cannot parse "x" as "2006"'],
  ["tailLines=-1", "422 tailLines: Invalid value: -1: must be greater than or equal to 0"],
  ["limitBytes=0", "422 limitBytes: Invalid value: 0: must be greater than 0"],
  ["sinceSeconds=0", "422 sinceSeconds: Invalid value: 0: must be greater than 0"],
  [
    "sinceSeconds=0&sinceTime=2026-01-01T00:00:00Z",
    "422 : Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified",
  ],
  ["stream=x", '422 stream: Unsupported value: "x": supported values: "All", "Stderr", "Stdout"'],
  ["stream=Stderr&tailLines=1", "422 : Forbidden: `tailLines` and specific `stream` are mutually exclusive for now"],
])("[LO1] %s", (query, refusal) => {
  let said: string | undefined;
  try {
    checkLogOptions(new URLSearchParams(query));
  } catch (error) {
    const { code, message } = error as { code: number; message: string };
    said = `${code} ${message.replace('PodLogOptions "" is invalid: ', "")}`;
  }
  expect(said).toBe(refusal);
});
