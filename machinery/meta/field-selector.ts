/**
 * Field selectors: `status.phase!=Running,metadata.name=web`; `\`, `,` and `=` in values are escaped with `\`.
 * Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/field-selectors/
 */
import { badRequest } from "./status.ts";

export interface FieldRequirement {
  field: string;
  operator: "=" | "!=";
  value: string;
}

/** Splits at commas that are not escaped. */
function splitTerms(text: string): string[] {
  const terms: string[] = [];
  let start = 0;
  let escaped = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (escaped) escaped = false;
    else if (char === "\\") escaped = true;
    else if (char === ",") {
      terms.push(text.slice(start, at));
      start = at + 1;
    }
  }
  terms.push(text.slice(start));
  return terms;
}

function splitTerm(term: string): { field: string; operator: "=" | "!="; value: string } | undefined {
  for (let at = 0; at < term.length; at++) {
    const rest = term.slice(at, at + 2);
    if (rest === "!=" || rest === "==") {
      return { field: term.slice(0, at), operator: rest === "!=" ? "!=" : "=", value: term.slice(at + 2) };
    }
    if (rest[0] === "=") return { field: term.slice(0, at), operator: "=", value: term.slice(at + 1) };
  }
  return undefined;
}

function unescapeValue(text: string): string {
  if (!/[\\,=]/.test(text)) return text;
  let value = "";
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!;
    if (char === "," || char === "=") {
      throw badRequest(`invalid field selector: unescaped character in value: ${char.charCodeAt(0)}`);
    }
    if (char !== "\\") {
      value += char;
      continue;
    }
    const next = text[++at];
    if (next !== "\\" && next !== "," && next !== "=") {
      throw badRequest(`invalid field selector: invalid escape sequence: ${char}${next ?? ""}`);
    }
    value += next;
  }
  return value;
}

/** A fieldSelector query parameter, as the terms that all must hold. @throws ApiError 400 with upstream's message */
export function parseFieldSelector(text: string): FieldRequirement[] {
  const requirements: FieldRequirement[] = [];
  for (const term of splitTerms(text)) {
    if (term === "") continue;
    const parts = splitTerm(term);
    if (!parts) throw badRequest(`invalid selector: '${text}'; can't understand '${term}'`);
    requirements.push({ ...parts, value: unescapeValue(parts.value) });
  }
  return requirements;
}
