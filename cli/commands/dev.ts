/** `./kedge dev` (npm run dev): the Worker under `wrangler dev`, with a kubeconfig for it. */
import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { parseCommandLine, wholeNumber } from "../arguments.ts";
import { buildInfo } from "../control-plane/build-info.ts";
import { Failure } from "../failure.ts";
import { writeFileAtomic } from "../files.ts";
import { writeKubeconfig } from "../kubeconfig.ts";
import { layoutOf, projectDir } from "../layout.ts";
import { ensurePki } from "../pki/store.ts";

const LINE = {
  usage: "./kedge dev [flags]",
  flags: {
    port: { type: "string", value: "PORT", help: "port of the API on this machine", default: "8443" },
    data: {
      type: "string",
      value: "DIR",
      help: "where this cluster lives, apart from the one of `up`",
      default: ".kedge/dev",
    },
  },
} as const;

export async function main(args: string[]): Promise<void> {
  const line = parseCommandLine(LINE, args);
  if (!line) return;
  const layout = layoutOf(line.flags.data);
  const port = wholeNumber("port", line.flags.port, { least: 1, most: 65_535 });
  const serverUrl = `https://127.0.0.1:${port}`;
  const pki = await ensurePki(layout, { dnsNames: ["localhost"], ipAddresses: ["127.0.0.1"] });
  writeKubeconfig(layout.kubeconfig, { serverUrl, caPem: pki.authority.certificatePem, token: pki.adminToken });
  // Secrets travel in a file that only its owner reads, never on the command line.
  const variables = {
    KEDGE_ADMIN_TOKEN: pki.adminToken,
    KEDGE_CA_CERT: pki.authority.certificatePem,
    KEDGE_CA_KEY: pki.authority.keyPem,
    KEDGE_SERVER_URL: serverUrl,
  };
  const envFile = path.join(layout.dataDir, "vars.env");
  const lines = Object.entries(variables).map(([name, value]) => `${name}=${JSON.stringify(value)}\n`);
  writeFileAtomic(envFile, lines.join(""), 0o600);
  process.stdout.write(`kubectl --kubeconfig ${layout.kubeconfig} get namespaces\n`);
  const child = spawn(
    path.join(projectDir, "node_modules/.bin/wrangler"),
    [
      "dev",
      ...["--ip", "127.0.0.1", "--port", String(port), "--local-protocol", "https"],
      ...["--https-key-path", path.join(layout.pkiDir, "server.key")],
      ...["--https-cert-path", path.join(layout.pkiDir, "server.crt")],
      ...["--env-file", envFile, "--persist-to", path.join(layout.dataDir, "wrangler")],
      ...["--define", `KEDGE_BUILD:${JSON.stringify(await buildInfo())}`],
    ],
    { cwd: projectDir, stdio: "inherit", env: { ...process.env, WRANGLER_SEND_METRICS: "false" } },
  );
  for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, () => child.kill(name));
  const code = await new Promise<number>((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (exitCode) => resolve(exitCode ?? 0));
  });
  fs.rmSync(envFile, { force: true });
  if (code !== 0) throw new Failure(`wrangler dev ended with exit code ${code}`, code);
}
