/** The store's Sql over node:sqlite, for tests and benches. */
import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { Sql } from "../../edge-api/store/contract.ts";

type Value = string | number | null;

/** What Cloudflare would bill is near: statements are counted; rows come from `bench/store.ts`. */
export class NodeSql implements Sql {
  readonly database: DatabaseSync;
  #depth = 0;
  // A statement that a cursor is still reading cannot run again: then another is prepared.
  readonly #idle = new Map<string, StatementSync[]>();

  /** @param path a file, or ":memory:" */
  constructor(path = ":memory:") {
    this.database = new DatabaseSync(path);
    // As workerd opens a Durable Object's file.
    this.database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;");
  }

  exec(text: string, ...bindings: Value[]): Iterable<Value[]> {
    const statement = this.#idle.get(text)?.pop() ?? this.#prepare(text);
    if (statement.columns().length > 0) return this.#rows(text, statement, bindings);
    try {
      statement.run(...bindings);
    } finally {
      this.#release(text, statement);
    }
    return [];
  }

  *#rows(text: string, statement: StatementSync, bindings: Value[]): Iterable<Value[]> {
    try {
      yield* statement.iterate(...bindings) as unknown as Iterable<Value[]>;
    } finally {
      this.#release(text, statement);
    }
  }

  #prepare(text: string): StatementSync {
    const statement = this.database.prepare(text);
    statement.setReturnArrays(true);
    return statement;
  }

  #release(text: string, statement: StatementSync): void {
    const idle = this.#idle.get(text);
    if (idle) idle.push(statement);
    else this.#idle.set(text, [statement]);
  }

  transaction<T>(work: () => T): T {
    const [begin, commit, rollback] =
      this.#depth === 0
        ? ["BEGIN IMMEDIATE", "COMMIT", "ROLLBACK"]
        : [
            `SAVEPOINT nested_${this.#depth}`,
            `RELEASE nested_${this.#depth}`,
            `ROLLBACK TO nested_${this.#depth}; RELEASE nested_${this.#depth}`,
          ];
    this.database.exec(begin);
    this.#depth++;
    try {
      const result = work();
      this.database.exec(commit);
      return result;
    } catch (error) {
      this.database.exec(rollback);
      throw error;
    } finally {
      this.#depth--;
    }
  }

  close(): void {
    this.database.close();
  }
}
