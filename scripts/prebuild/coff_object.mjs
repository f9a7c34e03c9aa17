// What a COFF object for Windows takes from elsewhere.

const SYMBOL_BYTES = 18;
const EXTERNAL = 2;

/** @param {Buffer} file @returns {string[]} names of the symbols that it uses and does not define */
export function undefinedSymbols(file) {
  const [table, count] = [file.readUInt32LE(8), file.readUInt32LE(12)];
  const strings = table + count * SYMBOL_BYTES;
  const text = (at) => file.toString('latin1', at, file.indexOf(0, at));
  const names = [];
  for (let i = 0; i < count; i++) {
    const at = table + i * SYMBOL_BYTES;
    const section = file.readInt16LE(at + 12);
    if (section === 0 && file[at + 16] === EXTERNAL) {
      // Eight characters, or zero and the offset of a longer name.
      const short = file.toString('latin1', at, at + 8).replace(/\0+$/, '');
      names.push(file.readUInt32LE(at) === 0 ? text(strings + file.readUInt32LE(at + 4)) : short);
    }
    // Auxiliary records follow.
    i += file[at + 17];
  }
  return names;
}
