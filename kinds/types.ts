/** The schema of every API type, by name: "io.k8s.api.core.v1.Pod". */
import { createTypeTable, type TypeTable } from "../machinery/schema/types.ts";
import { typesText } from "./generated/types.ts";

export const types: TypeTable = createTypeTable(JSON.parse(typesText));
