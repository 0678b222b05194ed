/** Brings a database's schema forward. */
import type { Sql } from "./contract.ts";
import { MIGRATIONS, type Migration } from "./migrations.ts";

/**
 * Applies what is missing, all or nothing; changes nothing when the schema is up to date. A statement of a migration
 * ends with `;` at the end of a line.
 * @throws Error when the database was written by a newer kedge, or its history is not ours; nothing is changed
 */
export function migrate(sql: Sql, migrations: readonly Migration[] = MIGRATIONS): void {
  const applied = appliedTo(sql);
  const newest = applied.at(-1);
  if (newest !== undefined && applied.length > migrations.length) {
    const known = migrations.at(-1)?.name ?? "none";
    throw new Error(`the data has schema ${newest}, newer than this kedge knows (${known}): run the newer kedge`);
  }
  applied.forEach((name, i) => {
    const ours = migrations[i]!.name;
    if (name !== ours) throw new Error(`the data has schema ${name} where this kedge has ${ours}`);
  });
  if (applied.length === migrations.length) return;
  sql.transaction(() => {
    if (newest === undefined) {
      run(sql, "CREATE TABLE migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT");
    }
    for (let i = applied.length; i < migrations.length; i++) {
      for (const statement of statementsOf(migrations[i]!.sql)) run(sql, statement);
      run(sql, "INSERT INTO migrations (number, name) VALUES (?, ?)", i + 1, migrations[i]!.name);
    }
  });
}

/** Names of the applied migrations in order. */
function appliedTo(sql: Sql): string[] {
  const tables = [...sql.exec("SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'migrations'")];
  if (tables.length === 0) return [];
  return [...sql.exec("SELECT name FROM migrations ORDER BY number")].map((row) => row[0] as string);
}

const statementsOf = (text: string): string[] =>
  text
    .replaceAll(/^\s*--.*$/gm, "")
    .split(/;\s*$/m)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== "");

function run(sql: Sql, statement: string, ...bindings: (string | number)[]): void {
  for (const _ of sql.exec(statement, ...bindings));
}
