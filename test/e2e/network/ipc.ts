/** Calls to a process in a network namespace, over Node's IPC channel. */
import { type ChildProcess, spawn } from "node:child_process";

export interface Call {
  id: number;
  method: string;
  args: unknown[];
}

export interface Reply {
  id: number;
  result?: unknown;
  error?: string;
}

type Methods = { [name: string]: (...args: never[]) => unknown };

/** In the process: answers calls with these methods until the channel closes. */
export function serveCalls(methods: Methods): void {
  process.on("message", async ({ id, method, args }: Call) => {
    const reply: Reply = { id };
    try {
      reply.result = await (methods[method] as (...a: unknown[]) => unknown)(...args);
    } catch (error) {
      reply.error = (error as NodeJS.ErrnoException).code ?? (error as Error).message;
    }
    process.send?.(reply);
  });
  process.on("disconnect", () => process.exit(0));
}

/** Starts `script` in the namespace. Ended by `stop`. */
export class Remote {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>();
  #nextId = 1;

  constructor(namespace: string, script: string) {
    this.#child = spawn("nsenter", [`--net=/run/netns/${namespace}`, "--", process.execPath, script], {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
      env: { ...process.env, NODE_OPTIONS: "--disable-warning=ExperimentalWarning" },
    });
    this.#child.on("message", ({ id, result, error }: Reply) => {
      const call = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error !== undefined) call?.reject(new Error(error));
      else call?.resolve(result);
    });
    const fail = (why: string): void => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`${namespace}: ${why}`));
      this.#waiting.clear();
    };
    this.#child.on("exit", (code, signal) => fail(`process ended: ${code ?? signal}`));
    this.#child.on("error", (error) => fail(error.message));
  }

  call<T>(method: string, ...args: unknown[]): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const id = this.#nextId++;
      this.#waiting.set(id, { resolve: resolve as (result: unknown) => void, reject });
      this.#child.send({ id, method, args } satisfies Call);
    });
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.kill("SIGKILL");
    await ended;
  }
}
