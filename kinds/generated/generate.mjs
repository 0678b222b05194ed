/**
 * Writes this folder's modules from two fact tables: `resources.json` (every served resource) and `types.json` (every
 * API type). Run when the Kubernetes level changes:
 *
 *     node kinds/generated/generate.mjs <folder with resources.json and types.json>
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { compareGroups } from "../group-order.ts";

const source = process.argv[2];
if (!source) throw new Error("usage: node kinds/generated/generate.mjs <folder with resources.json and types.json>");
const read = (name) => JSON.parse(readFileSync(join(source, name), "utf8"));
const types = read("types.json");
const resources = read("resources.json");
const write = (name, text) => writeFileSync(join(import.meta.dirname, name), text);
const byName = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
const HEADER = "// Made by generate.mjs. Do not edit.\n";

/** JSON inside a template literal: parsing it once is several times quicker than evaluating an object literal. */
const textModule = (name, entries) => {
  const body = entries.join(",\n").replaceAll("\\", "\\\\").replaceAll("`", "\\`").replaceAll("${", "\\${");
  return `${HEADER}export const ${name} = \`${body}\`;\n`;
};

// --- resources, in the order of discovery -----------------------------------------------------------------------------
/** GA first, then beta, then alpha; higher numbers first: Kubernetes' version priority. */
const versionRank = (version) => {
  const [, major, level, minor] = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version);
  return [level === undefined ? 0 : level === "beta" ? 1 : 2, -Number(major), -Number(minor ?? 0)];
};
const compareLists = (a, b) => a.map((x, i) => x - b[i]).find((d) => d !== 0) ?? 0;

const typeOf = new Map();
for (const [name, type] of Object.entries(types)) {
  if (type.gvk?.length === 1) typeOf.set(type.gvk[0], name);
}
/** Where the facts say more than kube-apiserver serves. */
const CORRECTIONS = { componentstatuses: { verbs: ["get", "list"] } };
const lines = resources
  .map((r) => (r.group === "" && CORRECTIONS[r.resource] ? { ...r, ...CORRECTIONS[r.resource] } : r))
  .map((r) => ({ ...r, type: typeOf.get(`${r.group ? `${r.group}/` : ""}${r.version} ${r.kind}`) }))
  .sort(
    (a, b) =>
      compareGroups(a.group, b.group) ||
      compareLists(versionRank(a.version), versionRank(b.version)) ||
      byName(a.resource, b.resource),
  )
  .map((r) => {
    if (!r.type) throw new Error(`no type for ${r.group}/${r.version} ${r.kind}`);
    return JSON.stringify(r);
  });
write("resources.ts", textModule("resourcesText", [`[${lines[0]}`, ...lines.slice(1, -1), `${lines.at(-1)}]`]));

// --- types as the schema tables read them -----------------------------------------------------------------------------
const names = Object.keys(types).sort(byName);
const typeLines = names.map((name) => `${JSON.stringify(name)}:${JSON.stringify(types[name])}`);
typeLines[0] = `{${typeLines[0]}`;
typeLines[typeLines.length - 1] += "}";
write("types.ts", textModule("typesText", typeLines));

// --- TypeScript declarations, one module per group and version ----------------------------------------------------------
const SHARED = {
  "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta": "ObjectMeta",
  "io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector": "LabelSelector",
  "io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelectorRequirement": "LabelSelectorRequirement",
  "io.k8s.apimachinery.pkg.apis.meta.v1.OwnerReference": "OwnerReference",
  "io.k8s.apimachinery.pkg.apis.meta.v1.ManagedFieldsEntry": "ManagedFieldsEntry",
};
const SCALARS = {
  "io.k8s.apimachinery.pkg.api.resource.Quantity": "string",
  "io.k8s.apimachinery.pkg.apis.meta.v1.Time": "string",
  "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime": "string",
  "io.k8s.apimachinery.pkg.util.intstr.IntOrString": "number | string",
};
const METADATA = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

