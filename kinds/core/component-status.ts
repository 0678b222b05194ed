/** ComponentStatus, which nothing can write. */
import { nameOf } from "../common/rows.ts";
import type { Strategy } from "../kind.ts";
import type { ComponentStatus } from "./v1-types.ts";

export const componentStatus: Strategy<ComponentStatus> = {
  row(object) {
    const healthy = object.conditions?.find((condition) => condition.type === "Healthy");
    if (!healthy) return [nameOf(object), "Unknown", "", ""];
    const status = healthy.status === "True" ? "Healthy" : "Unhealthy";
    return [nameOf(object), status, healthy.message ?? "", healthy.error ?? ""];
  },
};
