/** The same safetensors file with other names. */
export function renameTensors(file: Buffer, rename: (name: string) => string): Buffer {
  const size = Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.toString('utf8', 8, 8 + size)) as Record<string, unknown>;
  const renamed = Object.fromEntries(
    Object.entries(header).map(([name, entry]) => [name === '__metadata__' ? name : rename(name), entry]),
  );
  const json = Buffer.from(JSON.stringify(renamed));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, file.subarray(8 + size)]);
}
