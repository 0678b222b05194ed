/** What the declarations of the npm package kubernetes-models say of Kubernetes' types and their fields. */
import fs from "node:fs";
import path from "node:path";
import type { TypeDescription } from "../../kinds/descriptions.ts";

/** The name the packages' declarations give a type: "IIoK8sApiCoreV1Pod" of "io.k8s.api.core.v1.Pod". */
export const modelName = (type: string): string =>
  `I${type
    .split(/[.-]/)
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join("")}`;

const EXPORTED_AS = /^export type \{ I\w+ as (IIoK8s\w+),/m;

/** Texts of the declarations below these directories by name; none of a directory that is not there. */
export function readModels(directories: readonly string[]): Map<string, string> {
  const models = new Map<string, string>();
  for (const directory of directories) {
    if (!fs.existsSync(directory)) continue;
    for (const file of fs.readdirSync(directory, { recursive: true, encoding: "utf8" })) {
      if (!file.endsWith(".d.ts") || file.startsWith("_schemas")) continue;
      const text = fs.readFileSync(path.join(directory, file), "utf8");
      const name = EXPORTED_AS.exec(text)?.[1];
      if (name !== undefined) models.set(name, text);
    }
  }
  return models;
}

/** One comment, which does not reach into the next. */
const COMMENT = String.raw`\/\*\*\n((?:\s*\*(?!\/).*\n)+)\s*\*\/\n\s*`;
const OF_TYPE = new RegExp(`${COMMENT}export (?:interface|type) `);
const OF_FIELD = new RegExp(`^ {4}${COMMENT}"([^"]+)"\\??: `, "gm");

export function describeModel(text: string, fields: readonly string[]): TypeDescription {
  const about = OF_TYPE.exec(text)?.[1];
  const comments = new Map<string, string>();
  for (const [, comment, name] of text.matchAll(OF_FIELD)) if (!comments.has(name!)) comments.set(name!, comment!);
  const described: { [name: string]: string } = {};
  for (const field of fields) {
    const comment = comments.get(field);
    if (comment !== undefined) described[field] = plain(comment);
  }
  return {
    ...(about !== undefined && { text: plain(about) }),
    ...(Object.keys(described).length > 0 && { fields: described }),
  };
}

/** Without the stars before the lines, and without what keeps the text from ending the comment it stands in. */
const plain = (comment: string): string =>
  comment
    .replace(/^ *\* ?/gm, "")
    .replace(/\\([*/])/g, "$1")
    .trim();
