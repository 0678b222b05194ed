import { describe, expect, it } from "vitest";
import { types } from "../../kinds/types.ts";
import { deepClone, deepEqual } from "../meta/equality.ts";
import { seededRandom } from "../meta/random.ts";
import { ApiError } from "../meta/status.ts";
import { decodeObject } from "./decode.ts";
import type { TypeSchema } from "./types.ts";

const SEED = 20_260_203;
const KINDS = [
  "io.k8s.api.core.v1.Pod",
  "io.k8s.api.core.v1.Service",
  "io.k8s.api.apps.v1.Deployment",
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition",
  "io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler",
  "io.k8s.api.coordination.v1.Lease",
];

/** Values by form: mostly good, some not canonical, few bad. */
const TEXTS: { [form: string]: unknown[] } = {
  string: ["a", "", "x y", "__proto__"],
  bytes: ["aGk=", "", "aG\nk=", "b!"],
  boolean: [true, false],
  int32: [0, 7, -1, 2 ** 31],
  int64: [0, 7, 2 ** 40, 1.5],
  double: [0.5, 1],
  time: ["2026-01-31T12:00:00Z", "2026-01-31T12:00:00.5+02:00", "soon"],
  microTime: ["2026-01-31T12:00:00.123456Z", "2026-01-31T12:00:00.000001+01:00", "2026-01-31T12:00:00Z"],
  quantity: ["1", "0.5", "1024Mi", 3, "many"],
  intOrString: [80, "http", true],
  any: [null, { a: [1, null] }, "x"],
  object: [{}, { "f:a": {} }],
};

class Generator {
  readonly #random: () => number;
  /** Share of values that are wrong on purpose. */
  readonly #noise: number;

  constructor(random: () => number, noise: number) {
    this.#random = random;
    this.#noise = noise;
  }

  value(type: TypeSchema, depth: number): unknown {
    if (this.#chance(this.#noise)) return this.#pick([null, "x", 5, [], {}, { a: 1 }, [null], true]);
    switch (type.form) {
      case "struct": {
        const object: { [key: string]: unknown } = {};
        for (const [name, field] of type.fields) {
          if (this.#chance(depth > 6 ? 0.02 : 0.25)) object[name] = this.value(field.type, depth + 1);
        }
        if (this.#chance(this.#noise)) object[this.#pick(["unknown", "toString", "constructor"])] = 1;
        return object;
      }
      case "array":
        return Array.from({ length: Math.floor(this.#random() * 3) }, () => this.value(type.item!, depth + 1));
      case "map":
        return Object.fromEntries(
          Array.from({ length: Math.floor(this.#random() * 3) }, (_, i) => [
            `k${i}`,
            this.value(type.item!, depth + 1),
          ]),
        );
      default: {
        const values = TEXTS[type.form]!;
        return this.#chance(this.#noise)
          ? values.at(-1)
          : values[Math.floor(this.#random() * Math.min(2, values.length))];
      }
    }
  }

  #pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.#random() * items.length)]!;
  }

  #chance(probability: number): boolean {
    return this.#random() < probability;
  }
}

describe("decodeObject on random objects", () => {
  it.each([0, 0.01, 0.1])(
    `[DF1] answers with an object or an ApiError, and decodes what it gave as it is (noise %d, seed ${SEED})`,
    (noise) => {
      const random = seededRandom(SEED);
      let decoded = 0;
      let refused = 0;
      for (let i = 0; i < 600; i++) {
        const type = KINDS[i % KINDS.length]!;
        const value = new Generator(random, noise).value(types.resolve(type)!, 0);
        const text = JSON.stringify(value);
        try {
          const first = decodeObject({ types, type, value });
          const copy = deepClone(first.value);
          const second = decodeObject({ types, type, value: copy });
          expect(deepEqual(second.value, JSON.parse(JSON.stringify(first.value))), text).toBe(true);
          expect(second.unknownFields).toEqual([]);
          decoded++;
        } catch (error) {
          if (!(error instanceof ApiError) || error.code !== 400) throw error;
          refused++;
        }
      }
      expect(decoded).toBeGreaterThan(noise === 0.1 ? 50 : 200);
      if (noise === 0) expect(refused).toBe(0);
      else expect(refused).toBeGreaterThan(20);
    },
  );
});
