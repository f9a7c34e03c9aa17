// The fields of a 64-bit Windows library (PE32+) that the rules of prebuilt addons need.

const MACHINES = { 34404: 'x64', 43620: 'arm64' };
const [DLL, PE32_PLUS] = [0x2000, 0x20b];
const [HIGH_ENTROPY, DYNAMIC_BASE, NX_COMPATIBLE] = [0x20, 0x40, 0x100];
const [EXPORTS, IMPORTS, DELAYED_IMPORTS] = [0, 1, 13];

const headerOf = (file) =>
  file.length > 64 && file.toString('latin1', 0, 2) === 'MZ' ? file.readUInt32LE(60) : 0;
export const isPe = (file) => {
  const at = headerOf(file);
  return at > 0 && at + 24 < file.length && file.toString('latin1', at, at + 4) === 'PE\0\0';
};

/** @param {Buffer} file */
export function readPe(file) {
  const header = headerOf(file);
  const optional = header + 24;
  if (file.readUInt16LE(optional) !== PE32_PLUS) throw new Error('the file is not for 64 bits');
  const sections = readSections(
    file,
    optional + file.readUInt16LE(header + 20),
    file.readUInt16LE(header + 6),
  );
  /** Where an address lies in the file. */
  const place = (address) => {
    const holder = sections.find((s) => address >= s.address && address < s.address + s.size);
    if (holder === undefined) throw new Error(`the address ${address} lies in no section`);
    return address - holder.address + holder.offset;
  };
  const text = (address) => file.toString('latin1', place(address), file.indexOf(0, place(address)));
  const directory = (index) => file.readUInt32LE(optional + 112 + index * 8);
  const flags = file.readUInt16LE(optional + 70);
  return {
    architecture: MACHINES[file.readUInt16LE(header + 4)],
    library: (file.readUInt16LE(header + 22) & DLL) !== 0,
    needed: [
      ...namesOfDlls(file, directory(IMPORTS), 20, 12, place, text),
      ...namesOfDlls(file, directory(DELAYED_IMPORTS), 32, 4, place, text),
    ],
    exported: exportedNames(file, directory(EXPORTS), place, text),
    randomised: (flags & DYNAMIC_BASE) !== 0 && (flags & HIGH_ENTROPY) !== 0,
    executableStack: (flags & NX_COMPATIBLE) === 0,
  };
}

function readSections(file, begin, count) {
  return Array.from({ length: count }, (_, i) => {
    const at = begin + i * 40;
    return {
      address: file.readUInt32LE(at + 12),
      size: Math.max(file.readUInt32LE(at + 8), file.readUInt32LE(at + 16)),
      offset: file.readUInt32LE(at + 20),
    };
  });
}

/** A list of descriptors of `bytes` bytes that ends with zeros; the name's address is `nameAt` bytes in. */
function namesOfDlls(file, address, bytes, nameAt, place, text) {
  const names = [];
  if (address === 0) return names;
  for (let at = place(address); file.readUInt32LE(at + nameAt) !== 0; at += bytes) {
    names.push(text(file.readUInt32LE(at + nameAt)));
  }
  return names;
}

function exportedNames(file, address, place, text) {
  if (address === 0) return [];
  const at = place(address);
  const count = file.readUInt32LE(at + 24);
  if (count === 0) return [];
  const names = place(file.readUInt32LE(at + 32));
  return Array.from({ length: count }, (_, i) => text(file.readUInt32LE(names + i * 4)));
}
