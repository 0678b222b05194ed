/** Starts workerd and waits until the API answers; knows nothing of nodes. */
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Agent, request } from "undici";
import { parseYaml } from "../../machinery/codec/yaml.ts";
import { Failure } from "../failure.ts";
import { readIfExists, writeFileAtomic } from "../files.ts";
import type { Layout } from "../layout.ts";
import { projectDir } from "../layout.ts";
import type { Pki } from "../pki/store.ts";
import { type Daemon, runningPid, startDaemon, stopDaemon } from "../system/process.ts";
import { bundleWorker } from "./bundle.ts";
import { type WorkerdConfig, workerdConfig } from "./workerd-config.ts";
import { readWrangler } from "./wrangler-config.ts";

export interface ControlPlaneOptions {
  layout: Layout;
  pki: Pki;
  /** "127.0.0.1:6443" first; others for nodes in namespaces or other machines. */
  listen: string[];
  serverUrl: string;
}

/** Bindings that are handed on from the environment of `up`, where they are set. */
const SETTINGS = [
  "KEDGE_AUDIT_POLICY",
  "KEDGE_AUTHENTICATION_CONFIG",
  "KEDGE_RUNTIME_CONFIG",
  "KEDGE_SCHEDULER_CONFIG",
  "KEDGE_OIDC_ISSUER",
  "KEDGE_OIDC_CLIENT_ID",
  "KEDGE_OIDC_USERNAME_CLAIM",
  "KEDGE_OIDC_USERNAME_PREFIX",
  "KEDGE_OIDC_GROUPS_CLAIM",
  "KEDGE_OIDC_GROUPS_PREFIX",
  "KEDGE_OIDC_REQUIRED_CLAIM",
  "KEDGE_OIDC_SIGNING_ALGS",
];

const READY_TIMEOUT_MS = 30_000;

export const controlPlaneDaemon = (layout: Layout): Daemon => ({
  pidFile: path.join(layout.controlPlaneDir, "workerd.pid"),
});

export const controlPlaneLog = (layout: Layout): string => path.join(layout.controlPlaneDir, "workerd.log");

/** The npm package says where the program is that it brings for this machine. */
const workerdProgram = (): string => (createRequire(import.meta.url)("workerd") as { default: string }).default;

/** Bundles the Worker and writes workerd's configuration; returns the command that serves it. */
export async function prepareControlPlane({ layout, listen }: ControlPlaneOptions): Promise<string[]> {
  const dir = layout.controlPlaneDir;
  fs.mkdirSync(path.join(dir, "storage"), { recursive: true, mode: 0o700 });
  const workerFile = path.join(dir, "worker.js");
  await bundleWorker(workerFile);
  const wrangler = readWrangler(path.join(projectDir, "wrangler.toml"));
  const configFile = path.join(dir, "workerd.capnp");
  const config = workerdConfig({
    listen,
    workerFile: "worker.js",
    storageDir: path.join(dir, "storage"),
    serverKeyFile: "../pki/server.key",
    serverCertificateFile: "../pki/server.crt",
    compatibilityDate: wrangler.compatibilityDate,
    compatibilityFlags: wrangler.compatibilityFlags,
    objects: wrangler.objects,
    environment: [
      ...["KEDGE_ADMIN_TOKEN", "KEDGE_CA_CERT", "KEDGE_CA_KEY", "KEDGE_SERVER_URL"],
      ...SETTINGS.filter((name) => process.env[name] !== undefined),
    ],
    identityProvider: identityProvider(process.env),
  });
  writeFileAtomic(configFile, config, 0o600);
  return [workerdProgram(), "serve", configFile];
}

/** @throws Failure when the file of its CA cannot be read */
function identityProvider(env: NodeJS.ProcessEnv): WorkerdConfig["identityProvider"] {
  const { KEDGE_OIDC_ISSUER: issuer, KEDGE_OIDC_CA_FILE: file, KEDGE_AUTHENTICATION_CONFIG: config } = env;
  if (config) return { binding: PROVIDER_BINDING, ...trustOf(config) };
  if (!issuer) return undefined;
  const authority = file ? readIfExists(file) : undefined;
  if (file && authority === undefined) throw new Failure(`KEDGE_OIDC_CA_FILE: there is no file ${file}`);
  return { binding: PROVIDER_BINDING, authorities: authority ? [authority] : [], trustsBrowsers: !authority };
}

