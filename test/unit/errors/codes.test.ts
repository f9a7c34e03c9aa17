/** docs/errors.md has one row for each code, and each class has its code. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import * as errors from '../../../lib/errors.js';
import * as api from '../../../lib/index.js';
import { root } from '../../support/command.js';

const read = (name: string): string => readFileSync(join(root, name), 'utf8');
const rows = [...read('docs/errors.md').matchAll(/^\| `(ERR_\w+)` \| (?:`(\w+)`|\(\w+\)) \|/gm)];
const documented = [...new Set(rows.map(([, code]) => code!))].sort();

it('the page names every code that the code throws', () => {
  const files = (readdirSync(join(root, 'lib'), { recursive: true }) as string[]).filter((f) =>
    f.endsWith('.ts'),
  );
  const thrown = files.flatMap((file) =>
    [...read(join('lib', file)).matchAll(/(?:super|new SyntheticAttentionError)\(\s*'(ERR_\w+)'/g)].map(
      (m) => m[1]!,
    ),
  );
  expect(thrown.length).toBeGreaterThan(10);
  expect([...new Set(thrown)].sort()).toEqual(documented);
});

it('the page has every reason', () => {
  const reasons = [...read('docs/errors.md').matchAll(/^\| `([a-z]+)` \|/gm)].map(([, word]) => word!);
  const fields = ['code', 'argument', 'reason'];
  expect(reasons).toEqual([...fields, ...errors.REASONS]);
});

it('the page and the package have every class of lib/errors.ts under its code', () => {
  const classes = Object.entries(errors).filter(([, value]) => {
    return typeof value === 'function' && value.prototype instanceof errors.SyntheticAttentionError;
  });
  const found = classes.map(([name, value]) => {
    const { code } = new (value as new (message: string) => errors.SyntheticAttentionError)('x');
    return `${code} ${name}`;
  });
  const named = rows.filter(([, , name]) => name !== undefined).map(([, code, name]) => `${code} ${name}`);
  expect(found.sort()).toEqual(named.sort());
  for (const [name, value] of classes) expect((api as Record<string, unknown>)[name]).toBe(value);
});
