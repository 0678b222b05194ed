import { describe, expect, it } from "vitest";
import { Questions } from "./questions.ts";

describe("Questions", () => {
  it("[QU1] one controller's questions that nobody answers do not keep another's waiting", async () => {
    const questions = new Questions();
    let started = 0;
    const never = () => {
      started++;
      return new Promise<never>(() => undefined);
    };
    for (let i = 0; i < 100; i++) questions.ask("slow", [{ name: "metrics", ask: never }], () => undefined);
    expect(started).toBe(32);
    const answered: unknown[] = [];
    questions.ask("quick", [{ name: "signature", ask: async () => "signed" }], (answers) => {
      answered.push(answers.get("signature"));
    });
    await questions.change();
    expect(answered).toEqual([{ ok: true, value: "signed" }]);
    expect(questions.isWaiting).toBe(true);
  });
});
