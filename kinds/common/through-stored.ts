/** Older versions of a kind whose rules are those of the stored version. */
import { deepClone } from "../../machinery/meta/equality.ts";
import type { FieldError } from "../../machinery/meta/field-error.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";
import type { Strategy } from "../kind.ts";

interface Conversion<Older extends KubeObject, Stored extends KubeObject> {
  /** The argument belongs to the callee. */
  toStored(object: Older): Stored;
  fromStored(object: Stored): Older;
  defaults(next: Older): Older;
}

/**
 * Every rule converts, asks the stored version's, and converts back, so that both versions are judged alike and errors
 * name the stored version's fields, as upstream's do.
 */
export function throughStored<Older extends KubeObject, Stored extends KubeObject>(
  stored: Strategy<Stored>,
  { toStored, fromStored, defaults }: Conversion<Older, Stored>,
): Strategy<Older> {
  const up = (object: Older): Stored => toStored(deepClone(object));
  type Prepare = (next: Stored, prev: Stored) => Stored;
  type Check = (next: Stored, prev: Stored) => FieldError[];
  const prepared =
    (prepare: Prepare) =>
    (next: Older, prev: Older): Older =>
      fromStored(deepClone(prepare(up(next), up(prev))));
  const checked =
    (check: Check) =>
    (next: Older, prev: Older): FieldError[] =>
      check(up(next), up(prev));
  const {
    prepareForCreate,
    prepareForUpdate,
    validate,
    validateCreate,
    validateUpdate,
    selectableFields,
    row,
    rowConditions,
  } = stored;
  const {
    prepareForCreate: _create,
    prepareForUpdate: _update,
    validate: _validate,
    validateCreate: _validateCreate,
    validateUpdate: _validateUpdate,
    selectableFields: _fields,
    row: _row,
    rowConditions: _conditions,
    subresources,
    defaults: _defaults,
    toStored: _to,
    fromStored: _from,
    defaultGraceSeconds: _grace,
    ...flags
  } = stored;
  return {
    ...flags,
    defaults,
    ...(prepareForCreate && { prepareForCreate: (next) => fromStored(deepClone(prepareForCreate(up(next)))) }),
    ...(prepareForUpdate && { prepareForUpdate: prepared(prepareForUpdate) }),
    ...(validate && { validate: (next) => validate(up(next)) }),
    ...(validateCreate && { validateCreate: (next) => validateCreate(up(next)) }),
    ...(validateUpdate && { validateUpdate: checked(validateUpdate) }),
    ...(subresources && {
      subresources: Object.fromEntries(
        Object.entries(subresources).map(([name, rules]) => [
          name,
          {
            ...(rules.prepareForUpdate && { prepareForUpdate: prepared(rules.prepareForUpdate) }),
            ...(rules.validateUpdate && { validateUpdate: checked(rules.validateUpdate) }),
          },
        ]),
      ),
    }),
    ...(selectableFields && { selectableFields: (object) => selectableFields(up(object)) }),
    ...(row && { row: (object, nowMs) => row(up(object), nowMs) }),
    ...(rowConditions && { rowConditions: (object) => rowConditions(up(object)) }),
    toStored,
    fromStored: (object) => fromStored(object as Stored),
  };
}
