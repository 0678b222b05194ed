// The Worker of bench/cost.ts: kedge's own, which counts what Cloudflare bills. Everything runs in one isolate here, so
// that one set of counts sees all objects.
import worker, * as main from "../edge-api/main.ts";

const counts = { workerRequests: 0, objectRequests: 0, alarms: 0, awakeMs: 0 };
/** What woke which object how often: "ClusterStore.alarm". */
let calls = {};
/** Cursors know their rows once they have been read. */
let cursors = [];

let patched = false;
function countRows(storage) {
  if (patched) return;
  patched = true;
  const sql = Object.getPrototypeOf(storage.sql);
  const { exec } = sql;
  sql.exec = function (...statement) {
    const cursor = exec.apply(this, statement);
    cursors.push(cursor);
    return cursor;
  };
  const alarms = Object.getPrototypeOf(storage);
  const { setAlarm } = alarms;
  // Each is billed as one row written.
  alarms.setAlarm = function (...time) {
    counts.alarms++;
    return setAlarm.apply(this, time);
  };
}

/** What comes from outside: each call is a request of the object's, and keeps it awake. */
const ENTRIES = [
  "fetch",
  "alarm",
  "write",
  "snapshot",
  "changes",
  "identity",
  "bootstrapToken",
  "nodeConnection",
  "told",
  "accountProblem",
];

function counted(Base) {
  class Counted extends Base {
    constructor(ctx, env) {
      countRows(ctx.storage);
      super(ctx, env);
    }
  }
  for (const name of ENTRIES.filter((entry) => entry in Base.prototype)) {
    Counted.prototype[name] = async function (...given) {
      counts.objectRequests++;
      const call = `${Base.name}.${name}`;
      calls[call] = (calls[call] ?? 0) + 1;
      const startedMs = Date.now();
      try {
        return await Base.prototype[name].apply(this, given);
      } finally {
        counts.awakeMs += Date.now() - startedMs;
      }
    };
  }
  return Counted;
}

export const ClusterStore = counted(main.ClusterStore);
export const EventStore = counted(main.EventStore);
export const Controllers = counted(main.Controllers);
export const Scheduler = counted(main.Scheduler);
export const NodeGateway = counted(main.NodeGateway);

export default {
  fetch(request, env, ctx) {
    if (new URL(request.url).pathname !== "/bench/cost") {
      counts.workerRequests++;
      return worker.fetch(request, env, ctx);
    }
    const rows = { read: 0, written: 0 };
    for (const cursor of cursors) {
      rows.read += cursor.rowsRead;
      rows.written += cursor.rowsWritten;
    }
    cursors = [];
    const told = { ...counts, calls, rowsRead: rows.read, rowsWritten: rows.written + counts.alarms };
    calls = {};
    Object.assign(counts, { workerRequests: 0, objectRequests: 0, alarms: 0, awakeMs: 0 });
    return Response.json(told);
  },
};
