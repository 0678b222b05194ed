import { stringify } from "yaml";

/** JSON text as YAML. */
export const toYaml = (json: string): string =>
  stringify(JSON.parse(json), { lineWidth: 0, aliasDuplicateObjects: false });
