// Options of the experiment's programs: a table, one row an option.
import { parseArgs } from 'node:util';
import { fail } from './fail.mjs';

/**
 * @param table {name: {value?, help, fallback?, read?(text, name)}}; without `value` it is a switch
 * @returns the options by name; undefined where one is absent and has no fallback
 */
export function readOptions(command, summary, table, args = process.argv.slice(2)) {
  const rows = { ...table, help: { help: 'print this' } };
  const types = Object.entries(rows).map(([name, { value }]) => [
    name,
    { type: value ? 'string' : 'boolean' },
  ]);
  let values;
  try {
    ({ values } = parseArgs({ args, options: Object.fromEntries(types) }));
  } catch (error) {
    const known = Object.keys(rows).map((name) => `--${name}`);
    fail(`options among ${known.join(', ')}`, `'${args.join(' ')}' (${error.message.split('.')[0]})`);
  }
  if (values.help) {
    const lines = Object.entries(rows).map(([name, { value = '', help, fallback }]) => {
      const rest = fallback === undefined ? '' : ` (default ${fallback})`;
      return `  ${`--${name} ${value}`.padEnd(20)}${help}${rest}`;
    });
    console.log([`npm run ${command} -- [options]`, summary, '', ...lines].join('\n'));
    process.exit(0);
  }
  return Object.fromEntries(
    Object.entries(table).map(([name, { value, fallback, read }]) => {
      const given = values[name] ?? fallback ?? (value ? undefined : false);
      return [name, read && given !== undefined ? read(String(given), `--${name}`) : given];
    }),
  );
}

export function positive(text, name) {
  if (!/^[1-9]\d{0,8}$/.test(text)) fail(`${name} with a positive integer`, `'${text}'`);
  return Number(text);
}

/** A reader of lists such as a,b,c whose parts are different ones of `known`. */
export const listOf = (known) => (text, name) => {
  const parts = text.split(',');
  const valid = parts.every((part) => known.includes(part)) && new Set(parts).size === parts.length;
  if (!valid) fail(`${name} with different ones of ${known.join(',')}`, `'${text}'`);
  return parts;
};
