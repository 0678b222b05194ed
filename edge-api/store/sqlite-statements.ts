/**
 * The SQL of the store. Texts are constant, so that each stays prepared. CROSS JOIN fixes the order of a join: first the
 * key or the log, then its version by rowid.
 */

export const TYPES = ["ADDED", "MODIFIED", "DELETED"] as const;
export const ADDED = 0;
export const MODIFIED = 1;
export const DELETED = 2;

/** Compaction may have removed the newest version of all, if it was a tombstone: the mark remembers its revision. */
export const LAST =
  "SELECT max(coalesce((SELECT max(revision) FROM versions), 0), (SELECT revision FROM marks WHERE name = 'passed'))";
export const MARK = "SELECT revision FROM marks WHERE name = ?";
export const SET_MARK = "UPDATE marks SET revision = ? WHERE name = ?";

export const HEAD = "SELECT revision, deleted FROM objects WHERE resource = ? AND namespace = ? AND name = ?";
/**
 * Not a join: what SQLite plans by the values bound to it (a join of two tables by STAT4) it prepares anew with every
 * binding, which takes longer than reading the row.
 */
export const GET = `SELECT revision, value FROM versions WHERE revision =
  (SELECT revision FROM objects WHERE resource = ? AND namespace = ? AND name = ? AND deleted = 0)`;
export const TEXT = "SELECT value FROM versions WHERE revision = ?";

export const APPEND = `INSERT INTO versions (revision, previous, type, written_ms, resource, namespace, name, value)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?)`;
/** Gives a row when the key was not there, be it as a tombstone. */
export const NEW_KEY = `INSERT INTO objects (resource, namespace, name, revision, deleted) VALUES (?, ?, ?, ?, 0)
  ON CONFLICT DO NOTHING RETURNING revision`;
export const POINT = "UPDATE objects SET revision = ?, deleted = ? WHERE resource = ? AND namespace = ? AND name = ?";

/** What an object was at revision ?2, its newest version being ?1: walks back along `previous`. */
export const VERSION_AT = `WITH RECURSIVE chain (revision, previous) AS (
    SELECT revision, previous FROM versions WHERE revision = ?1
    UNION ALL SELECT v.revision, v.previous FROM chain c CROSS JOIN versions v ON v.revision = c.previous
    WHERE c.revision > ?2)
  SELECT v.revision, v.type, v.value FROM chain c CROSS JOIN versions v ON v.revision = c.revision
  WHERE c.revision <= ?2`;
/** Hops from resource to resource. */
export const RESOURCES_IN = `WITH RECURSIVE r (resource) AS (
    SELECT min(resource) FROM objects
    UNION ALL SELECT (SELECT min(resource) FROM objects WHERE resource > r.resource) FROM r WHERE r.resource IS NOT NULL)
  SELECT r.resource, (SELECT count(*) FROM objects o WHERE o.resource = r.resource AND o.namespace = ? AND o.deleted = 0)
  FROM r WHERE r.resource IS NOT NULL`;

export const LAST_LOG = "SELECT revision, resource FROM versions ORDER BY revision DESC LIMIT ?";
export const NEXT_LOG = "SELECT revision, type, written_ms FROM versions WHERE revision > ? ORDER BY revision LIMIT ?";
export const DROP_SUPERSEDED = `DELETE FROM versions WHERE revision IN
  (SELECT previous FROM versions WHERE revision > ?1 AND revision <= ?2 AND previous IS NOT NULL)`;
export const DROP_KEYS = `DELETE FROM objects WHERE deleted = 1 AND revision > ?1 AND revision <= ?2 AND
  (resource, namespace, name) IN
  (SELECT resource, namespace, name FROM versions WHERE revision > ?1 AND revision <= ?2 AND type = ${DELETED})`;
export const DROP_TOMBSTONES = `DELETE FROM versions WHERE revision > ? AND revision <= ? AND type = ${DELETED}`;

/**
 * A text and a number that SQLite must not plan by: for a bare parameter whose value it looks at (how many rows there
 * are between keys, by STAT4; how many are wanted) it prepares the statement anew with every binding, which takes longer
 * than reading some rows.
 */
const ANY = "(? || '')";
const LIMIT = "LIMIT (? + 0)";

/** The same statement for all namespaces and for one: both take a namespace and a name to start behind. */
interface Scoped {
  all: string;
  one: string;
}
const scoped = (text: (start: string) => string): Scoped => ({
  all: text(`o.resource = ${ANY} AND (o.namespace, o.name) > (${ANY}, ${ANY})`),
  one: text(`o.resource = ${ANY} AND o.namespace = ${ANY} AND o.name > ${ANY}`),
});

const listed = (columns: string, condition: string): Scoped =>
  scoped(
    (start) => `SELECT o.namespace, o.name, o.revision, ${columns}
  FROM objects o CROSS JOIN versions v ON v.revision = o.revision
  WHERE ${start} AND ${condition} ORDER BY o.namespace, o.name ${LIMIT}`,
  );
export const LIST_NOW = listed("v.value", "o.deleted = 0");
export const LIST_NOW_CONTAINING = listed("v.value", "o.deleted = 0 AND instr(v.value, ?) > 0");
/** What was changed after a revision comes whatever it is now: what it was then is another question. */
export const LIST_AT = listed("v.value", "(o.revision > ? OR o.deleted = 0)");
export const LIST_AT_CONTAINING = listed("v.value", "(o.revision > ? OR (o.deleted = 0 AND instr(v.value, ?) > 0))");

/** What is changed after a revision shows by the newest one; the separator sorts before all that names may contain. */
const joined =
  (last: string) =>
  (start: string): string =>
    `SELECT
    CAST(group_concat(value, ',') AS BLOB), count(*), max(revision), sum(alike), max(${last})
  FROM (SELECT o.namespace, o.name, o.revision, v.value, v.value >= ? AND v.value < ? AS alike
    FROM objects o CROSS JOIN versions v ON v.revision = o.revision
    WHERE ${start} AND (o.revision > ? OR o.deleted = 0) ORDER BY o.namespace, o.name ${LIMIT})`;
export const JOINED: Scoped = {
  all: scoped(joined("namespace || char(1) || name")).all,
  one: scoped(joined("name")).one,
};
export const JOINED_BYTES = scoped(
  (start) => `SELECT total(bytes) FROM (SELECT octet_length(v.value) AS bytes
    FROM objects o CROSS JOIN versions v ON v.revision = o.revision
    WHERE ${start} AND (o.revision > ? OR o.deleted = 0) ORDER BY o.namespace, o.name ${LIMIT})`,
);

/** Both take a revision at the end. */
const counted = (columns: string, condition: string): Scoped =>
  scoped((start) => `SELECT ${columns} FROM objects o WHERE ${start} AND ${condition}`);
export const COUNT_UNCHANGED = counted("count(*)", "o.deleted = 0 AND o.revision <= ?");
export const KEYS_CHANGED = counted("o.revision", "o.revision > ?");

const changes = (condition: string): string =>
  `SELECT v.revision, v.type, v.resource, v.namespace, v.name, v.value, p.value
  FROM versions v LEFT JOIN versions p ON p.revision = v.previous AND v.type <> ${ADDED}
  WHERE v.revision > ?${condition} ORDER BY v.revision ${LIMIT}`;
export const CHANGES = {
  all: changes(""),
  resource: changes(" AND v.resource = ?"),
  namespace: changes(" AND v.namespace = ?"),
  both: changes(" AND v.resource = ? AND v.namespace = ?"),
};
