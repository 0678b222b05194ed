// Made from migrations/*.sql by test/contracts/store-migrations.test.ts (vitest run -u): do not edit.

export interface Migration {
  /** Number and name: "0001-versions". */
  name: string;
  sql: string;
}

export const MIGRATIONS: readonly Migration[] = [
  {
    name: "0001-versions",
    sql: `-- Every version of every object, in the order of its making. Appending to a rowid table is what SQLite does fastest,
-- a change feed is a range scan, and an update copies nothing.
CREATE TABLE versions (
  revision INTEGER PRIMARY KEY,
  -- The version of the same object that this one superseded: of an object made anew, its tombstone.
  previous INTEGER,
  -- 0 ADDED, 1 MODIFIED, 2 DELETED (a tombstone)
  type INTEGER NOT NULL,
  -- Epoch milliseconds.
  written_ms INTEGER NOT NULL,
  resource TEXT NOT NULL,
  namespace TEXT NOT NULL,
  name TEXT NOT NULL,
  -- The JSON text served; of a tombstone the last text with the deletion's revision. Last, so that walking from
  -- version to version reads no overflow page.
  value TEXT NOT NULL
) STRICT;

-- The newest version of each object, tombstones included until compaction passes them. WITHOUT ROWID: one row written,
-- not a row and its index entry.
CREATE TABLE objects (
  resource TEXT NOT NULL,
  namespace TEXT NOT NULL,
  name TEXT NOT NULL,
  revision INTEGER NOT NULL,
  deleted INTEGER NOT NULL,
  PRIMARY KEY (resource, namespace, name)
) STRICT, WITHOUT ROWID;

-- 'compacted': history before this revision is gone. 'passed': compaction has looked at versions up to this one; at
-- least the newest revision that was removed, so that no revision is ever given twice.
CREATE TABLE marks (
  name TEXT PRIMARY KEY,
  revision INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO marks (name, revision) VALUES ('compacted', 0), ('passed', 0);
`,
  },
];
