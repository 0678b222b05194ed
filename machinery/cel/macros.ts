/** Macros: what looks like a call and is a fold, or a test for presence. Source: langdef.md#macros, cel-go's extensions */
import { CelSyntaxError, type Node } from "./ast.ts";
import { BOOL, INT } from "./types.ts";

type Call = Extract<Node, { kind: "call" }>;
type Expand = (call: Call) => Node;

export const ACCUMULATOR = "@result";

/** The expansion of a call that is a macro; undefined: it is none. @throws CelSyntaxError */
export function expandMacro(node: Node): Node | undefined {
  if (node.kind !== "call") return undefined;
  const form = node.target ? "member" : "global";
  return MACROS.get(`${form} ${node.name} ${node.args.length}`)?.(node);
}

const ident = (name: string, at: number): Node => ({ kind: "ident", at, name });
const truth = (value: boolean, at: number): Node => ({ kind: "const", at, value, type: BOOL });
const whole = (value: bigint, at: number): Node => ({ kind: "const", at, value, type: INT });
const op = (name: string, at: number, ...args: Node[]): Node => ({ kind: "call", at, name, target: undefined, args });
const listOf = (at: number, ...values: Node[]): Node => ({
  kind: "list",
  at,
  elements: values.map((value) => ({ value, optional: false })),
});

function nameOf(node: Node | undefined): string {
  const at = node?.at ?? 0;
  if (node?.kind !== "ident" || node.name.startsWith("."))
    throw new CelSyntaxError("argument is not an identifier", at);
  if (node.name === ACCUMULATOR || node.name === "__result__")
    throw new CelSyntaxError("iteration variable overwrites accumulator variable", at);
  return node.name;
}

interface Variables {
  first: string;
  second: string | undefined;
}

const oneVariable = ({ args }: Call): Variables => ({ first: nameOf(args[0]), second: undefined });

function twoVariables({ args }: Call): Variables {
  const [first, second] = [nameOf(args[0]), nameOf(args[1])];
  if (first === second) throw new CelSyntaxError(`duplicate variable name: ${second}`, args[1]!.at);
  return { first, second };
}

type Fold = { init: Node; condition: Node; step: Node; result?: Node };

const fold = ({ at, target }: Call, variables: Variables, { init, condition, step, result }: Fold): Node => ({
  kind: "fold",
  at,
  range: target!,
  ...variables,
  accumulator: ACCUMULATOR,
  init,
  condition,
  step,
  result: result ?? ident(ACCUMULATOR, at),
});

const has: Expand = ({ at, args: [argument] }) => {
  if (argument?.kind !== "select") throw new CelSyntaxError("invalid argument to has() macro", argument?.at ?? at);
  return { ...argument, testOnly: true };
};

const all = (call: Call, variables: Variables, predicate: Node): Node => {
  const { at } = call;
  const result = ident(ACCUMULATOR, at);
  return fold(call, variables, {
    init: truth(true, at),
    condition: op("@not_strictly_false", at, result),
    step: op("_&&_", at, result, predicate),
  });
};

const exists = (call: Call, variables: Variables, predicate: Node): Node => {
  const { at } = call;
  const result = ident(ACCUMULATOR, at);
  return fold(call, variables, {
    init: truth(false, at),
    condition: op("@not_strictly_false", at, op("!_", at, result)),
    step: op("_||_", at, result, predicate),
  });
};

const existsOne = (call: Call, variables: Variables, predicate: Node): Node => {
  const { at } = call;
  const count = ident(ACCUMULATOR, at);
  return fold(call, variables, {
    init: whole(0n, at),
    condition: truth(true, at),
    step: op("_?_:_", at, predicate, op("_+_", at, count, whole(1n, at)), count),
    result: op("_==_", at, count, whole(1n, at)),
  });
};

/** A list of what `transform` makes of the elements that `filter` lets through. */
const toList = (call: Call, variables: Variables, { filter, transform }: { filter?: Node; transform: Node }): Node => {
  const { at } = call;
  const result = ident(ACCUMULATOR, at);
  const longer = op("_+_", at, result, listOf(at, transform));
  return fold(call, variables, {
    init: listOf(at),
    condition: truth(true, at),
    step: filter ? op("_?_:_", at, filter, longer, result) : longer,
  });
};

