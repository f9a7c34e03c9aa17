// Makes test/golden/tiny_addons: an addon of one small function for Linux, macOS and Windows, linked as the prebuilt ones
// are, for the test of the rules that those have to keep.
//   node test/golden/make/make_tiny_addons.mjs
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { linkAddon } from '../../../scripts/prebuild/build.mjs';
import { must, root } from '../../../scripts/prebuild/process.mjs';
import { targetOf } from '../../../scripts/prebuild/targets.mjs';
import { zig } from '../../../scripts/prebuild/zig.mjs';

// The buffer on the stack gets a guard; the function of the host stays undefined.
const SOURCE = `
#include <stdio.h>
#if defined(_WIN32)
#define EXPORT __declspec(dllexport)
#define IMPORT __declspec(dllimport)
#else
#define EXPORT __attribute__((visibility("default")))
#define IMPORT
#endif
IMPORT int napi_create_double(void* env, double value, void** result);
EXPORT int node_api_module_get_api_version_v1(void) { return 8; }
EXPORT void* napi_register_module_v1(void* env, void* exports) {
  char text[64];
  snprintf(text, sizeof text, "%p", exports);
  napi_create_double(env, text[2], &exports);
  return exports;
}
`;
const out = join(root, 'test/golden/tiny_addons');
mkdirSync(out, { recursive: true });
const compiler = await zig();
for (const tag of ['linux-x64-glibc', 'darwin-arm64', 'win32-x64']) {
  const target = targetOf(tag);
  const folder = mkdtempSync(join(tmpdir(), 'synthetic-attention-'));
  const [source, object] = [join(folder, 'tiny.c'), join(folder, 'tiny.o')];
  writeFileSync(source, SOURCE);
  const flags = ['-O2', '-fstack-protector-strong', '-fvisibility=hidden', '-fno-sanitize=all', '-g0'];
  if (target.rules.format !== 'pe') flags.push('-fPIC');
  const args = ['cc', '-target', target.zig, ...flags, '-c', source, '-o', object];
  await must(tag, compiler.command, args, { env: compiler.env });
  const addon = await linkAddon(compiler, target, folder, [object], 'cc');
  writeFileSync(join(out, `${tag}.node.gz`), gzipSync(readFileSync(addon), { level: 9 }));
  rmSync(folder, { recursive: true });
}
