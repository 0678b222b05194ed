/** The cluster's own kubeconfig, and its context in the user's. */
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { type Document, isMap, isSeq, parseDocument, stringify } from "yaml";
import { readIfExists, writeFileAtomic } from "./files.ts";

export const CONTEXT_NAME = "kedge";

export interface Access {
  serverUrl: string;
  caPem: string;
  token: string;
}

const clusterOf = (access: Access) => ({
  "certificate-authority-data": Buffer.from(access.caPem).toString("base64"),
  server: access.serverUrl,
});

export function writeKubeconfig(file: string, access: Access): void {
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: CONTEXT_NAME, cluster: clusterOf(access) }],
    users: [{ name: CONTEXT_NAME, user: { token: access.token } }],
    contexts: [{ name: CONTEXT_NAME, context: { cluster: CONTEXT_NAME, user: CONTEXT_NAME } }],
    "current-context": CONTEXT_NAME,
  };
  writeFileAtomic(file, stringify(config), 0o600);
}

/** The file `kubectl` would write to: the first of $KUBECONFIG, else ~/.kube/config. */
export const userKubeconfig = (): string =>
  process.env.KUBECONFIG?.split(path.delimiter).find((file) => file !== "") ??
  path.join(os.homedir(), ".kube", "config");

/** Replaces or adds the entry of this name in one of the three lists. */
function setEntry(document: Document, list: string, entry: { name: string; [field: string]: unknown }): void {
  removeEntry(document, list, entry.name);
  const node = document.createNode(entry);
  const sequence = document.get(list);
  if (isSeq(sequence)) sequence.add(node);
  else document.set(list, document.createNode([entry]));
}

function removeEntry(document: Document, list: string, name: string): void {
  const sequence = document.get(list);
  if (!isSeq(sequence)) return;
  sequence.items = sequence.items.filter((item) => !(isMap(item) && item.get("name") === name));
}

/** Loads for editing. @throws Error saying why a file cannot be edited safely */
function load(file: string): Document {
  const document = parseDocument(readIfExists(file) || "apiVersion: v1\nkind: Config\n");
  if (document.errors.length > 0) throw new Error(`${file} is not valid YAML (${document.errors[0]?.message})`);
  if (!isMap(document.contents)) throw new Error(`${file} is not a kubeconfig`);
  return document;
}

/** Edits as client-go does: under `<file>.lock`, whole or not at all, keeping mode and symbolic links. */
function edit(file: string, change: (document: Document) => boolean): void {
  const target = fs.existsSync(file) ? fs.realpathSync(file) : file;
  fs.mkdirSync(path.dirname(target), { recursive: true, mode: 0o700 });
  const lock = `${target}.lock`;
  try {
    fs.closeSync(fs.openSync(lock, "wx", 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    throw new Error(`${lock} exists: another program is editing the file, or died doing so; remove it if none is`);
  }
  try {
    const document = load(target);
    if (!change(document)) return;
    const mode = fs.existsSync(target) ? fs.statSync(target).mode & 0o777 : 0o600;
    writeFileAtomic(target, document.toString(), mode);
  } finally {
    fs.rmSync(lock, { force: true });
  }
}

/** Makes `kedge` a context of the user's kubeconfig, and the current one. @throws Error, having changed nothing */
export function mergeKubeconfig(file: string, access: Access): void {
  edit(file, (document) => {
    setEntry(document, "clusters", { name: CONTEXT_NAME, cluster: clusterOf(access) });
    setEntry(document, "users", { name: CONTEXT_NAME, user: { token: access.token } });
    setEntry(document, "contexts", { name: CONTEXT_NAME, context: { cluster: CONTEXT_NAME, user: CONTEXT_NAME } });
    document.set("current-context", CONTEXT_NAME);
    return true;
  });
}

/** Takes the context out again, if it still is this cluster's. @throws Error, having changed nothing */
export function unmergeKubeconfig(file: string, caPem: string): void {
  if (!fs.existsSync(file)) return;
  edit(file, (document) => {
    const clusters = document.get("clusters");
    const data = Buffer.from(caPem).toString("base64");
    const ours =
      isSeq(clusters) &&
      clusters.items.some(
        (item) =>
          isMap(item) &&
          item.get("name") === CONTEXT_NAME &&
          item.getIn(["cluster", "certificate-authority-data"]) === data,
      );
    if (!ours) return false;
    for (const list of ["clusters", "users", "contexts"]) removeEntry(document, list, CONTEXT_NAME);
    if (document.get("current-context") === CONTEXT_NAME) document.set("current-context", "");
    return true;
  });
}
