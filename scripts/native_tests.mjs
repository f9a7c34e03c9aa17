// Configures, builds and runs test/native with CMake, for the scripts that test the native code.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** Status and everything printed; status is null when the command cannot be started. */
export function execute(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 28, ...options });
  const output = `${result.stdout ?? ''}${result.stderr ?? ''}${result.error ? `${result.error.message}\n` : ''}`;
  return { status: result.status, output };
}

/** As execute(), but prints the output and throws when the command fails. */
export function must(command, args, options) {
  const { status, output } = execute(command, args, options);
  if (status === 0) return output;
  process.stdout.write(output);
  throw new Error(`${command} ${args.join(' ')}: ended with ${status}`);
}

/** Undefined when `command` runs, else the reason to skip. */
export function missing(command) {
  return execute(command, ['--version']).status === 0 ? undefined : `${command} is not installed`;
}

/** Undefined when programs that are built with these sanitizers run, else the reason to skip. */
export function missingSanitizer(sanitizers) {
  const compiler = process.env.CXX ?? 'c++';
  const folder = mkdtempSync(join(tmpdir(), 'synthetic-attention-'));
  try {
    const source = join(folder, 'empty.cc');
    const program = join(folder, 'empty');
    writeFileSync(source, 'int main() { return 0; }\n');
    const built = execute(compiler, [source, `-fsanitize=${sanitizers}`, '-o', program]);
    if (built.status !== 0) return `${compiler} does not build with -fsanitize=${sanitizers}`;
    if (execute(program, []).status !== 0) return `programs with -fsanitize=${sanitizers} do not run here`;
    return undefined;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Builds test/native in build/<name>; `settings` are CMake variables. Returns the folder. */
export function build(name, settings = {}, targets = []) {
  const folder = join(root, 'build', name);
  const generator = missing('ninja') === undefined ? ['-G', 'Ninja'] : [];
  const defines = Object.entries(settings).map(([key, value]) => `-D${key}=${value}`);
  const configured = must('cmake', ['-S', join(root, 'test/native'), '-B', folder, ...generator, ...defines]);
  for (const [line] of configured.matchAll(/\S+: skipped, .*/g)) console.log(line);
  const target = targets.length > 0 ? ['--target', ...targets] : [];
  must('cmake', [
    '--build',
    folder,
    '--config',
    'Release',
    '--parallel',
    String(availableParallelism()),
    ...target,
  ]);
  return folder;
}

/** Runs the tests of a folder; prints their summaries, and all output when one fails. True on success. */
export function test(folder, args = [], env = {}) {
  const { status, output } = execute(
    'ctest',
    ['--test-dir', folder, '-C', 'Release', '-V', '--timeout', '600', ...args],
    { env: { ...process.env, ...env } },
  );
  for (const line of output.split('\n')) {
    const printed = line.replace(/^\d+: /, '');
    const wanted =
      status === 0 ? /^(summary:|skipped:|tier .*: skipped)/ : /^(?!(Updat|Internal|Test timeout))/;
    if (wanted.test(printed)) console.log(printed);
  }
  return status === 0;
}
