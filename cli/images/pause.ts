/**
 * The sandbox ("pause") image: one static ELF program that does nothing, written here as machine code so that no
 * registry and no compiler is needed. It ignores SIGCHLD, by which the kernel reaps the orphans of a shared PID
 * namespace, leaves at SIGTERM and SIGINT, and otherwise sleeps for good.
 */
import { type ImageFile, imageArchive } from "./archive.ts";

export const PAUSE_IMAGE = "kedge.dev/pause:1";

const LOAD_ADDRESS = 0x400000n;
const HEADER_BYTES = 64 + 56;

interface Machine {
  /** e_machine of the ELF header. */
  elfMachine: number;
  /** Largest page size the kernel may use. */
  alignBytes: bigint;
  code: string;
}

/** The code stands right behind the headers; each ends with two `struct sigaction` (ignore; leave at `exit`). */
const MACHINES: { readonly [goArch: string]: Machine } = {
  amd64: {
    elfMachine: 62,
    alignBytes: 0x1000n,
    code: [
      "b80d000000 bf11000000 488d353f000000 31d2 41ba08000000 0f05", // rt_sigaction(SIGCHLD, &ignore, NULL, 8)
      "b80d000000 bf0f000000 488d3544000000 0f05", // rt_sigaction(SIGTERM, &leave, …)
      "b80d000000 bf02000000 0f05", // rt_sigaction(SIGINT, &leave, …)
      "b822000000 0f05 ebf7", // again: pause(); goto again
      "31ff b8e7000000 0f05 0f1f4000", // exit: exit_group(0)
      "0100000000000000 0000000000000000 0000000000000000 0000000000000000", // ignore: SIG_IGN
      "bb00400000000000 0000000400000000 bb00400000000000 0000000000000000", // leave: exit, SA_RESTORER
    ].join(""),
  },
  arm64: {
    elfMachine: 183,
    alignBytes: 0x10000n,
    code: [
      "c81080d2 200280d2 41030010 020080d2 030180d2 010000d4", // rt_sigaction(SIGCHLD, &ignore, NULL, 8)
      "c81080d2 e00180d2 81030010 020080d2 010000d4", // rt_sigaction(SIGTERM, &leave, …)
      "c81080d2 400080d2 e1020010 020080d2 010000d4", // rt_sigaction(SIGINT, &leave, …)
      "280980d2 000080d2 010080d2 020080d2 030080d2 040080d2 010000d4 f9ffff17", // again: ppoll(); goto again
      "000080d2 c80b80d2 010000d4 1f2003d5", // exit: exit_group(0)
      "0100000000000000 0000000000000000 0000000000000000 0000000000000000", // ignore: SIG_IGN
      "d800400000000000 0000000000000000 0000000000000000 0000000000000000", // leave: exit
    ].join(""),
  },
};

/** The program for a machine. @throws Error for an architecture it is not written for */
export function pauseProgram(goArch: string): Buffer {
  const machine = MACHINES[goArch];
  if (!machine) throw new Error(`no pause program for architecture ${goArch}: kedge runs on amd64 and arm64`);
  const code = Buffer.from(machine.code.replaceAll(" ", ""), "hex");
  const size = BigInt(HEADER_BYTES + code.length);
  const header = Buffer.alloc(HEADER_BYTES);
  header.write("\x7fELF\x02\x01\x01", 0, "latin1");
  header.writeUInt16LE(2, 16); // e_type: executable
  header.writeUInt16LE(machine.elfMachine, 18);
  header.writeUInt32LE(1, 20); // e_version
  header.writeBigUInt64LE(LOAD_ADDRESS + BigInt(HEADER_BYTES), 24); // e_entry
  header.writeBigUInt64LE(64n, 32); // e_phoff
  header.writeUInt16LE(64, 52); // e_ehsize
  header.writeUInt16LE(56, 54); // e_phentsize
  header.writeUInt16LE(1, 56); // e_phnum
  header.writeUInt32LE(1, 64); // p_type: PT_LOAD
  header.writeUInt32LE(5, 68); // p_flags: read, execute
  header.writeBigUInt64LE(LOAD_ADDRESS, 80); // p_vaddr
  header.writeBigUInt64LE(LOAD_ADDRESS, 88); // p_paddr
  header.writeBigUInt64LE(size, 96); // p_filesz
  header.writeBigUInt64LE(size, 104); // p_memsz
  header.writeBigUInt64LE(machine.alignBytes, 112); // p_align
  return Buffer.concat([header, code]);
}

/** A tar that `ctr images import` takes. */
export function pauseImageArchive(goArch: string): Buffer {
  const files: ImageFile[] = [{ path: "pause", mode: 0o755, content: pauseProgram(goArch) }];
  return imageArchive({ name: PAUSE_IMAGE, goArch, files, entrypoint: ["/pause"], user: "65535:65535" });
}