const moduleOf = (name) => {
  const parts = name.split(".");
  const version = parts.at(-2);
  if (name.startsWith("io.k8s.apimachinery.pkg.apis.meta.")) return `meta-${version}`;
  if (name.startsWith("io.k8s.apimachinery.")) return "machinery";
  return `${parts.at(-3)}-${version}`;
};
const shortName = (name) => name.split(".").at(-1);

const modules = new Map();
const moduleFor = (name) => {
  const key = moduleOf(name);
  let module = modules.get(key);
  if (!module) {
    module = { declarations: [], imports: new Map(), shared: new Set() };
    modules.set(key, module);
  }
  return module;
};

const tsType = (type, module, self) => {
  const array = /^array<(.+)>$/.exec(type);
  if (array) {
    const inner = tsType(array[1], module, self);
    return inner.includes("|") ? `(${inner})[]` : `${inner}[]`;
  }
  const map = /^map<(.+)>$/.exec(type);
  if (map) return `{ [key: string]: ${tsType(map[1], module, self)} }`;
  if (type === "string" || type === "string(byte)") return "string";
  if (type === "boolean") return "boolean";
  if (/^(integer|number)/.test(type)) return "number";
  if (type === "object") return "{ [key: string]: unknown }";
  if (SCALARS[type]) return SCALARS[type];
  if (SHARED[type]) {
    module.shared.add(SHARED[type]);
    return SHARED[type];
  }
  if (!types[type]) throw new Error(`unknown type ${type}`);
  const other = moduleOf(type);
  if (other !== self) {
    if (!module.imports.has(other)) module.imports.set(other, new Set());
    module.imports.get(other).add(shortName(type));
  }
  return shortName(type);
};

/** Fields Go always writes for a kind, so they are there once an object has been decoded and defaulted. */
const ALWAYS = new Set(["spec"]);
for (const name of names) {
  if (SCALARS[name] || SHARED[name]) continue;
  const { fields, type, gvk } = types[name];
  const self = moduleOf(name);
  const module = moduleFor(name);
  if (!fields) {
    const ts = type === "any" ? "unknown" : "{ [key: string]: unknown }";
    module.declarations.push(`export type ${shortName(name)} = ${ts};`);
    continue;
  }
  const typeName = (field) => (typeof field === "string" ? field : field.type);
  const isKind = gvk !== undefined && fields.metadata !== undefined && typeName(fields.metadata) === METADATA;
  if (isKind) module.shared.add("KubeObject");
  const body = Object.keys(fields)
    .sort(byName)
    .filter((field) => !(isKind && ["apiVersion", "kind", "metadata"].includes(field)))
    .map((field) => {
      const value = fields[field];
      const optional = !(value.required || (isKind && ALWAYS.has(field)));
      const ts = value.enum ? value.enum.map((e) => JSON.stringify(e)).join(" | ") : tsType(typeName(value), module, self);
      const key = /^[A-Za-z_]\w*$/.test(field) ? field : JSON.stringify(field);
      return `  ${key}${optional ? "?" : ""}: ${ts};`;
    });
  module.declarations.push(
    `export interface ${shortName(name)}${isKind ? " extends KubeObject" : ""} {\n${body.join("\n")}\n}`,
  );
}
for (const [key, { declarations, imports, shared }] of modules) {
  const lines = [...imports]
    .sort(([a], [b]) => byName(a, b))
    .map(([other, used]) => `import type { ${[...used].sort(byName).join(", ")} } from "./${other}.ts";`);
  if (shared.size > 0) {
    lines.unshift(`import type { ${[...shared].sort(byName).join(", ")} } from "../../../machinery/meta/object.ts";`);
  }
  write(join("api", `${key}.ts`), `${HEADER}${lines.join("\n")}${lines.length ? "\n\n" : ""}${declarations.join("\n\n")}\n`);
}
