/** What an addon file was built for, read from its header: the system's own message about a foreign one is misleading. */
import { readFileSync } from 'node:fs';

export interface AddonFile {
  /** A name of `process.platform`. */
  system: 'linux' | 'darwin' | 'win32';
  /** A name of `process.arch`; undefined for a processor that is not listed here. */
  arch: string | undefined;
  /** The C library it links to, on Linux, when it names one. */
  libc?: 'glibc' | 'musl';
}

const ELF_MACHINES: Record<number, string> = {
  3: 'ia32',
  22: 's390x',
  40: 'arm',
  62: 'x64',
  183: 'arm64',
  243: 'riscv64',
  258: 'loong64',
};
const MACH_CPUS: Record<number, string> = { 16777223: 'x64', 16777228: 'arm64' };
const PE_MACHINES: Record<number, string> = { 332: 'ia32', 34404: 'x64', 43620: 'arm64' };

const ELF = 0x464c457f;
const MACH_64 = 0xfeedfacf;
const MZ = 0x5a4d;
const PE = 0x00004550;

/** Undefined for a file that cannot be read or has another format, such as an archive of several architectures. */
export function readAddonFile(path: string): AddonFile | undefined {
  try {
    return parse(readFileSync(path));
  } catch {
    return undefined;
  }
}

function parse(bytes: Buffer): AddonFile | undefined {
  if (bytes.readUInt32LE(0) === ELF) {
    const bigEndian = bytes[5] === 2;
    const arch = ELF_MACHINES[bigEndian ? bytes.readUInt16BE(18) : bytes.readUInt16LE(18)];
    const libc = libcOf(bytes);
    return { system: 'linux', arch, ...(libc && { libc }) };
  }
  if (bytes.readUInt32LE(0) === MACH_64) return { system: 'darwin', arch: MACH_CPUS[bytes.readUInt32LE(4)] };
  if (bytes.readUInt16LE(0) === MZ) {
    const header = bytes.readUInt32LE(0x3c);
    if (bytes.readUInt32LE(header) === PE)
      return { system: 'win32', arch: PE_MACHINES[bytes.readUInt16LE(header + 4)] };
  }
  return undefined;
}

/** By the names under which the two libraries are linked; musl's own differs from the one in Alpine's packages. */
function libcOf(bytes: Buffer): AddonFile['libc'] | undefined {
  if (bytes.includes('\0libc.so.6\0')) return 'glibc';
  if (bytes.includes('\0libc.musl-') || bytes.includes('\0libc.so\0')) return 'musl';
  return undefined;
}
