/** Reading YAML that strangers send: the JSON subset Kubernetes takes, with bounds. */
import {
  type Document,
  type ErrorCode,
  isCollection,
  isMap,
  isNode,
  isScalar,
  LineCounter,
  parseAllDocuments,
  parseDocument,
  type Tags,
  visit,
  YAMLError,
} from "yaml";
import { ApiError } from "../meta/status.ts";
import { MAX_DUPLICATES, type ParsedJson, parseJson } from "./json.ts";

/** A few aliases are fair; a bomb of them is not. */
const MAX_ALIASES = 100;
const MAX_DEPTH = 100;

/** Tags of YAML 1.1 that Kubernetes' reader leaves as text, or lacks. */
const UNUSED_TAGS = /:(?:timestamp|binary|omap|pairs|set)$/;

// YAML 1.1 as Kubernetes reads it: `yes` and `on` are booleans, 0644 is octal.
const OPTIONS = {
  version: "1.1",
  schema: "yaml-1.1",
  uniqueKeys: false,
  merge: true,
  // What it would warn of is refused or harmless: strangers do not write to our log.
  logLevel: "error",
  customTags: (tags: Tags): Tags =>
    tags.filter((tag) => typeof tag === "string" || (!UNUSED_TAGS.test(tag.tag) && tag.format !== "TIME")),
} as const;

/** The first document; an empty text is null. What comes after it is not looked at. @throws ApiError 400 */
export function parseYaml(text: string): ParsedJson {
  checkDepth(text);
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { ...OPTIONS, lineCounter });
  document.errors = document.errors.filter(({ code }) => code !== "MULTIPLE_DOCS");
  return { value: valueOfDocument(document), duplicateFields: duplicatesOf(document, lineCounter) };
}

/** In Go's words, each at the line of the later value. */
function duplicatesOf(document: Document, lineCounter: LineCounter): string[] {
  const found: string[] = [];
  visit(document, {
    Map(_, map) {
      if (!isMap(map)) return;
      const seen = new Set<string>();
      for (const { key, value } of map.items) {
        if (!isScalar(key)) continue;
        const name = String(key.value);
        if (seen.has(name) && found.length < MAX_DUPLICATES) {
          const at = (isNode(value) ? value.range : undefined) ?? key.range;
          const { line } = lineCounter.linePos(at?.[0] ?? 0);
          found.push(`line ${line}: key ${JSON.stringify(name)} already set in map`);
        }
        seen.add(name);
      }
    },
  });
  return found;
}

/** Documents divided by `---`; empty ones are left out. @throws ApiError 400 */
export function parseYamlDocuments(text: string): unknown[] {
  checkDepth(text);
  const documents = parseAllDocuments(text, OPTIONS);
  if (!Array.isArray(documents)) return [];
  return documents.map(valueOfDocument).filter((value) => value !== null);
}

function valueOfDocument(document: Document.Parsed): unknown {
  const [error] = document.errors;
  if (error) throw badYaml(error);
  visit(document, {
    Pair(_, { key }) {
      if (isCollection(key)) throw new ApiError(400, "BadRequest", "yaml: invalid map key: a map or list");
    },
    Scalar(_, { value }) {
      if (typeof value === "number" && !Number.isFinite(value))
        throw new ApiError(400, "BadRequest", `json: unsupported value: ${inGo(value)}`);
    },
  });
  try {
    // Through text and back: keys become strings, and nothing is shared between places or hides a prototype.
    return parseJson(JSON.stringify(document.toJS({ maxAliasCount: MAX_ALIASES }) ?? null)).value;
  } catch (failure) {
    if (failure instanceof Error) throw badYaml(failure);
    throw failure;
  }
}

const inGo = (value: number): string => (Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf");

/** What Go's reader says of the commonest mistakes. Its scanner counts lines from 1, its parser from 0. */
const GO_WORDS: { [code in ErrorCode]?: { text: string; firstLine: 0 | 1 } } = {
  BAD_SCALAR_START: { text: "found character that cannot start any token", firstLine: 1 },
  TAB_AS_INDENT: { text: "found character that cannot start any token", firstLine: 1 },
  BLOCK_AS_IMPLICIT_KEY: { text: "mapping values are not allowed in this context", firstLine: 1 },
  MULTILINE_IMPLICIT_KEY: { text: "could not find expected ':'", firstLine: 1 },
  BAD_DQ_ESCAPE: { text: "found unknown escape character", firstLine: 1 },
  BAD_INDENT: { text: "did not find expected key", firstLine: 0 },
};

function badYaml(error: Error): ApiError {
  const line = error instanceof YAMLError ? error.linePos?.[0].line : undefined;
  const words = error instanceof YAMLError && line !== undefined ? GO_WORDS[error.code] : undefined;
  if (!words) return new ApiError(400, "BadRequest", `yaml: ${error.message.split("\n", 1)[0]!.replace(/:$/, "")}`);
  const counted = line! - 1 + words.firstLine;
  return new ApiError(400, "BadRequest", `yaml: ${line! > 1 ? `line ${counted}: ` : ""}${words.text}`);
}

/** The parser recurses: nesting is bounded before it begins. */
function checkDepth(text: string): void {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 91 || code === 123) depth++;
    else if (code === 93 || code === 125) depth = Math.max(0, depth - 1);
    if (depth > MAX_DEPTH) throw new ApiError(400, "BadRequest", "yaml: exceeded max depth");
  }
  for (const line of text.split("\n")) {
    // Block nesting costs at least one column a level; "- - - -" one of two.
    const indent = /^[ \t-]*/.exec(line)![0].length;
    if (indent > 10 * MAX_DEPTH) throw new ApiError(400, "BadRequest", "yaml: exceeded max depth");
  }
}
