// The fields of a 64-bit Mach-O library that the rules of prebuilt addons need.
import { createHash } from 'node:crypto';

const MAGIC = 0xfeedfacf;
const CPUS = { 16777223: 'x64', 16777228: 'arm64' };
const [MH_DYLIB, MH_BUNDLE] = [6, 8];
const [LC_SYMTAB, LC_LOAD_DYLIB, LC_ID_DYLIB, LC_CODE_SIGNATURE] = [0x2, 0xc, 0xd, 0x1d];
const [LC_VERSION_MIN_MACOSX, LC_BUILD_VERSION] = [0x24, 0x32];
const [LC_LOAD_WEAK_DYLIB, LC_REEXPORT_DYLIB, LC_RPATH] = [0x80000018, 0x8000001f, 0x8000001c];
const [LC_DYLD_INFO_ONLY, LC_DYLD_EXPORTS_TRIE] = [0x80000022, 0x80000033];
const [N_STAB, N_TYPE, N_EXT, N_UNDF] = [0xe0, 0x0e, 0x01, 0];
const [SUPER_BLOB, CODE_DIRECTORY, AD_HOC, SHA256] = [0xfade0cc0, 0xfade0c02, 2, 2];

export const isMachO = (file) => file.length > 32 && file.readUInt32LE(0) === MAGIC;

/** @param {Buffer} file */
export function readMachO(file) {
  const out = {
    architecture: CPUS[file.readUInt32LE(4)],
    library: [MH_DYLIB, MH_BUNDLE].includes(file.readUInt32LE(12)),
    name: undefined,
    needed: [],
    searched: [],
    oldestSystem: undefined,
    exported: [],
    imported: [],
    /** What is wrong with the signature, or undefined; `signed` says whether there is one. */
    signature: undefined,
    signed: false,
  };
  let at = 32;
  for (let left = file.readUInt32LE(16); left > 0; left--) {
    readCommand(file, at, out);
    at += file.readUInt32LE(at + 4);
  }
  return out;
}

function readCommand(file, at, out) {
  const text = (from) => file.toString('latin1', from, file.indexOf(0, from));
  const name = () => text(at + file.readUInt32LE(at + 8));
  switch (file.readUInt32LE(at)) {
    case LC_ID_DYLIB:
      out.name = name();
      break;
    case LC_LOAD_DYLIB:
    case LC_LOAD_WEAK_DYLIB:
    case LC_REEXPORT_DYLIB:
      out.needed.push(name());
      break;
    case LC_RPATH:
      out.searched.push(name());
      break;
    case LC_VERSION_MIN_MACOSX:
      out.oldestSystem = version(file.readUInt32LE(at + 8));
      break;
    case LC_BUILD_VERSION:
      out.oldestSystem = version(file.readUInt32LE(at + 12));
      break;
    case LC_SYMTAB:
      readSymbols(file, at, text, out);
      break;
    case LC_DYLD_INFO_ONLY:
      readExports(file, file.readUInt32LE(at + 40), file.readUInt32LE(at + 44), out.exported);
      break;
    case LC_DYLD_EXPORTS_TRIE:
      readExports(file, file.readUInt32LE(at + 8), file.readUInt32LE(at + 12), out.exported);
      break;
    case LC_CODE_SIGNATURE:
      out.signed = true;
      out.signature = verifySignature(file, file.readUInt32LE(at + 8));
      break;
  }
}

const version = (packed) => `${packed >>> 16}.${(packed >>> 8) & 0xff}`;

/** The names that the loader has to find elsewhere, without the underscore that C names have in Mach-O. */
function readSymbols(file, at, text, out) {
  const [table, count, strings] = [8, 12, 16].map((offset) => file.readUInt32LE(at + offset));
  for (let i = 0; i < count; i++) {
    const entry = table + i * 16;
    const type = file[entry + 4];
    const undefinedName = (type & (N_STAB | N_TYPE)) === N_UNDF && (type & N_EXT) !== 0;
    if (undefinedName)
      out.imported.push({ name: text(strings + file.readUInt32LE(entry)).replace(/^_/, '') });
  }
}

/** The names that the loader gives to others: a tree in which each edge carries a part of a name. */
function readExports(file, begin, size, names) {
  const tree = file.subarray(begin, begin + size);
  const number = (from) => {
    let [value, at] = [0, from];
    for (let shift = 0; ; shift += 7) {
      value += (tree[at] & 0x7f) * 2 ** shift;
      if (tree[at++] < 0x80 || at > tree.length) return [value, at];
    }
  };
  const visit = (node, prefix, depth) => {
    if (depth > 100) throw new Error('the tree of exports has no end');
    const [terminal, after] = number(node);
    if (terminal > 0) names.push(prefix.replace(/^_/, ''));
    let at = after + terminal;
    for (let children = tree[at++]; children > 0; children--) {
      const end = tree.indexOf(0, at);
      const [child, next] = number(end + 1);
      visit(child, prefix + tree.toString('latin1', at, end), depth + 1);
      at = next;
    }
  };
  if (size > 0) visit(0, '', 0);
}

/** @param offset of the signature @returns {string | undefined} what is wrong with it */
function verifySignature(file, offset) {
  if (file.readUInt32BE(offset) !== SUPER_BLOB) return 'the signature is no list of blobs';
  let directories = 0;
  for (let i = 0; i < file.readUInt32BE(offset + 8); i++) {
    const at = offset + file.readUInt32BE(offset + 12 + i * 8 + 4);
    if (file.readUInt32BE(at) !== CODE_DIRECTORY) continue;
    directories++;
    const problem = verifyDirectory(file, at, offset);
    if (problem) return problem;
  }
  return directories > 0 ? undefined : 'the signature has no code directory';
}

/** Every page of the code has the hash that the directory says. @param begin of the signature */
function verifyDirectory(file, at, begin) {
  const flags = file.readUInt32BE(at + 12);
  const [hashes, slots, limit] = [16, 28, 32].map((offset) => file.readUInt32BE(at + offset));
  const [hashBytes, hashType, pageBits] = [file[at + 36], file[at + 37], file[at + 39]];
  if ((flags & AD_HOC) === 0) return 'the signature is not ad hoc';
  if (hashType !== SHA256 || hashBytes !== 32) return `the signature uses hashes of type ${hashType}`;
  if (limit !== begin) return `the signature covers ${limit} bytes of ${begin}`;
  const page = 2 ** pageBits;
  if (slots !== Math.ceil(limit / page)) return `the signature has ${slots} hashes for ${limit} bytes`;
  for (let i = 0; i < slots; i++) {
    const expected = file.subarray(at + hashes + i * 32, at + hashes + (i + 1) * 32);
    const bytes = file.subarray(i * page, Math.min((i + 1) * page, limit));
    if (!createHash('sha256').update(bytes).digest().equals(expected)) {
      return `the hash of page ${i} of ${slots} is wrong`;
    }
  }
  return undefined;
}
