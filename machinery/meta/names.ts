/**
 * Checks of names and keys. Each returns upstream's messages, [] when the value is fine.
 * Source: k8s.io/apimachinery/pkg/util/validation and https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
 */
import { parseCidr, parseIp } from "./ip.ts";

const DNS1123_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const DNS1123_SUBDOMAIN = `${DNS1123_LABEL}(\\.${DNS1123_LABEL})*`;
const DNS1035_LABEL = "[a-z]([-a-z0-9]*[a-z0-9])?";
const QUALIFIED_NAME = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const LABEL_VALUE = `(${QUALIFIED_NAME})?`;
const C_IDENTIFIER = "[A-Za-z_][A-Za-z0-9_]*";
const CONFIG_KEY = "[-._a-zA-Z0-9]+";
const WILDCARD = `\\*\\.${DNS1123_SUBDOMAIN}`;
const PERCENT = "[0-9]+%";
const HTTP_HEADER = "[-A-Za-z0-9]+";

// These run on strings of any length a client sends, so their upper bound is checked before the expression is tried
// on what could be long; the expressions themselves are unambiguous per character and do not backtrack.
const whole = (pattern: string): RegExp => new RegExp(`^${pattern}$`);
const dns1123LabelPattern = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/;
const dns1123SubdomainPattern = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;
const dns1035LabelPattern = whole(DNS1035_LABEL);
const qualifiedNamePattern = whole(QUALIFIED_NAME);
const labelValuePattern = whole(LABEL_VALUE);
const cIdentifierPattern = whole(C_IDENTIFIER);
const configKeyPattern = whole(CONFIG_KEY);
const percentPattern = whole(PERCENT);
const httpHeaderPattern = whole(HTTP_HEADER);

const NOTHING: string[] = [];

export const maxLengthMessage = (length: number): string => `must be no more than ${length} characters`;
export const EMPTY_MESSAGE = "must be non-empty";
export const rangeMessage = (low: number, high: number): string => `must be between ${low} and ${high}, inclusive`;

/** Upstream's wording of a failed pattern, odd spaces included. */
export function patternMessage(message: string, pattern: string, ...examples: string[]): string {
  if (examples.length === 0) return `${message} (regex used for validation is '${pattern}')`;
  const shown = examples.map((example) => `'${example}', `).join(" or ");
  return `${message} (e.g. ${shown}regex used for validation is '${pattern}')`;
}

const tooLongFor = (value: string, length: number): string[] =>
  value.length > length ? [maxLengthMessage(length)] : [];

/** Patterns are not tried on values beyond any limit: they cannot match what a caller accepts. */
const HOPELESS_LENGTH = 4096;
const matches = (pattern: RegExp, value: string): boolean => value.length <= HOPELESS_LENGTH && pattern.test(value);

export function dns1123Label(value: string): string[] {
  if (value.length <= 63 && dns1123LabelPattern.test(value)) return NOTHING;
  const errors = tooLongFor(value, 63);
  if (matches(dns1123LabelPattern, value)) return errors;
  errors.push(
    matches(dns1123SubdomainPattern, value)
      ? "must not contain dots"
      : patternMessage(
          "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
          DNS1123_LABEL,
          "my-name",
          "123-abc",
        ),
  );
  return errors;
}

export function dns1123Subdomain(value: string): string[] {
  if (value.length <= 253 && dns1123SubdomainPattern.test(value)) return NOTHING;
  const errors = tooLongFor(value, 253);
  if (!matches(dns1123SubdomainPattern, value)) {
    errors.push(
      patternMessage(
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
        DNS1123_SUBDOMAIN,
        "example.com",
      ),
    );
  }
  return errors;
}

export function dns1035Label(value: string): string[] {
  const errors = tooLongFor(value, 63);
  if (!matches(dns1035LabelPattern, value)) {
    errors.push(
      patternMessage(
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
        DNS1035_LABEL,
        "my-name",
        "abc-123",
      ),
    );
  }
  return errors;
}

/** `*.example.com` */
export function wildcardDns1123Subdomain(value: string): string[] {
  const errors = tooLongFor(value, 253);
  if (!value.startsWith("*.") || !matches(dns1123SubdomainPattern, value.slice(2))) {
    errors.push(
      patternMessage(
        "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
        WILDCARD,
        "*.example.com",
      ),
    );
  }
  return errors;
}

const QUALIFIED_NAME_MESSAGE =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";

