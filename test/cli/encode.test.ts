import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ByteCounter } from '../../lib/cli/byte_counter.js';
import { readNpy } from '../../lib/formats/npy.js';
import { ensureBuilt, finish, main, run, start } from '../support/command.js';
import { expectClose, goldenPath, readGolden } from '../support/golden.js';

const MODEL = goldenPath('tiny_bert');
const golden = readGolden<{ texts: { text: string }[]; embeddings: Record<string, { data: number[] }> }>(
  'tiny_bert.json',
);
// One text a line: those with a line end of their own cannot be here.
const chosen = golden.texts
  .map((t, i) => ({ text: t.text, i }))
  .filter(({ text }) => !/[\n\r\ufffd\ufeff]/.test(text));
const rows = (name: string) =>
  chosen.flatMap(({ i }) => golden.embeddings[name]!.data.slice(i * 48, (i + 1) * 48));
const lines = chosen.map(({ text }) => text);

let folder: string;
const file = (name: string) => join(folder, name);
const args = (input: string, output: string, ...more: string[]) => [
  'encode',
  '--model',
  MODEL,
  '--input',
  input,
  '--output',
  output,
  ...more,
];

beforeAll(async () => {
  ensureBuilt();
  folder = await mkdtemp(join(tmpdir(), 'synthetic-attention-'));
  await writeFile(file('texts.txt'), `${lines.join('\n')}\n`);
}, 90_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

function parseLines(text: string): number[] {
  return text
    .trimEnd()
    .split('\n')
    .flatMap((line) => JSON.parse(line) as number[]);
}

describe('encode', () => {
  it('writes npy, says how fast on stderr and nothing on stdout', async () => {
    const { status, stdout, stderr } = await run(args(file('texts.txt'), file('a.npy')));
    expect([status, stdout]).toEqual([0, '']);
    expect(stderr).toMatch(/^loaded tiny_bert in [\d.]+ s \(48 dimensions, up to 64 tokens a text\)\n/);
    expect(stderr).toMatch(
      /encoded \d+ texts \(\d+ tokens\) in [\d.]+ s: [\d,]+ texts\/s, [\d,]+ tokens\/s -> .*a\.npy\n$/,
    );
    const { shape, data } = await readNpy(file('a.npy'));
    expect(shape).toEqual([lines.length, 48]);
    expectClose(data, rows('mean_normalized'), 'npy', 400);
  });

  it('writes jsonl, with CRLF lines, without a last line end, unnormalised and in small batches', async () => {
    await writeFile(file('crlf.txt'), lines.join('\r\n'));
    const { status } = await run(
      args(
        file('crlf.txt'),
        file('a.jsonl'),
        '--no-normalize',
        '--batch-size',
        '3',
        '--threads',
        '1',
        '--quiet',
      ),
    );
    expect(status).toBe(0);
    expectClose(parseLines(await readFile(file('a.jsonl'), 'utf8')), rows('mean'), 'jsonl', 400);
  });

  it('reads standard input and writes standard output', async () => {
    const { status, stdout, stderr } = await run(args('-', '-', '--quiet'), lines.join('\n'));
    expect([status, stderr]).toEqual([0, '']);
    expectClose(parseLines(stdout), rows('mean_normalized'), 'stdout', 400);
  });

  it('gives an embedding for an empty line and none for an empty file', async () => {
    await writeFile(file('empty.txt'), '');
    await writeFile(file('blank.txt'), '\n\n');
    for (const [name, count] of [
      ['empty', 0],
      ['blank', 2],
    ] as const) {
      expect((await run(args(file(`${name}.txt`), file(`${name}.npy`)))).status).toBe(0);
      expect((await readNpy(file(`${name}.npy`))).shape).toEqual([count, 48]);
    }
  });

  it('replaces invalid UTF-8 instead of failing', async () => {
    await writeFile(file('bad.txt'), Buffer.from([0x61, 0xff, 0xfe, 0x0a, 0xed, 0xa0, 0x80, 0x0a]));
    expect((await run(args(file('bad.txt'), file('bad.npy')))).status).toBe(0);
    expect((await readNpy(file('bad.npy'))).shape).toEqual([2, 48]);
  });

  it('replaces an older output only when it is done', async () => {
    await writeFile(file('old.npy'), 'old');
    const child = start(args('-', file('old.npy')));
    const finished = finish(child);
    child.stdin.write('a first text\n');
    await new Promise<void>((resolve) => child.stderr.once('data', () => resolve()));
    expect(await readFile(file('old.npy'), 'utf8')).toBe('old');
    child.stdin.end();
    expect((await finished).status).toBe(0);
    expect((await readNpy(file('old.npy'))).shape).toEqual([1, 48]);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('leaves nothing of its own behind on %s', async (signal, code) => {
    const place = file(signal);
    await mkdir(place);
    await writeFile(join(place, 'out.npy'), 'old');
    const child = start(args('-', join(place, 'out.npy')));
    const finished = finish(child);
    child.stdin.on('error', () => {});
    child.stdin.write('a text\n'.repeat(2000));
    await new Promise<void>((resolve) => child.stderr.once('data', () => resolve()));
    // Until its temporary file is there, which the signal must then remove.
    while ((await readdir(place)).length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    child.kill(signal);
    const { status, stderr } = await finished;
    expect([status, stderr.trim().split('\n').at(-1)]).toEqual([
      code,
      `synthetic-attention: interrupted by ${signal}; no output was written`,
    ]);
    expect(await readdir(place)).toEqual(['out.npy']);
    expect(await readFile(join(place, 'out.npy'), 'utf8')).toBe('old');
  });

  it('ends quietly when the reader of its output has gone', async () => {
    const child = start(args('-', '-', '--quiet', '--batch-size', '10'));
    const finished = finish(child);
    child.stdin.on('error', () => {});
    child.stdout.destroy();
    child.stdin.end('a text\n'.repeat(5000));
    const { status, stderr } = await finished;
    expect([status, stderr]).toEqual([141, '']);
  });

  it.each<[string, () => string[], string]>([
    ['no options', () => ['encode'], "required option '--input <file...>' not specified"],
    ['no command', () => [], 'expected a command; see --help'],
    ['an unknown command', () => ['embed'], "unknown command 'embed'"],
    ['an unknown option', () => args(file('texts.txt'), file('x.npy'), '--fast'), "unknown option '--fast'"],
    [
      'a missing model',
      () => ['encode', '--model', file('none'), '--input', file('texts.txt'), '--output', file('x.npy')],
      'expected a directory, or a name such as org/model, but received nothing there',
    ],
    [
      'a missing input',
      () => args(file('none.txt'), file('x.npy')),
      'none.txt: expected a readable file but received nothing there',
    ],
    [
      'a directory as input',
      () => args(folder, file('x.npy')),
      'expected a readable file but received a directory',
    ],
    [
      'a directory as output',
      () => args(file('texts.txt'), folder, '--format', 'npy'),
      'expected a writable file but received a directory',
    ],
    [
      'an output in no directory',
      () => args(file('texts.txt'), file('no/where/x.npy')),
      'expected a writable file but received',
    ],
    [
      'an output under a file',
      () => args(file('texts.txt'), file('texts.txt/x.npy')),
      'expected a writable file but received',
    ],
    [
      'the input as output',
      () => args(file('texts.txt'), file('texts.txt'), '--format', 'jsonl'),
      '--output: expected another file than the input',
    ],
    [
      'npy on standard output',
      () => args(file('texts.txt'), '-', '--format', 'npy'),
      '--output: expected a file for the npy format',
    ],
    [
      'an unknown extension',
      () => args(file('texts.txt'), file('x.csv')),
      'or .bin, or --format but received ".csv"',
    ],
    [
      'an unknown format',
      () => args(file('texts.txt'), file('x.npy'), '--format', 'csv'),
      '--format: expected npy, jsonl, parquet, arrow, arrow-stream or raw but received "csv"',
    ],
    [
      'a batch size of 0',
      () => args(file('texts.txt'), file('x.npy'), '--batch-size', '0'),
      '--batch-size: expected a positive integer but received "0"',
    ],
    [
      'threads that are no number',
      () => args(file('texts.txt'), file('x.npy'), '--threads', 'many'),
      '--threads: expected a positive integer but received "many"',
    ],
    [
      'too many threads',
      () => args(file('texts.txt'), file('x.npy'), '--threads', '1000'),
      'threads: expected an integer from 1 to 256 but received 1000',
    ],
  ])('answers %s with one sentence and exit code 1', async (_, given, message) => {
    const before = await readFile(file('texts.txt'), 'utf8');
    const { status, stdout, stderr } = await run(given());
    expect([status, stdout]).toEqual([1, '']);
    const sentences = stderr.split('\n').filter((line) => line !== '' && !line.startsWith('loaded '));
    expect(sentences).toHaveLength(1);
    expect(sentences[0]).toMatch(/^synthetic-attention: /);
    expect(sentences[0]).toContain(message);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(await readFile(file('texts.txt'), 'utf8')).toBe(before);
    expect((await readdir(folder)).filter((name) => name.endsWith('.tmp') || name.startsWith('x.'))).toEqual(
      [],
    );
  });

  it('refuses a forced instruction set that does not exist', async () => {
    const { status, stderr } = await run(args(file('texts.txt'), file('x.npy')), '', {
      SYNTHETIC_ATTENTION_ISA: 'sse9',
    });
    expect(status).toBe(1);
    expect(stderr).toMatch(/^synthetic-attention: [^\n]*SYNTHETIC_ATTENTION_ISA: expected one of [^\n]*\n$/);
  });

  const script = spawnSync('script', ['--version']).status === 0;
  (script ? it : it.skip)('draws a bar with rates on a terminal', async () => {
    await writeFile(file('long.txt'), 'a text of some words, again and again\n'.repeat(15_000));
    const command = [process.execPath, main, ...args(file('long.txt'), file('long.npy'))]
      .map((a) => `'${a}'`)
      .join(' ');
    const { stdout, status } = spawnSync('script', ['-qec', command, '/dev/null'], { encoding: 'utf8' });
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /[█░]+ \d+ % \| [\d,]+ texts \| [\d,]+ texts\/s \| [\d,]+ tokens\/s \| \d+ s left/,
    );
    expect(existsSync(file('long.npy'))).toBe(true);
  });
});

describe('help, version and info', () => {
  it('print to stdout and exit with 0', async () => {
    const version = await run(['--version']);
    expect([version.status, version.stdout]).toEqual([0, '0.1.0\n']);
    const help = await run(['encode', '--help']);
    expect(help.status).toBe(0);
    for (const option of [
      '--model',
      '--input',
      '--output',
      '--format',
      '--batch-size',
      '--threads',
      '--quiet',
    ]) {
      expect(help.stdout).toContain(option);
    }
    const info = await run(['info'], '', { SYNTHETIC_ATTENTION_ISA: 'scalar' });
    expect(info.status).toBe(0);
    expect(info.stdout).toMatch(
      /^version +0\.1\.0\nnode +v\d+.*\ncpu +.+\nisa +scalar\ntiers +.*scalar \(in use\).*\nint8 +.+\nthreads +\d+\nbuild +.+\naddon +.+\.node\n$/,
    );
    const json = JSON.parse((await run(['info', '--json'])).stdout) as Record<string, unknown>;
    expect(Object.keys(json)).toEqual(
      expect.arrayContaining(['version', 'isa', 'cpu', 'threads', 'tiers', 'compiler']),
    );
  });
});

it('ByteCounter follows texts through chunks of input', () => {
  const counter = new ByteCounter();
  counter.mark(10, 1000);
  counter.mark(10, 3000);
  expect([0, 5, 10, 15, 20, 25].map((texts) => counter.done(texts))).toEqual([
    0, 500, 1000, 2000, 3000, 3000,
  ]);
});
