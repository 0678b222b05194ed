import type { Answer, Question } from "./controller.ts";

/** Asked at one time by one controller: each may hold a connection. */
const MAX_ASKED = 32;

interface Waiting {
  questions: readonly Question[];
  answered(answers: ReadonlyMap<string, Answer>): void;
}

/** The questions of one controller. */
interface Lane {
  waiting: Waiting[];
  asked: number;
}

/**
 * Asks what plans want to know, beside everything else that the runner does. Each controller waits in a lane of its own:
 * metrics that nobody answers must not keep certificates from being signed.
 */
export class Questions {
  readonly #lanes = new Map<string, Lane>();
  #stir: (() => void) | undefined;

  /** `answered` is called once, when all of them are answered or have failed. */
  ask(controller: string, questions: readonly Question[], answered: Waiting["answered"]): void {
    let lane = this.#lanes.get(controller);
    if (!lane) {
      lane = { waiting: [], asked: 0 };
      this.#lanes.set(controller, lane);
    }
    lane.waiting.push({ questions, answered });
    this.#next(lane);
  }

  /** Whether an answer is still to come. */
  get isWaiting(): boolean {
    for (const { waiting, asked } of this.#lanes.values()) if (asked > 0 || waiting.length > 0) return true;
    return false;
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

  #next(lane: Lane): void {
    while (lane.asked < MAX_ASKED) {
      const next = lane.waiting.shift();
      if (!next) return;
      lane.asked += next.questions.length;
      void Promise.all(next.questions.map(answerTo)).then((answers) => {
        lane.asked -= next.questions.length;
        next.answered(new Map(answers));
        this.#next(lane);
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
