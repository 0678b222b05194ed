import { Document, visit } from "yaml";

/** What readers of YAML refuse as it stands, in quotes too. */
const UNPRINTABLE = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g;

/** Has its own way of writing "<<": unquoted. */
const MERGE = "tag:yaml.org,2002:merge";

/** Words that some reader takes for something other than text although YAML 1.1's own types leave them alone. */
const SPECIAL = /^(?:=|<<|---|\.\.\.|0o[0-7_]+)$/;

/**
 * JSON text as YAML 1.1, the dialect Kubernetes' clients read: `"yes"` and `"12:30"` stand in quotes there. Fields are
 * in alphabetical order and lists stand below their field without an indent, as Kubernetes writes them.
 */
export function toYaml(json: string): string {
  const document = new Document(JSON.parse(json), {
    version: "1.1",
    customTags: (tags) => tags.filter((tag) => typeof tag === "string" || tag.tag !== MERGE),
    sortMapEntries: true,
    aliasDuplicateObjects: false,
  });
  visit(document, {
    Scalar(_, scalar) {
      if (typeof scalar.value !== "string") return;
      if (SPECIAL.test(scalar.value) || scalar.value.search(UNPRINTABLE) >= 0) scalar.type = "QUOTE_DOUBLE";
    },
  });
  // `version` would be told in a directive before the document.
  document.directives = undefined as never;
  return document
    .toString({ lineWidth: 0, indentSeq: false, doubleQuotedMinMultiLineLength: Number.MAX_SAFE_INTEGER })
    .replace(UNPRINTABLE, escaped);
}

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
