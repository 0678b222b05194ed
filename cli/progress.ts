/** Steps of long work, each with its time, on stderr; results go to stdout. */

const BOLD = "\x1b[1m";
const DIM = "\x1b[2m";
const RESET = "\x1b[0m";

export interface Progress {
  /** Runs one step and prints it with its time; `detail` of the result's note stands behind it. */
  step<T>(title: string, work: (note: (text: string) => void) => Promise<T>): Promise<T>;
  warn(text: string): void;
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

export function createProgress(out: NodeJS.WriteStream): Progress {
  const color = out.isTTY === true && !process.env.NO_COLOR;
  const paint = (code: string, text: string) => (color ? `${code}${text}${RESET}` : text);
  return {
    async step(title, work) {
      const started = performance.now();
      let detail = "";
      if (out.isTTY) out.write(`   ${title} …`);
      const line = (mark: string) => {
        const time = paint(DIM, seconds(performance.now() - started).padStart(7));
        out.write(`${out.isTTY ? "\r\x1b[K" : ""} ${mark} ${title}${detail && `: ${detail}`} ${time}\n`);
      };
      try {
        const result = await work((text) => {
          detail = text;
        });
        line("✓");
        return result;
      } catch (error) {
        line(paint(BOLD, "✗"));
        throw error;
      }
    },
    warn(text) {
      out.write(` ! ${text}\n`);
    },
  };
}
