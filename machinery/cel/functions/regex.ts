/** Kubernetes' regex library. */
import { INT, listOf, STRING } from "../types.ts";
import { matching } from "./cost.ts";
import { member, type Overload } from "./function.ts";
import { compilePattern } from "./pattern.ts";

// biome-ignore lint/suspicious/noExplicitAny: the checker and the dispatcher have seen to the types
type Any = any;

function findAll(text: string, pattern: string, limit: bigint): string[] {
  const matcher = compilePattern(pattern).matcher(text);
  const found: string[] = [];
  while ((limit < 0n || BigInt(found.length) < limit) && matcher.find()) found.push(matcher.group() ?? "");
  return found;
}

const cost = { cost: matching };

export const REGEX: readonly Overload[] = [
  member("find", [STRING, STRING], STRING, (text: Any, pattern: Any) => findAll(text, pattern, 1n)[0] ?? "", cost),
  member("findAll", [STRING, STRING], listOf(STRING), (text: Any, pattern: Any) => findAll(text, pattern, -1n), cost),
  member(
    "findAll",
    [STRING, STRING, INT],
    listOf(STRING),
    (text: Any, pattern: Any, limit: Any) => findAll(text, pattern, limit),
    cost,
  ),
];
