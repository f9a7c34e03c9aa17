/** `synthetic-attention inspect`. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { ensureBuilt, run } from '../support/command.js';
import { goldenPath } from '../support/golden.js';

const model = goldenPath('tiny_bert');
let folder: string;
beforeAll(() => {
  ensureBuilt();
  folder = mkdtempSync(join(tmpdir(), 'synthetic-attention-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

it('writes a page with the tokens of the text', async () => {
  const output = join(folder, 'page.html');
  const { status, stdout, stderr } = await run([
    'inspect',
    '--model',
    model,
    '--text',
    'a <b>cat</b>',
    '--output',
    output,
  ]);
  expect([status, stdout]).toEqual([0, '']);
  expect(stderr).toContain(`${output}: `);
  const page = readFileSync(output, 'utf8');
  expect(page).toContain('<title>tiny_bert: attention</title>');
  expect(page).toContain('a &#60;b&#62;cat&#60;/b&#62;');
  expect(page).toContain('"[CLS]"');
});

it('writes to standard output', async () => {
  const { status, stdout, stderr } = await run([
    'inspect',
    '--model',
    model,
    '--text',
    'x',
    '--output',
    '-',
    '--title',
    'T',
  ]);
  expect([status, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/^<!doctype html>[\s\S]*<title>T: attention<\/title>[\s\S]*<\/html>\n$/);
});

it('fails with one sentence and leaves nothing behind', async () => {
  const missing = await run([
    'inspect',
    '--model',
    join(folder, 'none'),
    '--text',
    'x',
    '--output',
    join(folder, 'p.html'),
  ]);
  expect(missing.status).toBe(1);
  expect(missing.stderr).toMatch(
    /^synthetic-attention: .*none": expected a directory, or a name such as org\/model, but received nothing there\n$/,
  );
  expect(existsSync(join(folder, 'p.html'))).toBe(false);
  const nowhere = await run([
    'inspect',
    '--model',
    model,
    '--text',
    'x',
    '--output',
    join(folder, 'no', 'p.html'),
  ]);
  expect(nowhere.status).toBe(1);
  expect(nowhere.stderr).toContain('expected');
  const noText = await run(['inspect', '--model', model]);
  expect(noText.stderr).toContain("required option '--text <text>' not specified");
  expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
});
