/** The schema of every API type, by name: "io.k8s.api.core.v1.Pod". */
import { addJsonShape } from "../machinery/schema/json-shape.ts";
import { createTypeTable, type TypeTable } from "../machinery/schema/types.ts";
import { jsonShapeText } from "./generated/json-shape.ts";
import { typesText } from "./generated/types.ts";
import { metricsTypes } from "./metrics/resources.ts";

export const types: TypeTable = createTypeTable(
  addJsonShape({ ...JSON.parse(typesText), ...metricsTypes }, jsonShapeText),
);
