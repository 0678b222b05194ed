/** What a node needs of the machine, and how to get it from Debian or Ubuntu. */
import fs from "node:fs";
import path from "node:path";
import { Failure } from "../failure.ts";
import type { Progress } from "../progress.ts";
import { run } from "./run.ts";

const CNI_DIRS = ["/usr/lib/cni", "/opt/cni/bin"];
const SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

export interface Need {
  /** What is looked for: a program's name, or "cni" for the plugins. */
  name: string;
  /** The Debian package that brings it. */
  debianPackage: string;
}

export const KUBECTL: Need = { name: "kubectl", debianPackage: "kubernetes-client" };

export const NODE_NEEDS: readonly Need[] = [
  { name: "containerd", debianPackage: "containerd" },
  { name: "runc", debianPackage: "runc" },
  { name: "cni", debianPackage: "containernetworking-plugins" },
  { name: "nft", debianPackage: "nftables" },
  { name: "ip", debianPackage: "iproute2" },
  { name: "conntrack", debianPackage: "conntrack" },
];

export function findProgram(name: string): string | undefined {
  const dirs = `${process.env.PATH ?? ""}:${SYSTEM_PATH}`.split(":").filter((dir) => dir !== "");
  return dirs.map((dir) => path.join(dir, name)).find((file) => isExecutable(file));
}

function isExecutable(file: string): boolean {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}

/** The directory with the CNI plugins kedge uses. */
export const findCniDir = (): string | undefined =>
  CNI_DIRS.find((dir) => ["ptp", "host-local", "loopback"].every((plugin) => isExecutable(path.join(dir, plugin))));

export const missing = (needs: readonly Need[]): Need[] =>
  needs.filter(({ name }) => (name === "cni" ? findCniDir() : findProgram(name)) === undefined);

/** Installs with apt-get. @throws Failure when it may not, cannot, or the packages do not bring what is needed */
export async function ensureInstalled(
  needs: readonly Need[],
  options: { install: boolean; progress: Progress },
): Promise<void> {
  const lacking = missing(needs);
  if (lacking.length === 0) return;
  const packages = lacking.map((need) => need.debianPackage);
  const what = lacking
    .map((need) => (need.name === "cni" ? "CNI plugins (ptp, host-local, loopback)" : need.name))
    .join(", ");
  const command = `apt-get install --no-install-recommends ${packages.join(" ")}`;
  if (!options.install) throw new Failure(`missing on this machine: ${what}\nInstall with: ${command}`);
  if (process.getuid?.() !== 0)
    throw new Failure(`missing on this machine: ${what}\nInstalling needs root. Run: sudo ${command}`);
  if (findProgram("apt-get") === undefined) {
    throw new Failure(
      `missing on this machine: ${what}\nThere is no apt-get here to install them with: install them by your system's means and run again.`,
    );
  }
  await options.progress.step(`Installing ${packages.join(", ")}`, async () => {
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    const install = () => run("apt-get", ["install", "-y", "--no-install-recommends", ...packages], { env });
    let ran = await install();
    if (ran.exitCode !== 0) {
      await run("apt-get", ["update"], { env });
      ran = await install();
    }
    if (ran.exitCode !== 0)
      throw new Failure(`${command} failed:\n${(ran.stderr || ran.stdout).trim().split("\n").slice(-8).join("\n")}`);
  });
  const still = missing(lacking);
  if (still.length > 0)
    throw new Failure(`installed ${packages.join(", ")}, yet missing: ${still.map((n) => n.name).join(", ")}`);
}
