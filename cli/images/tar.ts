/** POSIX ustar archives, just as much as an image layer needs. Deterministic: no times, owner root. */

export interface TarEntry {
  /** Without leading slash; at most 100 bytes. */
  path: string;
  mode: number;
  content?: Buffer;
  /** Makes the entry a symbolic link. */
  linkTo?: string;
  /** Makes the entry a directory. */
  directory?: true;
}

const BLOCK_BYTES = 512;

function header(entry: TarEntry): Buffer {
  const block = Buffer.alloc(BLOCK_BYTES);
  const path = entry.directory ? `${entry.path}/` : entry.path;
  if (Buffer.byteLength(path) > 100) throw new Error(`tar: path too long: ${path}`);
  const octal = (value: number, at: number, width: number) =>
    block.write(`${value.toString(8).padStart(width - 1, "0")}\0`, at, "latin1");
  block.write(path, 0);
  octal(entry.mode, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(entry.content?.length ?? 0, 124, 12);
  octal(0, 136, 12);
  block.write("        ", 148, "latin1");
  block.write(entry.linkTo !== undefined ? "2" : entry.directory ? "5" : "0", 156, "latin1");
  if (entry.linkTo !== undefined) block.write(entry.linkTo, 157);
  block.write("ustar\0" + "00", 257, "latin1");
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return block;
}

export function tar(entries: readonly TarEntry[]): Buffer {
  const blocks: Buffer[] = [];
  for (const entry of entries) {
    blocks.push(header(entry));
    if (!entry.content) continue;
    blocks.push(entry.content);
    const rest = entry.content.length % BLOCK_BYTES;
    if (rest > 0) blocks.push(Buffer.alloc(BLOCK_BYTES - rest));
  }
  blocks.push(Buffer.alloc(2 * BLOCK_BYTES));
  return Buffer.concat(blocks);
}
