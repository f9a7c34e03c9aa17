/** What a release must have: an owner in every place, eight addons with their sums, licences. */

import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { writeSums } from '../../scripts/prebuild/sums.mjs';
import { ADDON, TAGS } from '../../scripts/prebuild/targets.mjs';
import { linksOf, ownerOf } from '../../scripts/release/owner.mjs';
import { problemsOfRelease } from '../../scripts/release/problems.mjs';
import { root } from '../support/command.js';

const read = (path: string) => readFileSync(join(root, path), 'utf8');
const manifest = JSON.parse(read('package.json')) as Record<string, unknown>;

/** Every file with a link to the repository. */
const LINKING = ['package.json', 'README.md', 'SECURITY.md', 'models/synthesizer-mini/README.md'];

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'synthetic-attention-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const place = (path: string, text: string): void => {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
};

describe('the owner of the repository', () => {
  it('is the same in repository, homepage, bugs and all links', () => {
    const owner = ownerOf(manifest);
    expect(manifest).toMatchObject(linksOf(owner));
    for (const file of LINKING) {
      const named = [...read(file).matchAll(/github\.com\/([^/]+)\/synthetic-attention/g)].map((m) => m[1]);
      expect([file, ...new Set(named)]).toEqual(named.length > 0 ? [file, owner] : [file]);
    }
  });

  it('is set by one command', () => {
    for (const file of [...LINKING, 'scripts/set_owner.mjs', 'scripts/release/owner.mjs'])
      place(file, read(file));
    const set = (...args: string[]) =>
      spawnSync(process.execPath, [join(folder, 'scripts/set_owner.mjs'), ...args], { encoding: 'utf8' });
    expect(set('some-one').status).toBe(0);
    const changed = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as typeof manifest;
    expect(changed).toEqual({ ...manifest, ...linksOf('some-one') });
    for (const file of LINKING) {
      const text = readFileSync(join(folder, file), 'utf8');
      expect([file, text.includes(`/${ownerOf(manifest)}/synthetic-attention`)]).toEqual([file, false]);
    }
    // And again, from one owner to the next.
    expect(set('next').stdout).toContain('github.com/next/synthetic-attention');
    expect(readFileSync(join(folder, 'SECURITY.md'), 'utf8')).toContain(
      'github.com/next/synthetic-attention',
    );
    const wrong = set('not a name');
    expect([wrong.status, wrong.stderr]).toEqual([
      1,
      'set-owner: expected the name of an account but received "not a name"\n',
    ]);
  });
});

it('links in the README are ones that the page of the package can resolve', () => {
  const links = [...read('README.md').matchAll(/\]\(([^)]+)\)/g)].map((m) => m[1]!);
  expect(links.length).toBeGreaterThan(10);
  // The page resolves relative paths through `repository`, but for those from its root or out of it.
  expect(links.filter((link) => !/^(https:\/\/|#|[\w])/.test(link))).toEqual([]);
});

describe('a release', () => {
  const owned = { ...manifest, ...linksOf('some-one') };
  const addons = TAGS.map((tag) => `${tag}/${ADDON}`);

  beforeEach(() => {
    for (const addon of addons) place(`prebuilds/${addon}`, `the addon ${addon}`);
    writeSums(join(folder, 'prebuilds'), addons);
  });

  it('with all addons, sums and an owner has no problems', () => {
    expect(problemsOfRelease(folder, owned)).toEqual([]);
  });

  it('without an addon, or with another one than was checked, is refused', () => {
    rmSync(join(folder, 'prebuilds', addons[3]!));
    place(`prebuilds/${addons[5]}`, 'another addon');
    const problems = problemsOfRelease(folder, owned);
    expect(problems).toHaveLength(2);
    expect(problems[0]).toContain(`prebuilds/${addons[3]}: expected a file`);
    expect(problems[1]).toContain(`prebuilds/${addons[5]}: expected the sum`);
  });

  it('without sums is refused', () => {
    rmSync(join(folder, 'prebuilds/SHA256SUMS'));
    expect(problemsOfRelease(folder, owned)).toHaveLength(TAGS.length);
  });

  it('without an owner, or with links to two of them, is refused', () => {
    expect(problemsOfRelease(folder, { ...manifest, ...linksOf('OWNER') })).toEqual([
      'package.json names no owner; run npm run set-owner -- NAME',
    ]);
    const mixed = { ...owned, bugs: linksOf('another').bugs };
    expect(problemsOfRelease(folder, mixed)).toEqual([expect.stringContaining('expected bugs')]);
  });

  it('is stopped by the script before it is published', () => {
    cpSync(join(root, 'scripts'), join(folder, 'scripts'), { recursive: true });
    const check = () =>
      spawnSync(process.execPath, [join(folder, 'scripts/prepublish.mjs')], { encoding: 'utf8' });
    place('package.json', JSON.stringify(owned));
    expect(check()).toMatchObject({ status: 0, stderr: '' });
    rmSync(join(folder, 'prebuilds', addons[0]!));
    expect(check()).toMatchObject({ status: 1, stderr: expect.stringContaining(addons[0]!) });
    expect((manifest.scripts as Record<string, string>).prepublishOnly).toBe(
      'node scripts/prebuild.mjs --check && node scripts/prepublish.mjs',
    );
  });
});

describe('the packaged model', () => {
  const card = read('models/synthesizer-mini/README.md');

  it('has its licence and its card beside it', () => {
    expect(read('models/synthesizer-mini/LICENSE')).toBe(read('LICENSE'));
    expect(card).toMatch(/^---\nlicense: apache-2\.0\n/);
  });

  it('names the licence of each text that it was trained on, as docs/model_card.md does', () => {
    const table = (text: string) => text.split('\n').filter((line) => /^\| .*\| .*\| .*\|/.test(line));
    const texts = table(card);
    expect(texts.length).toBeGreaterThan(8);
    const documented = table(read('docs/model_card.md'));
    expect(texts.filter((line) => !documented.includes(line))).toEqual([]);
  });
});
