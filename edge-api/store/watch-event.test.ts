import { describe, expect, it } from "vitest";
import { withRevision } from "./watch-event.ts";

describe("withRevision", () => {
  it.each([
    {
      name: "[WR1] replaces the one there is, and leaves the rest of the text as it was",
      text: '{"metadata":{"resourceVersion":"7"},"n":12345678901234567890}',
      want: '{"metadata":{"resourceVersion":"9"},"n":12345678901234567890}',
    },
    {
      name: "[WR2] knows metadata's from others, before and behind it",
      text: '{"involvedObject":{"resourceVersion":"7"},"metadata":{"resourceVersion":"7"},"related":{"resourceVersion":"7"}}',
      want: '{"involvedObject":{"resourceVersion":"7"},"metadata":{"resourceVersion":"9"},"related":{"resourceVersion":"7"}}',
    },
    {
      name: "[WR3] is not misled by a text within a string",
      text: '{"metadata":{"annotations":{"a":"\\"resourceVersion\\":\\"7\\""},"resourceVersion":"7"}}',
      want: '{"metadata":{"annotations":{"a":"\\"resourceVersion\\":\\"7\\""},"resourceVersion":"9"}}',
    },
    {
      name: "[WR4] adds one where there is none",
      text: '{"metadata":{}}',
      want: '{"metadata":{"resourceVersion":"9"}}',
    },
  ])("$name", ({ text, want }) => expect(withRevision(text, 9)).toBe(want));
});
