// What the compiler made of the x86 tiers, by disassembly of their objects: the matmul of a tier uses the FMA of
// its vectors, and no other function uses instructions that an older CPU lacks. That holds for functions of the
// standard library too: the linker may pick a tier's copy of one for everybody (see native/simd/target.h).
//   node instructions.mjs OBJDUMP OBJECT...
import { spawnSync } from 'node:child_process';
import { basename } from 'node:path';

const SKIPPED = 77;

// By the beginning of the file's name; the first that fits counts, the last one fits every file.
const RULES = [
  {
    file: 'tier_avx512',
    scope: 'sa::avx512',
    fma: /^vfmadd\w+ps .*%zmm/,
    // An instruction that some CPUs of the tier lack, and where it must stand.
    guarded: { instruction: /^vpdpbusd .*%zmm/, family: /^vpdp/, scope: 'sa::avx512_vnni::' },
  },
  { file: 'tier_avx2', scope: 'sa::avx2', fma: /^vfmadd\w+ps .*%ymm/, never: /%zmm|%k[0-7]/ },
  { file: '' },
];

/** Name of the function -> its instructions. */
function disassemble(objdump, file) {
  const args = ['-d', '--demangle', '--no-show-raw-insn', '-M', 'att', file];
  const { status, stdout, stderr, error } = spawnSync(objdump, args, {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(`${objdump} ${file}: ${stderr ?? error}`);
  const functions = new Map();
  let current = [];
  for (const line of stdout.split('\n')) {
    const header = line.match(/^[0-9a-f]+ <(.*)>:$/);
    if (header) {
      current = functions.get(header[1]) ?? [];
      functions.set(header[1], current);
    }
    const instruction = line.match(/^\s+[0-9a-f]+:\s+(\S.*)$/);
    if (instruction) current.push(instruction[1].replace(/\s+/g, ' '));
  }
  return functions;
}

/** VEX and EVEX instructions begin with v; verr and verw are older. */
const isVector = (instruction) => instruction.startsWith('v') && !/^ver[rw]\b/.test(instruction);

/** What is wrong with the object, in sentences. */
function faults(file, functions) {
  const rule = RULES.find(({ file: start }) => basename(file).startsWith(start));
  const found = [];
  let multiplyAdds = 0;
  let guarded = 0;
  for (const [name, instructions] of functions) {
    const inside = rule.scope !== undefined && name.includes(rule.scope) && !name.endsWith('_tier()');
    const stray = inside ? undefined : instructions.find(isVector);
    if (stray) found.push(`${name}: expected no AVX outside of a tier but received "${stray}"`);
    const wide = rule.never && instructions.find((instruction) => rule.never.test(instruction));
    if (wide) found.push(`${name}: expected no wider registers than the tier's but received "${wide}"`);
    if (rule.guarded) {
      const dots = instructions.filter((instruction) => rule.guarded.family.test(instruction));
      if (name.includes(rule.guarded.scope)) {
        guarded += dots.filter((instruction) => rule.guarded.instruction.test(instruction)).length;
      } else if (dots.length > 0) {
        found.push(`${name}: expected it in ${rule.guarded.scope} alone but received "${dots[0]}"`);
      }
    }
    if (rule.fma && name.includes('micro_kernel'))
      multiplyAdds += instructions.filter((instruction) => rule.fma.test(instruction)).length;
  }
  if (functions.size === 0) found.push('expected functions but received none');
  if (rule.fma && multiplyAdds === 0) found.push(`expected ${rule.fma} in micro_kernel but received none`);
  if (rule.guarded && guarded === 0)
    found.push(`expected ${rule.guarded.instruction} in ${rule.guarded.scope} but received none`);
  return { found, multiplyAdds, guarded };
}

const [objdump, ...objects] = process.argv.slice(2);
if (!objdump || objdump.endsWith('-NOTFOUND')) {
  console.log('skipped: instructions: objdump is not installed');
  process.exitCode = SKIPPED;
} else {
  const counts = [];
  for (const object of objects) {
    const { found, multiplyAdds, guarded } = faults(object, disassemble(objdump, object));
    if (multiplyAdds > 0) counts.push(`${multiplyAdds} in ${basename(object)}`);
    if (guarded > 0) counts.push(`${guarded} of 8 bits there`);
    for (const fault of found) console.log(`FAILED ${basename(object)}: ${fault}`);
    if (found.length > 0) process.exitCode = 1;
  }
  console.log(`summary: instructions: ${objects.length} objects, multiply-adds: ${counts.join(', ')}`);
}
