/**
 * The tables of /debug/api_priority_and_fairness/, as upstream lays them out.
 * Source: https://kubernetes.io/docs/concepts/cluster-administration/flow-control/#debug-endpoints
 */
import type { Fairness } from "./fairness.ts";
import type { Level, WaitingRequest } from "./level.ts";

type Cell = string | number | boolean;

/**
 * Undefined for a table that does not exist.
 * @param details of requests: who asks for what
 */
export function dump(fairness: Fairness, table: string, { details }: { details: boolean }): string | undefined {
  switch (table) {
    case "dump_priority_levels":
      return text(
        LEVEL_COLUMNS,
        fairness.levels().map((level) => levelRow(fairness, level)),
      );
    case "dump_queues":
      return text(QUEUE_COLUMNS, fairness.levels().flatMap(queueRows));
    case "dump_requests":
      return text(
        [...REQUEST_COLUMNS, ...(details ? DETAIL_COLUMNS : [])],
        fairness.levels().flatMap((level) => requestRows(level, details)),
      );
    default:
      return undefined;
  }
}

const LEVEL_COLUMNS = [
  "PriorityLevelName",
  "ActiveQueues",
  "IsIdle",
  "IsQuiescing",
  "WaitingRequests",
  "ExecutingRequests",
  "DispatchedRequests",
  "RejectedRequests",
  "TimedoutRequests",
  "CancelledRequests",
];
const QUEUE_COLUMNS = [
  "PriorityLevelName",
  "Index",
  "PendingRequests",
  "ExecutingRequests",
  "SeatsInUse",
  "NextDispatchR",
  "InitialSeatsSum",
  "MaxSeatsSum",
  "TotalWorkSum",
];
const REQUEST_COLUMNS = [
  "PriorityLevelName",
  "FlowSchemaName",
  "QueueIndex",
  "RequestIndexInQueue",
  "FlowDistingsher",
  "ArriveTime",
  "InitialSeats",
  "FinalSeats",
  "AdditionalLatency",
  "StartTime",
];

const DETAIL_COLUMNS = ["UserName", "Verb", "APIPath", "Namespace", "Name", "APIVersion", "Resource", "SubResource"];

function levelRow(fairness: Fairness, level: Level): Cell[] {
  const counts = fairness
    .schemas()
    .filter((schema) => schema.level === level)
    .map((schema) => schema.counts);
  const sum = (value: (one: (typeof counts)[number]) => number): number => counts.reduce((a, one) => a + value(one), 0);
  if (level.isExempt)
    return [
      level.name,
      "<none>",
      "<none>",
      "<none>",
      "<none>",
      "<none>",
      sum((one) => one.dispatched),
      "<none>",
      "<none>",
      "<none>",
    ];
  const waiting = level.queues?.waiting ?? 0;
  const executing = sum((one) => one.executing);
  const timedOut = sum(({ refused }) => refused["time-out"]);
  return [
    level.name,
    [...(level.queues?.snapshot() ?? [])].length,
    waiting + executing === 0,
    false,
    waiting,
    executing,
    sum((one) => one.dispatched),
    sum(({ refused }) => refused["queue-full"] + refused["concurrency-limit"]) + timedOut,
    timedOut,
    0,
  ];
}

const queueRows = (level: Level): Cell[][] =>
  [...(level.queues?.snapshot() ?? [])].map(({ index, requests, seats, finish }) => [
    level.name,
    index,
    requests.length,
    0,
    0,
    `${finish.toFixed(8)}ss`,
    seats,
    seats,
    `${seats.toFixed(8)}ss`,
  ]);

const requestRows = (level: Level, details: boolean): Cell[][] =>
  [...(level.queues?.snapshot() ?? [])].flatMap(({ index, requests }) =>
    requests.map(({ flow, seats, arrivedMs, about }, i) => [
      level.name,
      flow.schema.name,
      index,
      i,
      flow.distinguisher,
      new Date(arrivedMs).toISOString(),
      seats,
      0,
      "0s",
      "0001-01-01T00:00:00Z",
      ...(details ? detailsOf(about) : []),
    ]),
  );

function detailsOf(about: WaitingRequest["about"]): Cell[] {
  if (!about) return DETAIL_COLUMNS.map(() => "");
  const { identity, info } = about;
  const { verb, path, namespace, name, version, resource, subresource } = info;
  return [identity.user, verb, path, namespace, name, version, resource, subresource];
}

/** Columns behind one another, each as wide as its widest cell. */
function text(columns: readonly string[], rows: readonly Cell[][]): string {
  const cells = [columns, ...rows.map((row) => row.map(String))].map((row) => row.map((cell) => `${cell},`));
  const widths = columns.map((_, i) => Math.max(...cells.map((row) => row[i]!.length)) + 1);
  return cells.map((row) => `${row.map((cell, i) => cell.padEnd(widths[i]!)).join("")}\n`).join("");
}
