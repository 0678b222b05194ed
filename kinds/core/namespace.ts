/** Namespace. Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/ */
import { type FieldError, invalid } from "../../machinery/meta/field-error.ts";
import { dns1123Label, qualifiedName } from "../../machinery/meta/names.ts";
import { addMessages } from "../common/checks.ts";
import { age, nameOf } from "../common/rows.ts";
import { keepStatus, onlyStatus } from "../common/status.ts";
import type { Strategy } from "../kind.ts";
import type { Namespace } from "./v1-types.ts";

const NAME_LABEL = "kubernetes.io/metadata.name";
/** The namespace controller's; it is removed through the finalize subresource once nothing is left inside. */
const FINALIZER = "kubernetes";

const STANDARD_FINALIZERS = new Set([FINALIZER, "foregroundDeletion", "orphan"]);

function checkFinalizers(errors: FieldError[], finalizers: readonly string[] | undefined, path: string): void {
  for (const name of finalizers ?? []) {
    addMessages(errors, path, name, qualifiedName(name));
    if (!name.includes("/") && !STANDARD_FINALIZERS.has(name)) {
      errors.push(invalid(path, name, "name is neither a standard finalizer name nor is it fully qualified"));
    }
  }
}

/** Every namespace can be selected by its name. */
function labelWithName(namespace: Namespace): void {
  const { metadata } = namespace;
  if (!metadata.name) return;
  metadata.labels ??= {};
  metadata.labels[NAME_LABEL] = metadata.name;
}

function checkPhase(next: Namespace): FieldError[] {
  const ending = next.metadata.deletionTimestamp !== undefined;
  const phase = next.status?.phase ?? "";
  if (phase === (ending ? "Terminating" : "Active")) return [];
  const detail = ending
    ? "may only be 'Terminating' if `deletionTimestamp` is not empty"
    : "may only be 'Active' if `deletionTimestamp` is empty";
  return [invalid("status.Phase", phase, detail)];
}

export const namespace: Strategy<Namespace> = {
  defaults(next) {
    next.spec ??= {};
    labelWithName(next);
    next.status ??= {};
    next.status.phase ??= "Active";
    return next;
  },
  prepareForCreate(next) {
    // A generated name has only now come about.
    labelWithName(next);
    next.status = { phase: "Active" };
    const finalizers = next.spec.finalizers ?? [];
    next.spec.finalizers = finalizers.includes(FINALIZER) ? finalizers : [...finalizers, FINALIZER];
    return next;
  },
  prepareForUpdate(next, prev) {
    next.spec = prev.spec;
    return keepStatus(next, prev);
  },
  validate({ spec }) {
    const errors: FieldError[] = [];
    checkFinalizers(errors, spec.finalizers, "spec.finalizers");
    return errors;
  },
  subresources: {
    status: { prepareForUpdate: onlyStatus, validateUpdate: checkPhase },
    finalize: {
      prepareForUpdate: keepStatus,
      validateUpdate(next) {
        const errors: FieldError[] = [];
        next.spec.finalizers?.forEach((name, i) => {
          checkFinalizers(errors, [name], `spec.finalizers[${i}]`);
        });
        return errors;
      },
    },
  },
  nameErrors: dns1123Label,
  selectableFields: ({ status }) => ({ "status.phase": status?.phase ?? "" }),
  row: (object, nowMs) => [nameOf(object), object.status?.phase ?? "", age(object, nowMs)],
};
