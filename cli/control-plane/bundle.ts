/** The Worker as one file, as `wrangler deploy` would upload it. */
import path from "node:path";
import { build } from "esbuild";
import { projectDir } from "../layout.ts";
import { buildInfo } from "./build-info.ts";
import { makeDescriptions } from "./descriptions.ts";

export async function bundleWorker(
  outFile: string,
  entryFile: string = path.join(projectDir, "edge-api/main.ts"),
): Promise<void> {
  makeDescriptions();
  await build({
    entryPoints: [entryFile],
    outfile: outFile,
    absWorkingDir: projectDir,
    bundle: true,
    format: "esm",
    target: "es2024",
    platform: "neutral",
    mainFields: ["module", "main"],
    conditions: ["workerd", "worker", "browser", "import"],
    external: ["cloudflare:*"],
    loader: { ".sql": "text", ".gz": "binary" },
    define: { KEDGE_BUILD: JSON.stringify(await buildInfo()) },
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: "none",
    logLevel: "silent",
  });
}
