/** What the linker and the compiler made of the addon on Linux: read from its ELF file. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { info } from '../../lib/diagnostics.js';

const [PT_DYNAMIC, PT_GNU_STACK, PT_GNU_RELRO] = [2, 0x6474e551, 0x6474e552];
const [DT_STRTAB, DT_STRSZ, DT_BIND_NOW, DT_FLAGS, DT_FLAGS_1] = [5, 10, 24, 30, 0x6ffffffb];
const [DF_BIND_NOW, DF_1_NOW, PF_X] = [8, 1, 1];

interface Segment {
  type: number;
  flags: number;
  offset: number;
  address: number;
  size: number;
}

/** A 64-bit little-endian ELF file: its segments, dynamic entries and the names that it uses. */
function readElf(path: string) {
  const file = readFileSync(path);
  expect(file.subarray(0, 6).toString('latin1')).toBe('\x7fELF\x02\x01');
  const number = (at: number) => Number(file.readBigUInt64LE(at));
  const [table, each, count] = [number(32), file.readUInt16LE(54), file.readUInt16LE(56)];
  const segments = Array.from({ length: count }, (_, i): Segment => {
    const at = table + i * each;
    return {
      type: file.readUInt32LE(at),
      flags: file.readUInt32LE(at + 4),
      offset: number(at + 8),
      address: number(at + 16),
      size: number(at + 32),
    };
  });
  const dynamic = new Map<number, number>();
  const { offset, size } = segments.find(({ type }) => type === PT_DYNAMIC)!;
  for (let at = offset; at < offset + size; at += 16) dynamic.set(number(at), number(at + 8));
  const strings = dynamic.get(DT_STRTAB)!;
  const holder = segments.find((s) => s.type === 1 && s.address <= strings && strings < s.address + s.size)!;
  const begin = strings - holder.address + holder.offset;
  const names = file
    .subarray(begin, begin + dynamic.get(DT_STRSZ)!)
    .toString('latin1')
    .split('\0');
  return { segments, dynamic, names: new Set(names) };
}

const elf = process.platform === 'linux' ? readElf(info().addonPath) : undefined;

(elf ? describe : describe.skip)('the addon on Linux', () => {
  const { segments, dynamic, names } = elf ?? { segments: [], dynamic: new Map(), names: new Set() };

  it('has its tables of addresses filled and made read-only when it is loaded', () => {
    expect(segments.some(({ type }) => type === PT_GNU_RELRO)).toBe(true);
    const now =
      dynamic.has(DT_BIND_NOW) ||
      ((dynamic.get(DT_FLAGS) ?? 0) & DF_BIND_NOW) !== 0 ||
      ((dynamic.get(DT_FLAGS_1) ?? 0) & DF_1_NOW) !== 0;
    expect(now).toBe(true);
  });

  it('has a stack that holds no code, and is checked for overflow', () => {
    const stack = segments.find(({ type }) => type === PT_GNU_STACK);
    expect(stack).toBeDefined();
    expect(stack!.flags & PF_X).toBe(0);
    expect(names).toContain('__stack_chk_fail');
  });
});
