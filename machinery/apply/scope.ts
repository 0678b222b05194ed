/** Fields that a write through an endpoint can own: not those that the endpoint resets to what they were. */
import { SELF } from "./element.ts";
import { difference, type FieldSet, isEmpty, LEAF, type MutableFieldSet, recursiveDifference } from "./field-set.ts";

export type FieldScope =
  /** All but these and what is below them. */
  | { readonly excluded: FieldSet }
  /** Only what begins with one of these paths; "*" stands for any element. */
  | { readonly included: readonly (readonly string[])[] };

export const EVERYTHING: FieldScope = { excluded: LEAF };

export function limitToScope(set: FieldSet, scope: FieldScope): FieldSet {
  if ("excluded" in scope) return recursiveDifference(set, scope.excluded);
  return matching(set, scope.included) ?? LEAF;
}

function matching(node: FieldSet, patterns: readonly (readonly string[])[]): FieldSet | undefined {
  if (patterns.some((pattern) => pattern.length === 0)) return node;
  const result: MutableFieldSet = {};
  for (const element in node) {
    if (element === SELF) continue;
    const fitting = patterns.filter(([first]) => first === "*" || first === element);
    if (fitting.length === 0) continue;
    const child = node[element]!;
    const kept = matching(
      child,
      fitting.map((pattern) => pattern.slice(1)),
    );
    const isSelf = child[SELF] !== undefined || isEmpty(child);
    if (kept === undefined || isEmpty(kept)) {
      if (isSelf) result[element] = LEAF;
    } else result[element] = isSelf && kept[SELF] === undefined ? { [SELF]: LEAF, ...kept } : kept;
  }
  return isEmpty(result) ? undefined : result;
}

/** Without members that are in `unowned`. */
export const withoutMembers = difference;
