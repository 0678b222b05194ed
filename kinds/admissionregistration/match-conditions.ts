/** CEL conditions of webhooks and policies: their names and number. What they say: see condition-expressions.ts. */
import { duplicate, type FieldError, required, tooMany } from "../../machinery/meta/field-error.ts";
import { qualifiedName } from "../../machinery/meta/names.ts";
import { addMessages } from "../common/checks.ts";
import type { MatchCondition } from "./v1-types.ts";

const MAX_CONDITIONS = 64;

export function checkMatchConditions(
  errors: FieldError[],
  conditions: readonly MatchCondition[] | undefined,
  path: string,
): void {
  if (!conditions) return;
  if (conditions.length > MAX_CONDITIONS) errors.push(tooMany(path, conditions.length, MAX_CONDITIONS));
  const names = new Set<string>();
  conditions.forEach(({ name = "" }, i) => {
    const at = `${path}[${i}]`;
    if (name === "") errors.push(required(`${at}.name`));
    else {
      addMessages(errors, `${at}.name`, name, qualifiedName(name));
      if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
      names.add(name);
    }
  });
}
