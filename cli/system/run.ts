import { execFile } from "node:child_process";

export interface Ran {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** Runs a program without a shell and gathers what it prints. Rejects only when it cannot be started. */
export function run(
  program: string,
  args: string[],
  options: { input?: string | Buffer; env?: NodeJS.ProcessEnv; cwd?: string } = {},
): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      program,
      args,
      { maxBuffer: 64 * 1024 * 1024, env: options.env ?? process.env, ...(options.cwd && { cwd: options.cwd }) },
      (error, stdout, stderr) => {
        const code = error ? (error as NodeJS.ErrnoException & { code?: string | number }).code : 0;
        if (typeof code === "string") reject(error);
        else resolve({ exitCode: error ? (code ?? 1) : 0, stdout, stderr });
      },
    );
    if (options.input !== undefined) child.stdin?.end(options.input);
  });
}

/** As `run`, and a non-zero exit throws with what the program said. */
export async function runOrThrow(
  program: string,
  args: string[],
  options?: Parameters<typeof run>[2],
): Promise<string> {
  const ran = await run(program, args, options);
  if (ran.exitCode !== 0) {
    throw new Error(`${program} ${args.join(" ")} failed (exit ${ran.exitCode}): ${(ran.stderr || ran.stdout).trim()}`);
  }
  return ran.stdout;
}
