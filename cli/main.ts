/** `./kedge COMMAND …`: finds the command, runs it, turns failures into exit codes. */
import { Failure } from "./failure.ts";

interface Command {
  summary: string;
  load: () => Promise<{ main(args: string[]): Promise<void> }>;
}

const COMMANDS: { readonly [name: string]: Command } = {
  up: { summary: "start the control plane and join this machine as a node", load: () => import("./commands/up.ts") },
  down: { summary: "stop what `up` started; --purge also deletes its data", load: () => import("./commands/down.ts") },
  status: { summary: "show what runs", load: () => import("./commands/status.ts") },
  image: { summary: "load image archives into the nodes", load: () => import("./commands/image.ts") },
  node: { summary: "install the node daemon as a systemd service", load: () => import("./commands/node.ts") },
  dev: { summary: "run the control plane under wrangler dev", load: () => import("./commands/dev.ts") },
  test: { summary: "set up what the tests need and run them", load: () => import("./commands/test.ts") },
};

function usage(): string {
  const width = Math.max(...Object.keys(COMMANDS).map((name) => name.length));
  const lines = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`);
  return `kedge: a Kubernetes control plane with nothing to run\n\nUsage: ./kedge COMMAND [flags]\n\n${lines.join("\n")}\n\n./kedge COMMAND --help shows a command's flags.\n`;
}

async function main([name, ...args]: string[]): Promise<void> {
  if (name === undefined || name === "help" || name === "--help" || name === "-h") {
    process.stdout.write(usage());
    return;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) throw new Failure(`unknown command "${name}"\n\n${usage()}`, 2);
  await (await command.load()).main(args);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (error instanceof Failure) process.stderr.write(`kedge: ${error.message}\n`);
  else
    process.stderr.write(
      `kedge: unexpected error, please report it:\n${error instanceof Error ? error.stack : error}\n`,
    );
  process.exitCode = error instanceof Failure ? error.exitCode : 1;
}
