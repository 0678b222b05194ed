/**
 * Gathers what `kubectl explain` prints from the type declarations in the npm package @kubernetes/client-node, into a
 * file that the bundle carries: gzipped JSON of Descriptions. Without the package the file is empty, and the API's
 * documents come without descriptions. Also wrangler's build command: `node cli/control-plane/descriptions.ts`.
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

export const DESCRIPTIONS_FILE = path.join(projectDir, "dist/api-descriptions.gz");
const PACKAGE_DIR = path.join(projectDir, "node_modules/@kubernetes/client-node");
const MODELS_DIR = path.join(PACKAGE_DIR, "dist/gen/models");

/** What the file was made from. */
const STAMP_FILE = `${DESCRIPTIONS_FILE}.from`;

/** Makes the file unless it is of the package and the types there are now. */
export function makeDescriptions(): void {
  const stamp = `${readIfExists(path.join(PACKAGE_DIR, "package.json")) ?? "no package"}\n${hash("md5", typesText)}\n`;
  if (fs.existsSync(DESCRIPTIONS_FILE) && readIfExists(STAMP_FILE) === stamp) return;
  fs.mkdirSync(path.dirname(DESCRIPTIONS_FILE), { recursive: true });
  const found = fs.existsSync(MODELS_DIR) ? gzipSync(JSON.stringify(descriptionsFrom(readModel)), { level: 9 }) : "";
  writeFileAtomic(DESCRIPTIONS_FILE, found, 0o644);
  writeFileAtomic(STAMP_FILE, stamp, 0o644);
}

const readModel = (className: string): string | undefined => readIfExists(path.join(MODELS_DIR, `${className}.d.ts`));

/** @param read text of the declaration of a class such as "V1PodSpec" */
export function descriptionsFrom(read: (className: string) => string | undefined): Descriptions {
  const types = JSON.parse(typesText) as { [name: string]: TypeFact };
  const found: { [type: string]: TypeDescription } = {};
  for (const [type, { fields }] of Object.entries(types)) {
    const names = Object.keys(fields ?? {});
    for (const className of classNames(type)) {
      const text = read(className);
      const described = text === undefined ? undefined : describe(text, className, names);
      if (!described) continue;
      found[type] = described;
      break;
    }
  }
  return found;
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
