import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { migrate } from "../../edge-api/store/migrate.ts";
import { MIGRATIONS } from "../../edge-api/store/migrations.ts";
import { NodeSql } from "../fakes/node-sql.ts";

const folder = new URL("../../migrations/", import.meta.url);

/**
 * esbuild and wrangler import .sql as text, Node and vitest do not: so one module holds the texts for all of them.
 * `npx vitest run -u test/contracts/store-migrations.test.ts` writes it anew.
 */
function render(): string {
  const names = readdirSync(folder).filter((file) => file.endsWith(".sql"));
  const entries = names.sort().map((file) => {
    const text = readFileSync(new URL(file, folder), "utf8");
    if (/[`\\]|\$\{/.test(text)) throw new Error(`${file}: no backquotes, backslashes or \${ in migrations`);
    return `  {\n    name: "${file.replace(/\.sql$/, "")}",\n    sql: \`${text}\`,\n  },\n`;
  });
  return `// Made from migrations/*.sql by test/contracts/store-migrations.test.ts (vitest run -u): do not edit.

export interface Migration {
  /** Number and name: "0001-versions". */
  name: string;
  sql: string;
}

export const MIGRATIONS: readonly Migration[] = [
${entries.join("")}];
`;
}

const schema = (sql: NodeSql) => [...sql.exec("SELECT name, sql FROM sqlite_master ORDER BY name")];

describe("migrations", () => {
  it("[MG1] migrations.ts holds what migrations/*.sql say", async () => {
    await expect(render()).toMatchFileSnapshot("../../edge-api/store/migrations.ts");
  });

  it("[MG2] are numbered from 0001 without gaps", () => {
    MIGRATIONS.forEach((migration, i) => {
      expect(migration.name).toMatch(/^\d{4}-[a-z0-9-]+$/);
      expect(Number(migration.name.slice(0, 4))).toBe(i + 1);
    });
  });

  it("[MG3] bring an empty database forward, and change nothing the second time", () => {
    const sql = new NodeSql();
    migrate(sql);
    const once = schema(sql);
    migrate(sql);
    expect(schema(sql)).toEqual(once);
    expect([...sql.exec("SELECT name FROM migrations ORDER BY number")].flat()).toEqual(MIGRATIONS.map((m) => m.name));
  });

  it("[MG4] apply only what is missing", () => {
    const sql = new NodeSql();
    const first = { name: "0001-a", sql: "CREATE TABLE a (x);\nINSERT INTO a VALUES (1);\n" };
    migrate(sql, [first]);
    migrate(sql, [first, { name: "0002-b", sql: "-- why; because\nUPDATE a SET x = 2;\n" }]);
    expect([...sql.exec("SELECT x FROM a")]).toEqual([[2]]);
  });

  it("[MG5] refuse a newer schema by name, and a history that is not ours", () => {
    const sql = new NodeSql();
    const a = { name: "0001-a", sql: "CREATE TABLE a (x);" };
    migrate(sql, [a, { name: "0002-b", sql: "CREATE TABLE b (x);" }]);
    expect(() => migrate(sql, [a])).toThrow("schema 0002-b, newer than this kedge knows (0001-a)");
    expect(() => migrate(sql, [a, { name: "0002-c", sql: "" }])).toThrow("schema 0002-b where this kedge has 0002-c");
  });

  it("[MG6] leave nothing behind when one fails", () => {
    const sql = new NodeSql();
    const broken = { name: "0001-a", sql: "CREATE TABLE a (x);\nINSERT INTO nowhere VALUES (1);\n" };
    expect(() => migrate(sql, [broken])).toThrow("nowhere");
    expect(schema(sql)).toEqual([]);
  });
});
