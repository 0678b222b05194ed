/** What `kubectl version` says of where this program came from. */
import { projectDir } from "../layout.ts";
import { run } from "../system/run.ts";

export interface BuildInfo {
  /** Empty where the sources are not a git checkout. */
  gitCommit: string;
  gitTreeState: "clean" | "dirty" | "archive";
  /** RFC 3339. */
  buildDate: string;
}

export async function buildInfo(): Promise<BuildInfo> {
  const buildDate = new Date().toISOString().replace(/\.\d+Z$/, "Z");
  const git = (...args: string[]) =>
    run("git", ["--no-optional-locks", ...args], { cwd: projectDir }).catch(() => undefined);
  const [commit, changes] = await Promise.all([
    git("rev-parse", "HEAD"),
    git("status", "--porcelain", "--untracked-files=no"),
  ]);
  if (commit?.exitCode !== 0 || changes?.exitCode !== 0) return { gitCommit: "", gitTreeState: "archive", buildDate };
  return { gitCommit: commit.stdout.trim(), gitTreeState: changes.stdout === "" ? "clean" : "dirty", buildDate };
}
