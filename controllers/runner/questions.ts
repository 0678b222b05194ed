import type { Answer, Question } from "./controller.ts";

/** Asked at one time, over all controllers: each may hold a connection. */
const MAX_ASKED = 32;

interface Waiting {
  questions: readonly Question[];
  answered(answers: ReadonlyMap<string, Answer>): void;
}

/** Asks what plans want to know, beside everything else that the runner does. */
export class Questions {
  readonly #waiting: Waiting[] = [];
  #asked = 0;
  #stir: (() => void) | undefined;

  /** `answered` is called once, when all of them are answered or have failed. */
  ask(questions: readonly Question[], answered: Waiting["answered"]): void {
    this.#waiting.push({ questions, answered });
    this.#next();
  }

  /** Whether an answer is still to come. */
  get isWaiting(): boolean {
    return this.#asked > 0 || this.#waiting.length > 0;
  }

  /** Resolves with the next answer, or when `stir` is called. */
  async change(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#stir = resolve;
    });
  }

  stir(): void {
    this.#stir?.();
    this.#stir = undefined;
  }

  #next(): void {
    while (this.#asked < MAX_ASKED) {
      const next = this.#waiting.shift();
      if (!next) return;
      this.#asked += next.questions.length;
      void Promise.all(next.questions.map(answerTo)).then((answers) => {
        this.#asked -= next.questions.length;
        next.answered(new Map(answers));
        this.#next();
        this.stir();
      });
    }
  }
}

async function answerTo({ name, ask }: Question): Promise<[string, Answer]> {
  try {
    return [name, { ok: true, value: await ask() }];
  } catch (error) {
    return [name, { ok: false, error: error instanceof Error ? error : new Error(String(error)) }];
  }
}
