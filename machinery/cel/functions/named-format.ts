/** Kubernetes' named formats: `format.named("dns1123Label").value().validate(name)`. */
import { dns1035Label, dns1123Label, dns1123Subdomain, labelValue, qualifiedName } from "../../meta/names.ts";
import { listOf, opaque, optionalOf, STRING } from "../types.ts";
import { type OpaqueValue, Optional, parseTimestamp } from "../values.ts";
import { overText } from "./cost.ts";
import { global, member, type Overload } from "./function.ts";

// biome-ignore lint/suspicious/noExplicitAny: the checker and the dispatcher have seen to the types
type Any = any;

const NAME = "kubernetes.NamedFormat";
const FORMAT = opaque(NAME);

type Check = (value: string) => string[];

const matches =
  (pattern: RegExp, message: string): Check =>
  (value) =>
    pattern.test(value) ? [] : [message];

function isUri(value: string): string[] {
  return /^(?:[a-zA-Z][a-zA-Z0-9+.-]*:|\/)\S*$/.test(value)
    ? []
    : [`parse ${JSON.stringify(value)}: invalid URI for request`];
}

const isDate: Check = (value) =>
  /^\d{4}-\d{2}-\d{2}$/.test(value) && parseTimestamp(`${value}T00:00:00Z`) ? [] : ["invalid date"];

/** Of a name that something is appended to: a dash at its end is fine. */
const asPrefix =
  (check: Check): Check =>
  (value) =>
    check(value.endsWith("-") && value.length > 1 ? `${value.slice(0, -1)}a` : value);

const FORMATS: ReadonlyMap<string, Check> = new Map<string, Check>([
  ["dns1123Label", dns1123Label],
  ["dns1123Subdomain", dns1123Subdomain],
  ["dns1035Label", dns1035Label],
  ["qualifiedName", qualifiedName],
  ["dns1123LabelPrefix", asPrefix(dns1123Label)],
  ["dns1123SubdomainPrefix", asPrefix(dns1123Subdomain)],
  ["dns1035LabelPrefix", asPrefix(dns1035Label)],
  ["labelValue", labelValue],
  ["uri", isUri],
  [
    "uuid",
    matches(/^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i, "does not match the UUID format"),
  ],
  ["byte", matches(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/, "invalid base64")],
  ["date", isDate],
  ["datetime", (value) => (parseTimestamp(value) ? [] : ["invalid datetime"])],
]);

class FormatValue implements OpaqueValue {
  readonly opaqueType = NAME;
  readonly name: string;
  readonly check: Check;

  constructor(name: string, check: Check) {
    this.name = name;
    this.check = check;
  }

  equals(other: OpaqueValue): boolean {
    return other instanceof FormatValue && other.name === this.name;
  }
}

function validate({ check }: FormatValue, value: string): Optional {
  const problems = check(value);
  return problems.length === 0 ? Optional.none : Optional.of(problems);
}

function named(name: string): Optional {
  const check = FORMATS.get(name);
  return check ? Optional.of(new FormatValue(name, check)) : Optional.none;
}

export const NAMED_FORMATS: readonly Overload[] = [
  global("format.named", [STRING], optionalOf(FORMAT), (name: Any) => named(name)),
  ...[...FORMATS].map(([name, check]) => global(`format.${name}`, [], FORMAT, () => new FormatValue(name, check))),
  member(
    "validate",
    [FORMAT, STRING],
    optionalOf(listOf(STRING)),
    (format: Any, value: Any) => validate(format, value),
    {
      cost: ([, value]) => overText([value!]),
    },
  ),
];
