import { describe, expect, it } from "vitest";
import { created, updateErrors } from "../judge.ts";
import { job } from "./job.ts";
import type { Job, JobSpec, JobStatus } from "./v1-types.ts";

const podSpec = { restartPolicy: "Never" as const, containers: [{ name: "main", image: "busybox:1" }] };

const make = (spec: Partial<JobSpec> = {}): Job => ({
  apiVersion: "batch/v1",
  kind: "Job",
  metadata: { name: "run", namespace: "default", uid: "1" },
  spec: { template: { spec: podSpec }, ...spec },
});

type Change = (spec: JobSpec) => void;

/** Errors of a change to a Job that has this status. */
function changeErrors(spec: Partial<JobSpec>, status: JobStatus, change: Change): string[] | undefined {
  const prev = { ...created(job, make(spec)), status };
  const next = structuredClone(prev);
  change(next.spec);
  return job.validateUpdate?.(next, prev).map(({ field, message }) => `${field}: ${message.replace(/\{.*\}/, "…")}`);
}

describe("template of a Job", () => {
  const resize: Change = ({ template }) => {
    template.spec!.containers[0]!.resources = { requests: { cpu: "2" } };
  };
  const direct: Change = ({ template }) => {
    template.metadata!.labels!.queue = "a";
    Object.assign(template.spec!, {
      nodeSelector: { zone: "a" },
      tolerations: [{ operator: "Exists" }],
      affinity: { nodeAffinity: {} },
    });
  };
  const reimage: Change = ({ template }) => {
    template.spec!.containers[0]!.image = "busybox:2";
  };
  const startTime = "2026-01-01T00:00:00Z";
  const suspended = { type: "Suspended", status: "True" } as const;
  const stays = ["spec.template: Invalid value: …: field is immutable"];

  it.each<[string, Partial<JobSpec>, JobStatus, Change, string[]]>([
    ["running: sizes stay", {}, {}, resize, stays],
    ["running: directives stay", {}, {}, direct, stays],
    ["never started: sizes change", { suspend: true }, {}, resize, []],
    ["never started: directives change", { suspend: true }, {}, direct, []],
    [
      "never started: images stay",
      { suspend: true },
      {},
      reimage,
      ["spec.template.spec: Invalid value: …: field is immutable"],
    ],
    ["still with pods: sizes stay", { suspend: true }, { active: 1 }, resize, stays],
    ["started, not yet stopped: sizes stay", { suspend: true }, { startTime }, resize, stays],
    ["stopped: sizes change", { suspend: true }, { startTime, conditions: [suspended] }, resize, []],
    ["stopped: directives change", { suspend: true }, { startTime, conditions: [suspended] }, direct, []],
  ])("JOB-6 %s", (_, spec, status, change, errors) => {
    expect(changeErrors(spec, status, change)).toEqual(errors);
  });

  it("JOB-7 other affinities stay", () => {
    const podAffinity = { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: "zone" }] };
    const errors = changeErrors({ suspend: true }, {}, ({ template }) => {
      template.spec!.affinity = { podAffinity };
    });
    expect(errors).toHaveLength(1);
  });
});

describe("status of a Job", () => {
  const yes = (type: string) => ({ type, status: "True" }) as const;
  const indexed: Partial<JobSpec> = { completionMode: "Indexed", completions: 2, parallelism: 2 };
  const startTime = "2026-01-01T00:00:00Z";

  it.each<[string, Partial<JobSpec>, JobStatus, JobStatus, string[]]>([
    [
      "indexes that a smaller Job no longer has may stay",
      indexed,
      { completedIndexes: "0-4", succeeded: 5 },
      { completedIndexes: "0-4", succeeded: 5, active: 1 },
      [],
    ],
    [
      "but are not written anew",
      indexed,
      { completedIndexes: "0" },
      { completedIndexes: "0-4" },
      ['status.completedIndexes: Invalid value: "0-4": error parsing completedIndexes: too large index: "4"'],
    ],
    ["a smaller Indexed Job has fewer successes", indexed, { succeeded: 5 }, { succeeded: 2 }, []],
    [
      "any other has not",
      { completions: 5 },
      { succeeded: 5 },
      { succeeded: 2 },
      ["status.succeeded: Invalid value: 2: cannot decrease the succeeded counter"],
    ],
    [
      "a finished Job whose pods are counted late",
      {},
      { startTime, active: 1, conditions: [yes("Failed"), yes("FailureTarget")] },
      { startTime, active: 1, failed: 1, conditions: [yes("Failed"), yes("FailureTarget")] },
      [],
    ],
    [
      "a Job does not finish with pods",
      {},
      { startTime, active: 1 },
      { startTime, active: 1, conditions: [yes("Failed"), yes("FailureTarget")] },
      ["status.active: Invalid value: 1: active>0 is invalid for finished job"],
    ],
    [
      "criteria are not met after the end",
      {},
      { startTime, completionTime: startTime, conditions: [yes("Complete")] },
      { startTime, completionTime: startTime, conditions: [yes("Complete"), yes("SuccessCriteriaMet")] },
      [
        "status.conditions: Invalid value: cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions",
      ],
    ],
    [
      "with a success policy criteria come first",
      { ...indexed, successPolicy: { rules: [{ succeededCount: 1 }] } },
      { startTime, completionTime: startTime, conditions: [yes("Complete")] },
      { startTime, completionTime: startTime, conditions: [yes("Complete")] },
      [
        "status.conditions: Invalid value: cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True",
      ],
    ],
  ])("JOB-8 %s", (_, spec, before, after, errors) => {
    const prev = { ...created(job, make(spec)), status: before };
    const found = job.subresources?.status?.validateUpdate?.({ ...prev, status: after }, prev);
    expect(found?.map(({ field, message }) => `${field}: ${message}`)).toEqual(errors);
  });

  it("JOB-9 row of a Job whose criteria are met", () => {
    const object = { ...created(job, make()), status: { conditions: [yes("SuccessCriteriaMet")] } };
    expect(job.row?.(object, 0)[1]).toBe("SuccessCriteriaMet");
  });
});

describe("a Job that changes otherwise", () => {
  it("JOB-10 nothing of a template that is as before is refused", () => {
    expect(updateErrors(job, make({ suspend: true }), () => undefined)).toEqual([]);
  });
});