/** A label or annotation key, a resource or condition name: `example.com/name` or `name`. */
export function qualifiedName(value: string): string[] {
  const slash = value.indexOf("/");
  const errors: string[] = [];
  let name = value;
  if (slash >= 0) {
    if (value.indexOf("/", slash + 1) >= 0) {
      return [
        `a qualified name ${patternMessage(QUALIFIED_NAME_MESSAGE, QUALIFIED_NAME, "MyName", "my.name", "123-abc")} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
      ];
    }
    const prefix = value.slice(0, slash);
    name = value.slice(slash + 1);
    if (prefix === "") errors.push(`prefix part ${EMPTY_MESSAGE}`);
    else for (const message of dns1123Subdomain(prefix)) errors.push(`prefix part ${message}`);
  }
  if (name === "") errors.push(`name part ${EMPTY_MESSAGE}`);
  else if (name.length > 63) errors.push(`name part ${maxLengthMessage(63)}`);
  if (!matches(qualifiedNamePattern, name)) {
    errors.push(`name part ${patternMessage(QUALIFIED_NAME_MESSAGE, QUALIFIED_NAME, "MyName", "my.name", "123-abc")}`);
  }
  return errors;
}

export function labelValue(value: string): string[] {
  if (value.length <= 63 && labelValuePattern.test(value)) return NOTHING;
  const errors = tooLongFor(value, 63);
  if (!matches(labelValuePattern, value)) {
    errors.push(
      patternMessage(
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
        LABEL_VALUE,
        "MyValue",
        "my_value",
        "12345",
      ),
    );
  }
  return errors;
}

export const cIdentifier = (value: string): string[] =>
  matches(cIdentifierPattern, value)
    ? NOTHING
    : [
        patternMessage(
          "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'",
          C_IDENTIFIER,
          "my_name",
          "MY_NAME",
          "MyName",
        ),
      ];

/** Any printable ASCII but '=': what containers may be given since Kubernetes 1.34. */
export function envVarName(value: string): string[] {
  if (value === "") return [`environment variable name ${EMPTY_MESSAGE}`];
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if (code < 0x20 || code > 0x7e || code === 0x3d) {
      return ["a valid environment variable name must consist only of printable ASCII characters other than '='"];
    }
  }
  return NOTHING;
}

function parentDirectoryErrors(value: string): string[] {
  if (value === ".") return ["must not be '.'"];
  if (value === "..") return ["must not be '..'"];
  return value.startsWith("..") ? ["must not start with '..'"] : [];
}

/** A key of a ConfigMap's or Secret's data. */
export function configMapKey(value: string): string[] {
  const errors = tooLongFor(value, 253);
  if (!matches(configKeyPattern, value)) {
    errors.push(
      patternMessage(
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
        CONFIG_KEY,
        "key.name",
        "KEY_NAME",
        "key-name",
      ),
    );
  }
  errors.push(...parentDirectoryErrors(value));
  return errors;
}

/** The name of a port, as RFC 6335 has it, in lower case. */
export function portName(value: string): string[] {
  const errors = tooLongFor(value, 15);
  if (!/^[-a-z0-9]+$/.test(value)) {
    errors.push("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
  }
  if (!/[a-z]/.test(value)) errors.push("must contain at least one letter (a-z)");
  if (value.includes("--")) errors.push("must not contain consecutive hyphens");
  if (value.startsWith("-") || value.endsWith("-")) errors.push("must not begin or end with a hyphen");
  return errors;
}

export const portNumber = (value: number): string[] =>
  value >= 1 && value <= 65535 ? NOTHING : [rangeMessage(1, 65535)];

export const percent = (value: string): string[] =>
  matches(percentPattern, value)
    ? NOTHING
    : [
        patternMessage(
          "a valid percent string must be a numeric string followed by an ending '%'",
          PERCENT,
          "1%",
          "93%",
        ),
      ];

export const httpHeaderName = (value: string): string[] =>
  matches(httpHeaderPattern, value)
    ? NOTHING
    : [
        patternMessage(
          "a valid HTTP header must consist of alphanumeric characters or '-'",
          HTTP_HEADER,
          "X-Header-Name",
        ),
      ];

/** Names that stand in a URL as one segment, such as those of RBAC roles. */
export function pathSegmentName(value: string): string[] {
  if (value === "." || value === "..") return [`may not be '${value}'`];
  const errors: string[] = [];
  for (const bad of ["/", "%"]) if (value.includes(bad)) errors.push(`may not contain '${bad}'`);
  return errors;
}

export const ipAddress = (value: string): string[] =>
  parseIp(value) ? NOTHING : ["must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"];

export const cidr = (value: string): string[] =>
  parseCidr(value) ? NOTHING : ["must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"];
