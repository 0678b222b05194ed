/** How large what an expression is given can be, as its declaration or schema says. */
import type { Range } from "./range.ts";

/** A step from a value into what it holds. */
export const ITEMS = "@items";
export const INDICES = "@indices";
export const KEYS = "@keys";
export const VALUES = "@values";

/**
 * The size of what a path leads to: letters, bytes, elements or entries. The first step is a variable, each further one
 * a field's name or one of the above. Undefined: it is not known.
 */
export type SizeOf = (path: readonly string[]) => Range | undefined;

/** What is known of the values in one place. Getters serve for types that refer to themselves. */
export interface Declared {
  /** Most letters, bytes, elements or entries; absent: 0, as of what has no size. */
  readonly most?: number;
  readonly fields?: { readonly [name: string]: Declared };
  /** Of fields not named above: those of a map whose values all look alike. */
  readonly anyField?: Declared;
  readonly keys?: Declared;
  /** Elements of a list, or values of a map. */
  readonly elements?: Declared;
}

/** @param variables by name */
export function declaredSizes(variables: { readonly [name: string]: Declared }): SizeOf {
  return ([variable = "", ...steps]) => {
    let place = own(variables, variable);
    for (const step of steps) {
      if (step === ITEMS || step === VALUES) place = place?.elements;
      else if (step === KEYS) place = place?.keys;
      else place = own(place?.fields ?? {}, step) ?? place?.anyField;
    }
    return place && { min: 0, max: place.most ?? 0 };
  };
}

const own = (fields: { readonly [name: string]: Declared }, name: string): Declared | undefined =>
  Object.hasOwn(fields, name) ? fields[name] : undefined;