const PROVIDER_BINDING = "KEDGE_OIDC_PROVIDER";

/** All its issuers are reached by one way, which trusts whom any of them needs. The Worker checks the document. */
function trustOf(config: string): { authorities: string[]; trustsBrowsers: boolean } {
  const { jwt } = (parseYaml(config).value ?? {}) as { jwt?: { issuer?: { certificateAuthority?: string } }[] };
  const given = (Array.isArray(jwt) ? jwt : []).map(({ issuer }) => issuer?.certificateAuthority ?? "");
  return { authorities: given.filter((authority) => authority !== ""), trustsBrowsers: given.includes("") };
}

/** Secrets reach workerd through its environment, which only its owner can read. */
export const controlPlaneEnvironment = ({ pki, serverUrl }: ControlPlaneOptions): NodeJS.ProcessEnv => ({
  PATH: process.env.PATH,
  KEDGE_ADMIN_TOKEN: pki.adminToken,
  KEDGE_CA_CERT: pki.authority.certificatePem,
  KEDGE_CA_KEY: pki.authority.keyPem,
  KEDGE_SERVER_URL: serverUrl,
  ...Object.fromEntries(SETTINGS.map((name) => [name, process.env[name]])),
});

/** Starts workerd if it does not run, and waits for /readyz. @throws Failure with the end of its log */
export async function startControlPlane(options: ControlPlaneOptions): Promise<{ started: boolean; pid: number }> {
  const { layout } = options;
  const daemon = controlPlaneDaemon(layout);
  const running = runningPid(daemon);
  if (running !== undefined) {
    await waitReady(options);
    return { started: false, pid: running };
  }
  const command = await prepareControlPlane(options);
  const logFile = controlPlaneLog(layout);
  const pid = startDaemon({
    ...daemon,
    command,
    env: controlPlaneEnvironment(options),
    logFile,
    cwd: layout.controlPlaneDir,
  });
  await waitReady(options);
  return { started: true, pid };
}

export const stopControlPlane = (layout: Layout): Promise<boolean> => stopDaemon(controlPlaneDaemon(layout), 1_000);

async function waitReady({ layout, pki, serverUrl }: ControlPlaneOptions): Promise<void> {
  const dispatcher = new Agent({ connect: { ca: pki.authority.certificatePem } });
  const daemon = controlPlaneDaemon(layout);
  const deadline = performance.now() + READY_TIMEOUT_MS;
  let last = "no answer";
  try {
    for (;;) {
      try {
        const { statusCode, body } = await request(`${serverUrl}/readyz`, {
          dispatcher,
          headersTimeout: 5_000,
          headers: { authorization: `Bearer ${pki.adminToken}` },
        });
        const answer = await body.text();
        if (statusCode === 200) return;
        last = `HTTP ${statusCode}: ${answer.slice(0, 500)}`;
      } catch (error) {
        last = error instanceof Error ? error.message : String(error);
      }
      if (runningPid(daemon) === undefined)
        throw new Failure(diagnose(layout, "the control plane (workerd) ended while starting"));
      if (performance.now() > deadline) {
        throw new Failure(
          diagnose(layout, `${serverUrl}/readyz was not ok within ${READY_TIMEOUT_MS / 1000} s (${last})`),
        );
      }
      await sleep(20);
    }
  } finally {
    await dispatcher.close();
  }
}

function diagnose(layout: Layout, what: string): string {
  const log = controlPlaneLog(layout);
  const tail = (readIfExists(log) ?? "")
    .trimEnd()
    .split("\n")
    // Of a Worker that does not start: where in the bundle, and what is missing in consequence.
    .filter((line) => !/^\s+at worker:|referenced the class/.test(line))
    .slice(-8)
    .map((line) => line.slice(0, 300))
    .join("\n");
  return `${what}.\nThe last lines of ${log}:\n${tail}`;
}
