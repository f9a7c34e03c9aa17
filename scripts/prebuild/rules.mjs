// What a prebuilt addon has to be before it is published. Each rule is a sentence that a broken file is told.
import { isElf, readElf } from './elf.mjs';
import { isMachO, readMachO } from './macho.mjs';
import { isPe, readPe } from './pe.mjs';
import { ADDON, EXPORTS } from './targets.mjs';

const READERS = {
  elf: { is: isElf, read: readElf },
  macho: { is: isMachO, read: readMachO },
  pe: { is: isPe, read: readPe },
};
const HOST = /^(napi|node_api)_/;

/** "2.9" comes before "2.17". */
const earlier = (a, b) => {
  const [x, y] = [a.split('.').map(Number), b.split('.').map(Number)];
  const at = x.findIndex((part, i) => part !== (y[i] ?? 0));
  return at >= 0 && x[at] < (y[at] ?? 0);
};

/** The newest GLIBC_x.y of the symbols. @returns {string | undefined} such as "2.17" */
export function newestGlibc(imported) {
  const versions = imported.map(({ version }) => /^GLIBC_([\d.]+)$/.exec(version ?? '')?.[1]).filter(Boolean);
  return versions.reduce((newest, v) => (newest === undefined || earlier(newest, v) ? v : newest), undefined);
}

const list = (items) => (items.length > 0 ? items.join(', ') : 'none');

/** Rules of every format: [name, what is expected, what was received], where they differ. */
function* common(found, rules) {
  if (found.architecture !== rules.architecture)
    yield ['architecture', rules.architecture, found.architecture ?? 'another'];
  if (!found.library) yield ['format', 'a shared library', 'something else'];
  const exported = found.exported
    .filter((name) => !rules.alsoExported?.some((each) => each.test(name)))
    .sort();
  if (exported.join() !== [...EXPORTS].sort().join()) yield ['exports', list(EXPORTS), list(exported)];
  const fits = (name) =>
    rules.needed.some((each) => (each instanceof RegExp ? each.test(name) : each === name));
  const foreign = found.needed.filter((name) => !fits(name));
  if (foreign.length > 0) yield ['needed libraries', `only ${rules.needed.join(', ')}`, list(foreign)];
  if (found.searched?.length > 0) yield ['search paths', 'none', list(found.searched)];
}

function* elf(found, rules) {
  const newest = newestGlibc(found.imported);
  if (rules.newestGlibc !== undefined && newest !== undefined && earlier(rules.newestGlibc, newest)) {
    const names = found.imported
      .filter(({ version }) => version === `GLIBC_${newest}`)
      .map(({ name }) => name);
    yield ['newest GLIBC', `${rules.newestGlibc} at most`, `${newest} (${names.join(', ')})`];
  }
  // Without a version, a symbol comes from the host or from musl, which has no versions.
  const unknown = found.imported.filter(({ name, version }) => version === undefined && !HOST.test(name));
  if (rules.newestGlibc !== undefined) {
    const foreign = unknown.map(({ name }) => name).filter((name) => !WEAK.has(name));
    if (foreign.length > 0) yield ['imports', 'Node-API and versioned symbols alone', list(foreign)];
  }
  if (found.writableCode) yield ['relocations', 'none in code', 'some'];
  if (found.executableStack) yield ['stack', 'without code', 'one that may hold code'];
  if (!found.readOnlyTables) yield ['relro', 'tables filled and made read-only at load', 'writable ones'];
  if (!rules.guardInside && !protects(found))
    yield ['stack protector', '__stack_chk_fail among the imports', 'none'];
}

/** Left undefined on purpose by the compiler's start files: absent means that there is nothing to do. */
const WEAK = new Set([
  '_ITM_deregisterTMCloneTable',
  '_ITM_registerTMCloneTable',
  '__gmon_start__',
  '__cxa_thread_atexit_impl',
]);

function* macho(found, rules) {
  if (found.name !== `@rpath/${ADDON}`) yield ['install name', `@rpath/${ADDON}`, found.name ?? 'none'];
  if (found.oldestSystem !== rules.oldestSystem)
    yield ['oldest macOS', rules.oldestSystem, found.oldestSystem ?? 'none'];
  if (rules.signed && !found.signed) yield ['signature', 'one made ad hoc', 'none'];
  if (found.signature !== undefined) yield ['signature', 'hashes of every page', found.signature];
  if (!protects(found)) yield ['stack protector', '__stack_chk_fail among the imports', 'none'];
}

function* pe(found) {
  if (!found.randomised) yield ['address space', 'any address, of 64 bits', 'a fixed one'];
  if (found.executableStack) yield ['stack', 'without code', 'one that may hold code'];
}

const protects = (found) => found.imported.some(({ name }) => name === '__stack_chk_fail');
const OF_FORMAT = { elf, macho, pe };

/**
 * @param {Buffer} file
 * @param {object} rules of scripts/prebuild/targets.mjs
 * @param {string[]} paths of the build, which must not be inside
 * @returns {string[]} a sentence for each rule that is broken
 */
export function brokenRules(file, rules, paths = []) {
  const say = ([rule, expected, received]) => `${rule}: expected ${expected} but received ${received}`;
  const { is, read } = READERS[rules.format];
  if (!is(file)) {
    const other = Object.keys(READERS).find((format) => READERS[format].is(file));
    return [say(['format', rules.format, other ?? 'something else'])];
  }
  let found;
  try {
    found = read(file);
  } catch (error) {
    return [say(['format', `${rules.format} that can be read`, `one that cannot: ${error.message}`])];
  }
  const broken = [...common(found, rules), ...OF_FORMAT[rules.format](found, rules)];
  for (const path of paths) {
    if (file.includes(path)) broken.push(['paths', 'none of the build', path]);
  }
  return broken.map(say);
}

/** A line on a file that keeps its rules. */
export function describe(file, { format }) {
  const found = READERS[format].read(file);
  const glibc = format === 'elf' ? newestGlibc(found.imported) : undefined;
  return [
    format,
    found.architecture,
    `needs ${list(found.needed)}`,
    glibc && `GLIBC ${glibc} at most`,
    found.signed && 'signed ad hoc',
  ]
    .filter(Boolean)
    .join('; ');
}
