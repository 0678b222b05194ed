/** Warns whoever uses a version that will go. */
import type { Filter } from "../context.ts";
import { deprecationWarning } from "../deprecations.ts";

export const deprecation: Filter = (context, next) => {
  const warning = context.info.isResource ? deprecationWarning(context.info) : undefined;
  if (warning !== undefined) context.warnings.push(warning);
  return next(context);
};
