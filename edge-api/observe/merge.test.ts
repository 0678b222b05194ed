import { expect, it } from "vitest";
import { mergeMetrics } from "./merge.ts";

const text = (...lines: string[]): string => lines.map((line) => `${line}\n`).join("");

it("[MM1] families of several programs stand together, once, and the same counts are added up", () => {
  const first = text(
    "# HELP requests_total Answered.",
    "# TYPE requests_total counter",
    'requests_total{code="200"} 2',
    "# HELP seconds Taken.",
    "# TYPE seconds histogram",
    'seconds_bucket{le="+Inf"} 1',
    "seconds_sum 0.5",
    "seconds_count 1",
    "# HELP process_start_time_seconds Begin.",
    "# TYPE process_start_time_seconds gauge",
    "process_start_time_seconds 100",
  );
  const second = text(
    "# HELP seconds Taken.",
    "# TYPE seconds histogram",
    'seconds_bucket{le="+Inf"} 2',
    "seconds_sum 1",
    "seconds_count 2",
    "# HELP requests_total Answered.",
    "# TYPE requests_total counter",
    'requests_total{code="200"} 1',
    'requests_total{code="404",path="a b} c"} 1',
    "process_start_time_seconds 200",
    "# HELP empty Nothing.",
    "# TYPE empty gauge",
  );
  expect(mergeMetrics([first, "", second])).toBe(
    text(
      "# HELP requests_total Answered.",
      "# TYPE requests_total counter",
      'requests_total{code="200"} 3',
      'requests_total{code="404",path="a b} c"} 1',
      "# HELP seconds Taken.",
      "# TYPE seconds histogram",
      'seconds_bucket{le="+Inf"} 3',
      "seconds_sum 1.5",
      "seconds_count 3",
      "# HELP process_start_time_seconds Begin.",
      "# TYPE process_start_time_seconds gauge",
      "process_start_time_seconds 100",
    ),
  );
});

it("[MM2] one text alone stays as it is", () => {
  expect(mergeMetrics(["", "a 1\n"])).toBe("a 1\n");
  expect(mergeMetrics([])).toBe("");
});
