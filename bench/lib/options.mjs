// Options of all benchmarks. A bad one ends the process with one sentence and status 2.
import { parseArgs } from 'node:util';

/** What every benchmark takes; `value` is the placeholder in the help, absent for switches. */
const COMMON = {
  json: { value: 'FILE', help: 'also write the results as JSON' },
  threads: { value: 'N', help: 'threads of every contender that has them', parse: positiveInteger },
  filter: { value: 'TEXT', help: 'only cases whose "suite case" contains TEXT' },
  repeat: { value: 'N', help: 'samples of a case', parse: positiveInteger },
  help: { help: 'print this' },
};

export function fail(expected, received, status = 2) {
  console.error(`bench: expected ${expected} but received ${received}`);
  process.exit(status);
}

export function positiveInteger(name, text) {
  if (!/^[1-9]\d{0,8}$/.test(text)) fail(`--${name} with a positive integer`, `'${text}'`);
  return Number(text);
}

function usage(command, summary, options) {
  const rows = Object.entries(options).map(([name, { value, help, fallback }]) => [
    `--${name}${value ? ` ${value}` : ''}`,
    help + (fallback === undefined ? '' : ` (default ${fallback})`),
  ]);
  const width = Math.max(...rows.map(([left]) => left.length));
  const lines = rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
  return [`npm run ${command} -- [options]`, summary, '', ...lines].join('\n');
}

/**
 * @param own further options, {name: {value?, help, fallback?, parse?, many?}}; an entry named like a common option
 *   is merged over it, such as {threads: {fallback: 1}}; `many` collects every occurrence in an array
 * @returns the options by name; absent ones are undefined, switches booleans
 */
export function readOptions({ command, summary, own = {}, args = process.argv.slice(2) }) {
  const options = { ...COMMON };
  for (const [name, option] of Object.entries(own)) options[name] = { ...COMMON[name], ...option };
  const known = Object.keys(options)
    .map((name) => `--${name}`)
    .join(', ');
  const { tokens } = parseArgs({
    args,
    strict: false,
    tokens: true,
    options: Object.fromEntries(
      Object.entries(options).map(([name, { value }]) => [name, { type: value ? 'string' : 'boolean' }]),
    ),
  });
  const result = {};
  for (const [name, { value, fallback, many }] of Object.entries(options)) {
    result[name] = fallback ?? (value ? undefined : false);
    if (many) result[name] = [];
  }
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue;
    if (token.kind === 'positional') fail(`options (${known})`, `'${token.value}'`);
    const option = Object.hasOwn(options, token.name) ? options[token.name] : undefined;
    if (option === undefined) fail(`one of ${known}`, `'${token.rawName}'`);
    if (!option.value) {
      if (token.value !== undefined) fail(`--${token.name} alone`, `'${token.rawName}=${token.value}'`);
      result[token.name] = true;
      continue;
    }
    // "--json --threads 2" is a forgotten value, not a file called --threads.
    const missing = token.value === undefined || (!token.inlineValue && token.value.startsWith('--'));
    if (missing || token.value === '')
      fail(`--${token.name} ${option.value}`, missing ? `--${token.name} alone` : "''");
    const value = option.parse ? option.parse(token.name, token.value) : token.value;
    if (option.many) result[token.name].push(value);
    else result[token.name] = value;
  }
  if (result.help) {
    console.log(usage(command, summary, options));
    process.exit(0);
  }
  return result;
}

/** Whether `--filter` lets a case through. */
export function selected(filter, suite, name) {
  return filter === undefined || `${suite} ${name}`.includes(filter);
}
