/** CSINode. Source: https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/csi-node-v1/ */
import { duplicate, type FieldError, invalid } from "../../machinery/meta/field-error.ts";
import { checkNonNegative, checkPresent, checkQualifiedName } from "../common/checks.ts";
import { age, nameOf } from "../common/rows.ts";
import { same, without } from "../common/same.ts";
import { checkCsiDriverName } from "../core/pod-template/volumes-legacy.ts";
import type { Strategy } from "../kind.ts";
import type { CSINode, CSINodeDriver } from "./v1-types.ts";

const MAX_NODE_ID = 256;

function checkDriver(errors: FieldError[], driver: CSINodeDriver, names: Set<string>, path: string): void {
  checkCsiDriverName(errors, driver.name, `${path}.name`);
  if (checkPresent(errors, driver.nodeID, `${path}.nodeID`) && driver.nodeID.length > MAX_NODE_ID) {
    const detail = `must be ${MAX_NODE_ID} characters or less`;
    errors.push(invalid(`${path}.nodeID`, driver.nodeID, detail));
  }
  checkNonNegative(errors, driver.allocatable?.count, `${path}.allocatable.count`);
  if (names.has(driver.name)) errors.push(duplicate(`${path}.name`, driver.name));
  names.add(driver.name);
  const seen = new Set<string>();
  for (const key of driver.topologyKeys ?? []) {
    checkPresent(errors, key, path);
    if (seen.has(key)) errors.push(duplicate(path, key));
    seen.add(key);
    checkQualifiedName(errors, key, path);
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
      checkDriver(errors, driver, names, `spec.drivers[${i}]`);
    });
    return errors;
  },
  validateUpdate(next, prev) {
    const errors: FieldError[] = [];
    for (const before of prev.spec.drivers) {
      const now = next.spec.drivers.find((driver) => driver.name === before.name);
      // How many volumes fit is a measurement; who the node is to the driver is not.
      if (now && !same(without(now, ["allocatable"]), without(before, ["allocatable"]))) {
        errors.push(invalid("spec.drivers", without(now, ["allocatable"]), "field is immutable"));
      }
    }
    return errors;
  },
  row: (object, nowMs) => [nameOf(object), object.spec.drivers?.length ?? 0, age(object, nowMs)],
};
