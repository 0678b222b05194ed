/** Several programs' metrics as one text, as k3s shows those of its parts: a family must stand in one place. */

interface Gathered {
  header: string;
  /** By name and labels. */
  samples: Map<string, number>;
}

const HEADER = /^# (HELP|TYPE) (\S+)/;
const HISTOGRAM_SUFFIX = /_(?:bucket|sum|count)$/;

/** Of these each program tells the same, or its own that nobody asks for. */
const FIRST_HOLDS: ReadonlySet<string> = new Set([
  "apiserver_requested_deprecated_apis",
  "kubernetes_build_info",
  "process_start_time_seconds",
]);

/** What is counted of the same thing is added up. @param texts in the text format */
export function mergeMetrics(texts: readonly string[]): string {
  const full = texts.filter((text) => text !== "");
  if (full.length < 2) return full[0] ?? "";
  const families = new Map<string, Gathered>();
  const familyOf = (name: string): Gathered => {
    const known = families.get(name);
    if (known) return known;
    const made: Gathered = { header: "", samples: new Map() };
    families.set(name, made);
    return made;
  };
  for (const text of full) {
    for (const line of text.split("\n")) {
      const header = HEADER.exec(line);
      if (header) {
        const found = familyOf(header[2]!);
        if (!found.header.includes(`# ${header[1]} `)) found.header += `${line}\n`;
      } else if (line !== "" && !line.startsWith("#")) addSample(families, familyOf, line);
    }
  }
  let merged = "";
  for (const { header, samples } of families.values()) {
    if (samples.size === 0) continue;
    merged += header;
    for (const [key, value] of samples) merged += `${key} ${value}\n`;
  }
  return merged;
}

function addSample(families: ReadonlyMap<string, Gathered>, familyOf: (name: string) => Gathered, line: string): void {
  const end = line.lastIndexOf(" ");
  const key = line.slice(0, end);
  const name = key.slice(0, key.includes("{") ? key.indexOf("{") : undefined);
  const base = name.replace(HISTOGRAM_SUFFIX, "");
  const { samples } = families.get(name) ?? families.get(base) ?? familyOf(name);
  const before = samples.get(key);
  const value = Number(line.slice(end + 1));
  samples.set(key, before === undefined ? value : FIRST_HOLDS.has(name) ? before : before + value);
}
