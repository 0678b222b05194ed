/** CSINode. Source: https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/csi-node-v1/ */
import { duplicate, type FieldError, invalid } from "../../machinery/meta/field-error.ts";
import { checkNonNegative, checkPresent, checkQualifiedName } from "../common/checks.ts";
import { age, nameOf } from "../common/rows.ts";
import { same, without } from "../common/same.ts";
import { checkCsiDriverName } from "../core/pod-template/volumes-legacy.ts";
import type { Strategy } from "../kind.ts";
import type { CSINode, CSINodeDriver } from "./v1-types.ts";

const MAX_NODE_ID = 256;

function checkDriver(errors: FieldError[], driver: CSINodeDriver, path: string): void {
  checkCsiDriverName(errors, driver.name, `${path}.name`);
  if (checkPresent(errors, driver.nodeID, `${path}.nodeID`) && driver.nodeID.length > MAX_NODE_ID) {
    const detail = `must be ${MAX_NODE_ID} characters or less`;
    errors.push(invalid(`${path}.nodeID`, driver.nodeID, detail));
  }
  checkNonNegative(errors, driver.allocatable?.count, `${path}.allocatable.count`);
  const seen = new Set<string>();
  for (const key of driver.topologyKeys ?? []) {
    if (!checkPresent(errors, key, `${path}.topologyKeys`)) continue;
    if (seen.has(key)) errors.push(duplicate(`${path}.topologyKeys`, key));
    seen.add(key);
    checkQualifiedName(errors, key, `${path}.topologyKeys`);
  }
}

export const csiNode: Strategy<CSINode> = {
  allowUnconditionalUpdate: false,
  defaults(next) {
    next.spec ??= { drivers: [] };
    next.spec.drivers ??= [];
    return next;
  },
  validate({ spec }) {
    const errors: FieldError[] = [];
    const names = new Set<string>();
    spec.drivers.forEach((driver, i) => {
      const path = `spec.drivers[${i}]`;
      checkDriver(errors, driver, path);
      if (names.has(driver.name)) errors.push(duplicate(`${path}.name`, driver.name));
      names.add(driver.name);
    });
    return errors;
  },
  validateUpdate(next, prev) {
    const errors: FieldError[] = [];
    for (const before of prev.spec.drivers) {
      const now = next.spec.drivers.find((driver) => driver.name === before.name);
      // How many volumes fit is a measurement; who the node is to the driver is not.
      if (now && !same(without(now, ["allocatable"]), without(before, ["allocatable"]))) {
        errors.push(invalid("CSINodeDriver", now, "field is immutable"));
      }
    }
    return errors;
  },
  row: (object, nowMs) => [nameOf(object), object.spec.drivers?.length ?? 0, age(object, nowMs)],
};
