/** Flags of a command, from one table that also prints its help. */
import { parseArgs } from "node:util";
import { Failure } from "./failure.ts";

export interface Flag {
  type: "boolean" | "string";
  /** Name of the value in the help: "N", "DIR". */
  value?: string;
  help: string;
  default?: string;
}

export interface CommandLine<F extends { readonly [name: string]: Flag }> {
  usage: string;
  flags: F;
  /** How many positional arguments it takes. */
  positionals?: { least: number; most: number };
}

export type Flags<F extends { readonly [name: string]: Flag }> = {
  [K in keyof F]: F[K]["type"] extends "boolean"
    ? boolean
    : F[K] extends { default: string }
      ? string
      : string | undefined;
};

function help(line: CommandLine<{ readonly [name: string]: Flag }>): string {
  const names = Object.entries(line.flags).map(([name, flag]) => `--${name}${flag.value ? ` ${flag.value}` : ""}`);
  const width = Math.max(...names.map((n) => n.length), 6);
  const rows = Object.values(line.flags).map(
    (flag, i) => `  ${(names[i] ?? "").padEnd(width)}  ${flag.help}${flag.default ? ` (default ${flag.default})` : ""}`,
  );
  return `Usage: ${line.usage}\n\n${rows.join("\n")}\n  ${"--help".padEnd(width)}  show this\n`;
}

/** Parses or throws Failure with the usage; `--help` prints it and returns undefined. */
export function parseCommandLine<F extends { readonly [name: string]: Flag }>(
  line: CommandLine<F>,
  args: string[],
): { flags: Flags<F>; positionals: string[] } | undefined {
  const options = Object.fromEntries(Object.entries(line.flags).map(([name, { type }]) => [name, { type }]));
  let parsed: { values: { [name: string]: unknown }; positionals: string[] };
  try {
    parsed = parseArgs({ args, options: { ...options, help: { type: "boolean" } }, allowPositionals: true });
  } catch (error) {
    throw new Failure(`${(error as Error).message}\n\n${help(line)}`, 2);
  }
  if (parsed.values.help) {
    process.stdout.write(help(line));
    return undefined;
  }
  const { least, most } = line.positionals ?? { least: 0, most: 0 };
  if (parsed.positionals.length < least || parsed.positionals.length > most) {
    const wrong =
      parsed.positionals.length > most ? `unexpected argument "${parsed.positionals[most]}"` : "argument missing";
    throw new Failure(`${wrong}\n\n${help(line)}`, 2);
  }
  const flags = Object.fromEntries(
    Object.entries(line.flags).map(([name, flag]) => [
      name,
      parsed.values[name] ?? (flag.type === "boolean" ? false : flag.default),
    ]),
  );
  return { flags: flags as Flags<F>, positionals: parsed.positionals };
}

/** A whole number within bounds. @throws Failure naming the flag */
export function wholeNumber(flag: string, text: string, { least, most }: { least: number; most: number }): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > most) {
    throw new Failure(`--${flag} takes a whole number from ${least} to ${most}, not "${text}"`, 2);
  }
  return value;
}
