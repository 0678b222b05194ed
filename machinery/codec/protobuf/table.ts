/** The messages of Kubernetes' protobuf encoding, read from the table when first needed. */
import { MESSAGES } from "./messages.ts";
import { METRICS_MESSAGES } from "./metrics-messages.ts";

export type Shape = "single" | "repeated" | "map";

export interface MessageField {
  jsonName: string;
  shape: Shape;
  /** "string", "int64", …, or the full name of a message; of a map the value's. */
  type: string;
  /** A zero value says something: it was set. */
  pointer: boolean;
  /** Shown in JSON even when zero. */
  always: boolean;
  /** Its own fields stand among the message's. */
  inline: boolean;
}

export type Message = ReadonlyMap<number, MessageField>;

const META_PACKAGE = "k8s.io.apimachinery.pkg.apis.meta.v1.";
const CORE_PACKAGE = "k8s.io.api.core.v1.";
const SCALARS: ReadonlySet<string> = new Set(["string", "bytes", "bool", "int32", "int64", "double"]);

let lines: Map<string, string> | undefined;
const messages = new Map<string, Message>();

function lineOf(name: string): string | undefined {
  lines ??= new Map(`${MESSAGES}\n${METRICS_MESSAGES}`.split("\n").map((line) => [line.split("|", 1)[0]!, line]));
  return lines.get(name);
}

/** Undefined when there is no such message. */
export function messageOf(name: string): Message | undefined {
  const known = messages.get(name);
  if (known) return known;
  const line = lineOf(name);
  if (line === undefined) return undefined;
  const scope = name.slice(0, name.lastIndexOf(".") + 1);
  const fields = new Map(
    line
      .split("|")
      .slice(1)
      .map((text) => parseField(text, scope)),
  );
  messages.set(name, fields);
  return fields;
}

function parseField(text: string, scope: string): [number, MessageField] {
  const [tag = "", jsonName = "", ...rest] = text.split(" ");
  const declared = rest.join(" ");
  const map = /^map<string,\s*(.+)>$/.exec(declared);
  const shape: Shape = map ? "map" : declared.startsWith("+") ? "repeated" : "single";
  const type = map ? map[1]! : declared.replace(/^\+/, "");
  return [
    Number.parseInt(tag, 10),
    {
      jsonName,
      shape,
      type: fullName(type, scope),
      pointer: tag.includes("*"),
      always: tag.includes("!"),
      inline: tag.includes("^"),
    },
  ];
}

function fullName(type: string, scope: string): string {
  if (SCALARS.has(type)) return type;
  if (type.startsWith("@meta.")) return META_PACKAGE + type.slice(6);
  if (type.startsWith("@core.")) return CORE_PACKAGE + type.slice(6);
  return type.includes(".") ? type : scope + type;
}

/** The message of an API type: "io.k8s.api.core.v1.Pod". */
export const messageNameOf = (type: string): string => type.replace(/^io\.k8s\./, "k8s.io.").replaceAll("-", "_");
