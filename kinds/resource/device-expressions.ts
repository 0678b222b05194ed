/**
 * CEL expressions that say which devices are wanted: `device.attributes["gpu.example.com"].model == "big"`.
 * Source: https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/#deviceclass
 */
import { type Compiled, compileExpression } from "../../machinery/cel/compile.ts";
import { createEnvironment, type Environment } from "../../machinery/cel/environment.ts";
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

let environment: Environment | undefined;

export function compileDeviceExpression(text: string): Compiled {
  environment ??= createEnvironment({ variables: { device: DEVICE }, libraries: KUBERNETES_LIBRARIES, hasBind: true });
  return compileExpression({
    text,
    environment,
    returns: [BOOL],
    wrongType: (found) => `must evaluate to bool or the unknown type, not ${found}`,
    costLimit: COST_LIMIT,
  });
}