const toMap = (
  call: Call,
  variables: Variables,
  { filter, add }: { filter: Node | undefined; add: (result: Node) => Node },
): Node => {
  const { at } = call;
  const result = ident(ACCUMULATOR, at);
  return fold(call, variables, {
    init: { kind: "map", at, entries: [] },
    condition: truth(true, at),
    step: filter ? op("_?_:_", at, filter, add(result), result) : add(result),
  });
};

const last = ({ args }: Call): Node => args.at(-1)!;
/** Of `(k, v, filter, transform)`. */
const middle = ({ args }: Call): Node | undefined => (args.length === 4 ? args[2] : undefined);

/** Evaluates `init` once, under a name. */
const bind = (at: number, name: string, { init, body }: { init: Node; body: Node }): Node => ({
  kind: "fold",
  at,
  range: listOf(at),
  first: "#unused",
  second: undefined,
  accumulator: name,
  init,
  condition: truth(false, at),
  step: ident(name, at),
  result: body,
});

/** `cel.bind(name, value, expression)`; undefined: the call is another. @throws CelSyntaxError */
export function expandBind(node: Node): Node | undefined {
  if (node.kind !== "call" || node.name !== "bind" || node.args.length !== 3) return undefined;
  if (node.target?.kind !== "ident" || node.target.name !== "cel") return undefined;
  return bind(node.at, nameOf(node.args[0]), { init: node.args[1]!, body: node.args[2]! });
}

const optionalMap =
  (isFlat: boolean): Expand =>
  ({ at, target, args }) => {
    const name = nameOf(args[0]);
    const member = (method: string): Node => ({ kind: "call", at, name: method, target: target!, args: [] });
    const body = bind(at, name, { init: member("value"), body: args[1]! });
    const made = isFlat ? body : op("optional.of", at, body);
    return op("_?_:_", at, member("hasValue"), made, op("optional.none", at));
  };

const MACROS: ReadonlyMap<string, Expand> = new Map<string, Expand>([
  ["global has 1", has],
  ["member all 2", (call) => all(call, oneVariable(call), last(call))],
  ["member exists 2", (call) => exists(call, oneVariable(call), last(call))],
  ["member exists_one 2", (call) => existsOne(call, oneVariable(call), last(call))],
  ["member existsOne 2", (call) => existsOne(call, oneVariable(call), last(call))],
  ["member map 2", (call) => toList(call, oneVariable(call), { transform: last(call) })],
  ["member map 3", (call) => toList(call, oneVariable(call), { filter: call.args[1]!, transform: last(call) })],
  ["member filter 2", (call) => toList(call, oneVariable(call), { filter: last(call), transform: call.args[0]! })],
  ["member all 3", (call) => all(call, twoVariables(call), last(call))],
  ["member exists 3", (call) => exists(call, twoVariables(call), last(call))],
  ["member existsOne 3", (call) => existsOne(call, twoVariables(call), last(call))],
  ["member exists_one 3", (call) => existsOne(call, twoVariables(call), last(call))],
  ...[3, 4].flatMap((count): [string, Expand][] => [
    [
      `member transformList ${count}`,
      (call) => {
        const filter = middle(call);
        return toList(call, twoVariables(call), { ...(filter && { filter }), transform: last(call) });
      },
    ],
    [
      `member transformMap ${count}`,
      (call) =>
        toMap(call, twoVariables(call), {
          filter: middle(call),
          add: (result) => op("cel.@mapInsert", call.at, result, call.args[0]!, last(call)),
        }),
    ],
    [
      `member transformMapEntry ${count}`,
      (call) =>
        toMap(call, twoVariables(call), {
          filter: middle(call),
          add: (result) => op("cel.@mapInsert", call.at, result, last(call)),
        }),
    ],
  ]),
  ["member optMap 2", optionalMap(false)],
  ["member optFlatMap 2", optionalMap(true)],
]);
