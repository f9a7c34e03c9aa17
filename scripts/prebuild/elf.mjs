// The fields of a 64-bit little-endian ELF library that the rules of prebuilt addons need.

const MACHINES = { 62: 'x64', 183: 'arm64' };
const ET_DYN = 3;
const [PT_GNU_STACK, PT_GNU_RELRO, PF_X] = [0x6474e551, 0x6474e552, 1];
const [SHT_DYNAMIC, SHT_DYNSYM, SHT_VERNEED, SHT_VERSYM] = [6, 11, 0x6ffffffe, 0x6fffffff];
const [DT_NEEDED, DT_SONAME, DT_RPATH, DT_TEXTREL, DT_BIND_NOW, DT_RUNPATH] = [1, 14, 15, 22, 24, 29];
const [DT_FLAGS, DT_FLAGS_1, DF_BIND_NOW, DF_1_NOW] = [30, 0x6ffffffb, 8, 1];
const VERSION_INDEX = 0x7fff;

export const isElf = (file) => file.length > 64 && file.toString('latin1', 0, 6) === '\x7fELF\x02\x01';

/** @param {Buffer} file */
export function readElf(file) {
  const number = (at) => Number(file.readBigUInt64LE(at));
  const text = (at) => file.toString('latin1', at, file.indexOf(0, at));
  const sections = table(file, 40, 58, 60, (at) => ({
    type: file.readUInt32LE(at + 4),
    offset: number(at + 24),
    size: number(at + 32),
    link: file.readUInt32LE(at + 40),
  }));
  const segments = table(file, 32, 54, 56, (at) => ({
    type: file.readUInt32LE(at),
    flags: file.readUInt32LE(at + 4),
  }));
  const section = (type) => sections.find((each) => each.type === type);
  const strings = (of) => (at) => text(sections[of.link].offset + at);

  const dynamic = section(SHT_DYNAMIC);
  const values = (tag) => entries(dynamic, 16, (at) => [number(at), number(at + 8)], tag);
  const names = (tag) => values(tag).map(strings(dynamic));
  const flags = (tag) => values(tag)[0] ?? 0;

  const versions = readVersions(file, section(SHT_VERNEED), strings);
  const versym = section(SHT_VERSYM);
  const dynsym = section(SHT_DYNSYM);
  const symbols = Array.from({ length: Math.max(0, dynsym.size / 24 - 1) }, (_, i) => {
    const at = dynsym.offset + (i + 1) * 24;
    const index = versym ? file.readUInt16LE(versym.offset + (i + 1) * 2) & VERSION_INDEX : 0;
    return {
      name: strings(dynsym)(file.readUInt32LE(at)),
      defined: file.readUInt16LE(at + 6) !== 0,
      version: versions.get(index),
    };
  });
  return {
    architecture: MACHINES[file.readUInt16LE(18)],
    library: file.readUInt16LE(16) === ET_DYN,
    needed: names(DT_NEEDED),
    name: names(DT_SONAME)[0],
    searched: [...names(DT_RPATH), ...names(DT_RUNPATH)],
    exported: symbols.filter(({ defined }) => defined).map(({ name }) => name),
    imported: symbols.filter(({ defined }) => !defined),
    writableCode: values(DT_TEXTREL).length > 0,
    executableStack: !segments.some(({ type, flags: f }) => type === PT_GNU_STACK && (f & PF_X) === 0),
    readOnlyTables:
      segments.some(({ type }) => type === PT_GNU_RELRO) &&
      (values(DT_BIND_NOW).length > 0 ||
        (flags(DT_FLAGS) & DF_BIND_NOW) !== 0 ||
        (flags(DT_FLAGS_1) & DF_1_NOW) !== 0),
  };

  function entries(of, bytes, read, tag) {
    return Array.from({ length: of.size / bytes }, (_, i) => read(of.offset + i * bytes))
      .filter(([key]) => key === tag)
      .map(([, value]) => value);
  }
}

/** A table that the header describes: where it begins, bytes of each entry and their count. */
function table(file, offset, bytes, count, read) {
  const [begin, each] = [Number(file.readBigUInt64LE(offset)), file.readUInt16LE(bytes)];
  return Array.from({ length: file.readUInt16LE(count) }, (_, i) => read(begin + i * each));
}

/** Index of a version -> its name, such as GLIBC_2.17. */
function readVersions(file, verneed, strings) {
  const versions = new Map();
  if (verneed === undefined) return versions;
  for (let at = verneed.offset, next = -1; next !== 0; at += next) {
    let auxiliary = at + file.readUInt32LE(at + 8);
    for (let left = file.readUInt16LE(at + 2); left > 0; left--) {
      const index = file.readUInt16LE(auxiliary + 6) & VERSION_INDEX;
      versions.set(index, strings(verneed)(file.readUInt32LE(auxiliary + 8)));
      auxiliary += file.readUInt32LE(auxiliary + 12);
    }
    next = file.readUInt32LE(at + 12);
  }
  return versions;
}
