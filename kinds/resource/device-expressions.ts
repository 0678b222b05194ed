/**
 * CEL expressions that say which devices are wanted: `device.attributes["gpu.example.com"].model == "big"`.
 * Source: https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/#deviceclass
 */
import { type Compiled, compileExpression } from "../../machinery/cel/compile.ts";
import { createEnvironment, type Environment } from "../../machinery/cel/environment.ts";
import { type Declared, declaredSizes, type SizeOf } from "../../machinery/cel/estimate/declared-sizes.ts";
import type { Range } from "../../machinery/cel/estimate/range.ts";
import { QUANTITY_TYPE } from "../../machinery/cel/functions/quantity.ts";
import { KUBERNETES_LIBRARIES } from "../../machinery/cel/libraries.ts";
import { ANY, BOOL, mapOf, objectOf, STRING } from "../../machinery/cel/types.ts";

/** Upstream's CELSelectorExpressionMaxCost: of one evaluation for one device. */
const COST_LIMIT = 1_000_000;

/** An evaluation is given an object with these fields as `device`. */
const DEVICE = objectOf("kubernetes.DRADevice", {
  driver: STRING,
  allowMultipleAllocations: BOOL,
  attributes: mapOf(STRING, mapOf(STRING, ANY)),
  capacity: mapOf(STRING, mapOf(STRING, QUANTITY_TYPE)),
});

/** What the rules of ResourceSlices let names and values be at most. */
const MAX_DRIVER = 63;
const MAX_DOMAIN = 63;
const MAX_ID = 32;
const MAX_VALUE = 64;
const MAX_ENTRIES = 32;

const map = (keyLength: number, elements: Declared, anyField?: Declared): Declared => ({
  most: MAX_ENTRIES,
  keys: { most: keyLength },
  elements,
  ...(anyField && { anyField }),
});
const VALUE: Declared = { most: MAX_VALUE };
const SIZES: SizeOf = declaredSizes({
  device: {
    fields: {
      driver: { most: MAX_DRIVER },
      allowMultipleAllocations: { most: 1 },
      attributes: map(MAX_DOMAIN, map(MAX_ID, VALUE, VALUE)),
      capacity: map(MAX_DOMAIN, map(MAX_ID, {})),
    },
  },
});

let environment: Environment | undefined;

/** @param how `estimates`: says what an evaluation costs at most, for validation */
export function compileDeviceExpression(text: string, { estimates = false } = {}): Compiled {
  environment ??= createEnvironment({ variables: { device: DEVICE }, libraries: KUBERNETES_LIBRARIES, hasBind: true });
  return compileExpression({
    text,
    environment,
    returns: [BOOL],
    wrongType: (found) => `must evaluate to bool or the unknown type, not ${found}`,
    costLimit: COST_LIMIT,
    ...(estimates && { sizeOf: SIZES }),
  });
}

export const isTooComplex = ({ max }: Range): boolean => max > COST_LIMIT;
