/** What an expression may name: variables with their types, functions, types. Made once for each use, and shared. */
import type { Overload } from "./functions/function.ts";
import { STANDARD } from "./functions/standard.ts";
import { BOOL, type CelType, NAMED_TYPES, type ObjectType } from "./types.ts";

export interface Environment {
  readonly variables: ReadonlyMap<string, CelType>;
  readonly functions: ReadonlyMap<string, readonly Overload[]>;
  /** By the name they have in expressions. */
  readonly types: ReadonlyMap<string, CelType>;
  /** The types whose objects an expression can make: `Object.spec{replicas: 2}`. */
  struct(name: string): ObjectType | undefined;
  /** Lists and maps of literals may hold different types. Kubernetes has it that they may not. */
  readonly mixedLiterals: boolean;
  /** Whether there is `cel.bind(name, value, expression)`. */
  readonly hasBind: boolean;
}

export interface EnvironmentOptions {
  variables?: { readonly [name: string]: CelType };
  /** Besides the standard functions. */
  libraries?: readonly (readonly Overload[])[];
  /** Absent: objects cannot be made. */
  struct?(name: string): ObjectType | undefined;
  mixedLiterals?: boolean;
  hasBind?: boolean;
}

/** The evaluator does these itself: they do not evaluate all of their arguments, or swallow errors. */
const nothing = (): never => {
  throw new Error("evaluated by the evaluator itself");
};
const operator = (name: string, params: readonly CelType[]): Overload => ({
  name,
  member: false,
  params,
  result: BOOL,
  call: nothing,
});
export const LOGIC: readonly Overload[] = [
  operator("_&&_", [BOOL, BOOL]),
  operator("_||_", [BOOL, BOOL]),
  operator("@not_strictly_false", [BOOL]),
];

export function createEnvironment({
  variables = {},
  libraries = [],
  struct = () => undefined,
  mixedLiterals = false,
  hasBind = false,
}: EnvironmentOptions): Environment {
  const functions = new Map<string, Overload[]>();
  for (const overload of [...LOGIC, ...STANDARD, ...libraries.flat()]) {
    const known = functions.get(overload.name);
    if (known) known.push(overload);
    else functions.set(overload.name, [overload]);
  }
  const types = new Map(NAMED_TYPES);
  for (const library of libraries) for (const { params, result } of library) nameOpaque([...params, result], types);
  return { variables: new Map(Object.entries(variables)), functions, types, struct, mixedLiterals, hasBind };
}

function nameOpaque(mentioned: readonly CelType[], types: Map<string, CelType>): void {
  for (const type of mentioned) if (type.kind === "opaque") types.set(type.name, type);
}
