/** What the self-hosted configuration shares with `wrangler.toml`, which is the one place that says it. */
import fs from "node:fs";
import { parse } from "smol-toml";

export interface WranglerFacts {
  compatibilityDate: string;
  compatibilityFlags: string[];
  objects: { className: string; binding: string }[];
}

interface WranglerToml {
  compatibility_date: string;
  compatibility_flags?: string[];
  durable_objects: { bindings: { name: string; class_name: string }[] };
}

export function readWrangler(file: string): WranglerFacts {
  const toml = parse(fs.readFileSync(file, "utf8")) as unknown as WranglerToml;
  return {
    compatibilityDate: toml.compatibility_date,
    compatibilityFlags: toml.compatibility_flags ?? [],
    objects: toml.durable_objects.bindings.map((b) => ({ className: b.class_name, binding: b.name })),
  };
}
