/**
 * Gathers what `kubectl explain` prints from type declarations in npm packages, into a file that the bundle carries:
 * gzipped JSON of Descriptions. kubernetes-models has upstream's words line by line, but no alpha kinds; these come from
 * @kubernetes/client-node, which says nothing of fields that refer to other types. Without the packages the file is
 * empty, and the API's documents come without descriptions. Also wrangler's build command:
 * `node cli/control-plane/descriptions.ts`.
 */
import { hash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import type { Descriptions, TypeDescription } from "../../kinds/descriptions.ts";
import { typesText } from "../../kinds/generated/types.ts";
import type { TypeFact } from "../../machinery/schema/types.ts";
import { readIfExists, writeFileAtomic } from "../files.ts";
import { projectDir } from "../layout.ts";
import { describeModel, modelName, readModels } from "./model-descriptions.ts";

export const DESCRIPTIONS_FILE = path.join(projectDir, "dist/api-descriptions.gz");
const PACKAGES_DIR = path.join(projectDir, "node_modules");
const PACKAGES = ["kubernetes-models", "@kubernetes-models/apimachinery", "@kubernetes/client-node"];
const CLASSES_DIR = path.join(PACKAGES_DIR, "@kubernetes/client-node/dist/gen/models");

/** What the file was made from. */
const STAMP_FILE = `${DESCRIPTIONS_FILE}.from`;

/** Raised when the file is made otherwise of the same packages. */
const MADE_BY = 2;

/** Makes the file unless it is of the packages and the types there are now. */
export function makeDescriptions(): void {
  const versions = PACKAGES.map((name) => readIfExists(path.join(PACKAGES_DIR, name, "package.json")) ?? "");
  const stamp = `${MADE_BY} ${hash("md5", [...versions, typesText].join("\n"))}\n`;
  if (fs.existsSync(DESCRIPTIONS_FILE) && readIfExists(STAMP_FILE) === stamp) return;
  fs.mkdirSync(path.dirname(DESCRIPTIONS_FILE), { recursive: true });
  const models = readModels(PACKAGES.map((name) => path.join(PACKAGES_DIR, name)).slice(0, 2));
  const found = descriptionsFrom({ readClass, models });
  const packed = Object.keys(found).length > 0 ? gzipSync(JSON.stringify(found), { level: 9 }) : "";
  writeFileAtomic(DESCRIPTIONS_FILE, packed, 0o644);
  writeFileAtomic(STAMP_FILE, stamp, 0o644);
}

const readClass = (className: string): string | undefined => readIfExists(path.join(CLASSES_DIR, `${className}.d.ts`));

interface Sources {
  /** Text of the declaration of a class such as "V1PodSpec". */
  readClass(className: string): string | undefined;
  /** Texts of declarations by names such as "IIoK8sApiCoreV1PodSpec". */
  models: ReadonlyMap<string, string>;
}

export function descriptionsFrom({ readClass, models }: Sources): Descriptions {
  const types = JSON.parse(typesText) as { [name: string]: TypeFact };
  const found: { [type: string]: TypeDescription } = {};
  for (const [type, { fields }] of Object.entries(types)) {
    const names = Object.keys(fields ?? {});
    const model = models.get(modelName(type));
    const ofModel = model === undefined ? undefined : describeModel(model, names);
    const ofClass = describeClass(type, { names, readClass });
    if (!ofModel && !ofClass) continue;
    // A model says nothing of fields with one value only: apiVersion and kind.
    found[type] = { ...ofClass, ...ofModel, fields: { ...ofClass?.fields, ...ofModel?.fields } };
  }
  for (const [type, fact] of Object.entries(types)) {
    if (!models.has(modelName(type)) && found[type]) found[type].fields = withTypes(found, type, fact);
  }
  return found;
}

/** Where nothing is known of a field itself: what the same type's v1 says, else what the field's type is for. */
function withTypes(
  found: Descriptions,
  type: string,
  { fields = {} }: Pick<TypeFact, "fields">,
): { [name: string]: string } {
  const stable = found[type.replace(/\.v\d+(?:alpha|beta)\d+\./, ".v1.")]?.fields;
  const texts: { [name: string]: string } = {};
  for (const [name, fact] of Object.entries(fields)) {
    const typeOfField = typeof fact === "string" ? fact : fact.type;
    const text = found[type]?.fields?.[name] ?? stable?.[name] ?? found[typeOfField]?.text;
    if (text !== undefined) texts[name] = text;
  }
  return texts;
}

function describeClass(type: string, { names, readClass }: { names: string[] } & Pick<Sources, "readClass">) {
  for (const className of classNames(type)) {
    const text = readClass(className);
    const described = text === undefined ? undefined : describe(text, className, names);
    if (described) return described;
  }
  return undefined;
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** Names that several groups use carry the group's. */
function classNames(type: string): string[] {
  const [name = "", version = "", group = ""] = type.split(".").reverse();
  return [`${capital(group)}${capital(version)}${name}`, `${capital(version)}${name}`];
}

const COMMENT = String.raw`\/\*\*\n\s*\* (.*)\n\s*\*\/\n\s*`;
const FIELD = new RegExp(`(?:${COMMENT})?'([^']+)'\\??: `, "g");

/** Undefined when the class is of another type: one that lacks a field. */
export function describe(text: string, className: string, fields: readonly string[]): TypeDescription | undefined {
  const comments = new Map<string, string | undefined>();
  for (const [, comment, name] of text.matchAll(FIELD)) comments.set(name!, comment);
  const described: { [name: string]: string } = {};
  for (const field of fields) {
    const property = propertyNames(field).find((name) => comments.has(name));
    if (property === undefined) return undefined;
    const comment = comments.get(property);
    if (comment !== undefined) described[field] = plain(comment);
  }
  const comment = new RegExp(`${COMMENT}export declare class ${className} `).exec(text)?.[1];
  return {
    ...(comment !== undefined && { text: plain(comment) }),
    ...(Object.keys(described).length > 0 && { fields: described }),
  };
}

/** A field's name as it may stand in the declaration: "_continue", "x_kubernetes_list_type", "ref" of "$ref". */
const propertyNames = (field: string): string[] => [field, `_${field}`, field.replace("$", "").replaceAll("-", "_")];

/** Without what keeps the text from ending the comment it stands in. */
const plain = (comment: string): string =>
  comment.replaceAll("*_/", "*/").replaceAll("/_*", "/*").replace(/\\(.)/g, "$1").trim();

if (import.meta.main) makeDescriptions();
