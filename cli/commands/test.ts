/**
 * `./kedge test`: everything a change must pass, in the order that fails soonest. What this machine cannot run is
 * skipped by name and reason.
 */
import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { parseCommandLine } from "../arguments.ts";
import { projectDir } from "../layout.ts";
import { createProgress } from "../progress.ts";
import { ensureInstalled, KUBECTL, missing, NODE_NEEDS } from "../system/install.ts";

const LINE = {
  usage: "./kedge test [flags]",
  flags: {
    "unit-only": { type: "boolean", help: "no end-to-end tests" },
    "no-install": { type: "boolean", help: "skip what is missing instead of installing it" },
  },
} as const;

interface Stage {
  title: string;
  command: string[];
  /** Where the stage writes vitest's JSON report, if it runs tests. */
  report?: string;
  env?: NodeJS.ProcessEnv;
}

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

const bin = (name: string): string => path.join(projectDir, "node_modules/.bin", name);
const reportDir = path.join(projectDir, ".tsbuild/test-reports");

function vitest(title: string, config: string, env: NodeJS.ProcessEnv = {}): Stage {
  const report = path.join(reportDir, `${path.basename(config)}.json`);
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  return { title, command: [bin("vitest"), "run", "--config", config, ...reporters], report, env };
}

export async function main(args: string[]): Promise<void> {
  const line = parseCommandLine(LINE, args);
  if (!line) return;
  fs.mkdirSync(reportDir, { recursive: true });
  const stages: Stage[] = [
    { title: "Lint and import rules", command: [bin("biome"), "check", "--error-on-warnings", "."] },
    { title: "Types", command: [bin("tsc"), "--build"] },
    vitest("Unit tests", "vitest.config.ts"),
  ];
  if (!line.flags["unit-only"]) {
    const skip = await prepareMachine(!line.flags["no-install"]);
    stages.push(vitest("End-to-end tests", "vitest.e2e.config.ts", skip ? { KEDGE_SKIP_NODE_TESTS: skip } : {}));
  }
  const total: Counts = { passed: 0, failed: 0, skipped: 0 };
  const failures: string[] = [];
  for (const stage of stages) {
    const code = await runStage(stage);
    const report = readReport(stage);
    add(total, report, code);
    if (code !== 0) failures.push(`  ${stage.title}`, ...failedTests(report));
  }
  // Once more, at the end: what failed first has scrolled away by now.
  if (failures.length > 0) process.stdout.write(`\nFailed:\n${failures.join("\n")}\n`);
  process.stdout.write(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped\n`);
  if (total.failed > 0) process.exitCode = 1;
}

/** Installs what end-to-end tests need. Returns why tests with real nodes cannot run here, if so. */
async function prepareMachine(install: boolean): Promise<string | undefined> {
  const needs = [
    ...NODE_NEEDS,
    { name: "busybox", debianPackage: "busybox-static" },
    { name: "curl", debianPackage: "curl" },
    KUBECTL,
  ];
  const lacking = missing(needs);
  if (process.platform !== "linux") return "not Linux";
  if (process.getuid?.() !== 0) return "not root";
  if (lacking.length === 0) return undefined;
  try {
    await ensureInstalled(lacking, { install, progress: createProgress(process.stderr) });
    return undefined;
  } catch (error) {
    return (error as Error).message.split("\n")[0];
  }
}

async function runStage(stage: Stage): Promise<number> {
  process.stdout.write(`\n== ${stage.title}\n`);
  if (stage.report) fs.rmSync(stage.report, { force: true });
  const [program = "", ...args] = stage.command;
  const started = performance.now();
  const code = await new Promise<number>((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: projectDir,
      stdio: ["ignore", "inherit", "inherit"],
      env: { ...process.env, ...stage.env },
    });
    child.on("error", reject);
    child.on("exit", (exitCode) => resolve(exitCode ?? 1));
  });
  process.stdout.write(
    `== ${stage.title}: ${code === 0 ? "ok" : `failed (exit ${code})`} after ${((performance.now() - started) / 1000).toFixed(1)} s\n`,
  );
  return code;
}

/** What is read of vitest's JSON report. */
interface Report {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  testResults: {
    /** The test file. */
    name: string;
    status: string;
    /** Why the file as a whole failed. */
    message: string;
    assertionResults: { status: string; fullName: string; failureMessages?: string[] | null }[];
  }[];
}

function readReport({ report }: Stage): Report | undefined {
  return report && fs.existsSync(report) ? JSON.parse(fs.readFileSync(report, "utf8")) : undefined;
}

/** A line for each failed test, and for each file that failed as a whole. */
function failedTests(report: Report | undefined): string[] {
  return (report?.testResults ?? [])
    .filter(({ status }) => status === "failed")
    .flatMap(({ name, message, assertionResults }) => {
      const failed = assertionResults.filter(({ status }) => status === "failed");
      const reasons =
        failed.length > 0
          ? failed.map(({ fullName, failureMessages }) => `${fullName.trim()}: ${failureMessages?.[0] ?? ""}`)
          : [message];
      return reasons.map((reason) => `    ${path.relative(projectDir, name)}: ${reason.split("\n")[0]}`);
    });
}

/** A stage without a report counts as one test; one whose runner failed without a failed test counts as one failure. */
function add(total: Counts, report: Report | undefined, code: number): void {
  total.passed += report ? report.numPassedTests : code === 0 ? 1 : 0;
  total.skipped += report ? report.numPendingTests + report.numTodoTests : 0;
  total.failed += Math.max(report?.numFailedTests ?? 0, code === 0 ? 0 : 1);
}
