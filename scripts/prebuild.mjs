// Makes the addons that a published package carries, prebuilds/<tag>/synthetic_attention.node, for all platforms on
// one Linux machine, checks each by its rules and writes prebuilds/SHA256SUMS.
//   npm run prebuild -- --all                 every target
//   npm run prebuild -- linux-x64-musl ...    these targets
//   npm run prebuild -- --check [TAG ...]     rules and sums of what is there; all targets unless some are named
//   npm run prebuild -- --list                the targets
//   --jobs N                                  compilers at a time, by default one a core
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { buildAddon } from './prebuild/build.mjs';
import { root } from './prebuild/process.mjs';
import { brokenRules, describe } from './prebuild/rules.mjs';
import { writeSums, wrongSums } from './prebuild/sums.mjs';
import { ADDON, TAGS, TARGETS, targetOf } from './prebuild/targets.mjs';
import { zig } from './prebuild/zig.mjs';

const prebuilds = join(root, 'prebuilds');
const nameOf = (tag) => `${tag}/${ADDON}`;
const placeOf = (tag) => join(prebuilds, tag, ADDON);

/** @throws Error that names the file and each broken rule */
function keepRules(target, path) {
  const file = readFileSync(path);
  const broken = brokenRules(file, target.rules, [root.replace(/[/\\]$/, '')]);
  if (broken.length === 0) return describe(file, target.rules);
  const lines = broken.map((rule) => `\n  - ${rule}`).join('');
  throw new Error(`prebuild: ${relative(root, path)} breaks ${broken.length} of its rules:${lines}`);
}

async function buildOne(compiler, target, jobs) {
  const started = Date.now();
  const built = await buildAddon(compiler, target, jobs);
  const found = keepRules(target, built);
  const place = placeOf(target.tag);
  mkdirSync(dirname(place), { recursive: true });
  // Never written over: a process may have it loaded.
  rmSync(place, { force: true });
  copyFileSync(built, place);
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  console.log(`${target.tag}: ${statSync(place).size} bytes in ${seconds} s; ${found}`);
}

/** One that fails does not keep the others from being made. */
async function build(targets, jobs) {
  const compiler = await zig();
  for (const target of targets) {
    try {
      await buildOne(compiler, target, jobs);
    } catch (error) {
      console.error(error.message);
      process.exitCode = 1;
    }
  }
  writeSums(prebuilds, TAGS.filter((tag) => existsSync(placeOf(tag))).map(nameOf));
}

function check(targets) {
  const names = targets.map(({ tag }) => nameOf(tag));
  const wrong = wrongSums(prebuilds, names, TAGS.map(nameOf));
  for (const target of targets) {
    if (!existsSync(placeOf(target.tag))) continue;
    try {
      console.log(`${target.tag}: ${keepRules(target, placeOf(target.tag))}`);
    } catch (error) {
      wrong.push(error.message);
    }
  }
  for (const line of wrong) console.error(line);
  if (wrong.length > 0) process.exitCode = 1;
}

function positive(text) {
  const jobs = Number(text);
  if (Number.isInteger(jobs) && jobs > 0) return jobs;
  throw new Error(`prebuild: --jobs: expected a positive integer but received "${text}"`);
}

async function main() {
  const options = {
    all: { type: 'boolean' },
    check: { type: 'boolean' },
    list: { type: 'boolean' },
    jobs: { type: 'string', default: String(availableParallelism()) },
  };
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const named = values.all ? TARGETS : positionals.map(targetOf);
  if (values.list) {
    for (const { tag, zig: triple } of TARGETS) console.log(`${tag} (${triple})`);
  } else if (values.check) {
    check(named.length > 0 ? named : TARGETS);
  } else if (named.length > 0) {
    await build(named, positive(values.jobs));
  } else {
    // npm starts a script of this name by itself before the script "build".
    console.log('prebuild: no target is named, nothing to do (--all, --list, --check or tags)');
  }
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
