// The platforms that a published package carries an addon for: what zig calls them, how they are linked, and the
// rules that a finished file has to keep (scripts/prebuild/rules.mjs).

export const ADDON = 'synthetic_attention.node';

/** What the addon gives to its host, and nothing else. */
export const EXPORTS = ['napi_register_module_v1', 'node_api_module_get_api_version_v1'];

/** As in CMakeLists.txt, which test/package/prebuilds.test.ts compares with these. */
export const DEFINES = ['NAPI_VERSION=8', 'NAPI_DISABLE_CPP_EXCEPTIONS', 'NODE_ADDON_API_DISABLE_DEPRECATED'];
export const COMPILE_FLAGS = [
  '-O3',
  '-Wall',
  '-Wextra',
  '-fno-exceptions',
  '-fno-rtti',
  '-fno-math-errno',
  '-fstack-protector-strong',
  '-U_FORTIFY_SOURCE',
  '-D_FORTIFY_SOURCE=2',
  '-std=c++17',
  '-fvisibility=hidden',
  '-fvisibility-inlines-hidden',
];

const LINUX_LINK = ['-s', '-Wl,--gc-sections', '-Wl,-z,relro', '-Wl,-z,now', '-Wl,-z,noexecstack'];
const MACOS_LINK = [
  // Symbols of the objects name the build's paths. The linker signs after that; a strip later on would break it.
  '-s',
  '-Wl,-x',
  '-Wl,-undefined,dynamic_lookup',
  '-Wl,-dead_strip',
  // The linker would record the path of the build.
  `-Wl,-install_name,@rpath/${ADDON}`,
];
const WINDOWS_LINK = ['-s', '-Wl,--gc-sections'];

const glibc = (loader) => ({
  format: 'elf',
  needed: ['libc.so.6', 'libm.so.6', 'libpthread.so.0', 'libdl.so.2', 'librt.so.1', loader],
  // RHEL 7 and everything later.
  newestGlibc: '2.17',
});
// For ARM zig links the handler of overflows into the addon instead of importing that of the C library.
const guardInside = { guardInside: true };
const musl = { format: 'elf', needed: ['libc.so'] };
const macos = {
  format: 'macho',
  needed: ['/usr/lib/libSystem.B.dylib'],
  oldestSystem: '11.0',
  // What the linker and the C++ library export and no option hides: names that every library has, and operators new
  // and delete, for which the loader takes whichever definition came first. All of them are malloc and free.
  alsoExported: [/^(__dso_handle|_mh_dylib_header)$/, /^_Z(nw|na|dl|da)[A-Za-z0-9_]+$/],
};
// Windows 10 and later have the universal C runtime; node.exe must not be named (Electron and others rename it).
const windows = {
  format: 'pe',
  needed: ['KERNEL32.dll', 'ntdll.dll', /^api-ms-win-crt-[a-z]+-l1-1-0\.dll$/],
};

export const TARGETS = [
  {
    tag: 'linux-x64-glibc',
    zig: 'x86_64-linux-gnu.2.17',
    link: LINUX_LINK,
    rules: { ...glibc('ld-linux-x86-64.so.2'), architecture: 'x64' },
  },
  {
    tag: 'linux-x64-musl',
    zig: 'x86_64-linux-musl',
    link: LINUX_LINK,
    rules: { ...musl, architecture: 'x64' },
  },
  {
    tag: 'linux-arm64-glibc',
    zig: 'aarch64-linux-gnu.2.17',
    link: LINUX_LINK,
    rules: { ...glibc('ld-linux-aarch64.so.1'), ...guardInside, architecture: 'arm64' },
  },
  {
    tag: 'linux-arm64-musl',
    zig: 'aarch64-linux-musl',
    link: LINUX_LINK,
    rules: { ...musl, ...guardInside, architecture: 'arm64' },
  },
  {
    tag: 'darwin-x64',
    zig: 'x86_64-macos.11.0',
    link: MACOS_LINK,
    rules: { ...macos, architecture: 'x64' },
  },
  {
    tag: 'darwin-arm64',
    zig: 'aarch64-macos.11.0',
    link: MACOS_LINK,
    // Its kernel runs signed code alone; the linker signs ad hoc.
    rules: { ...macos, architecture: 'arm64', signed: true },
  },
  {
    tag: 'win32-x64',
    zig: 'x86_64-windows-gnu',
    link: WINDOWS_LINK,
    rules: { ...windows, architecture: 'x64' },
  },
  {
    tag: 'win32-arm64',
    zig: 'aarch64-windows-gnu',
    link: WINDOWS_LINK,
    rules: { ...windows, architecture: 'arm64' },
  },
];

export const TAGS = TARGETS.map(({ tag }) => tag);

/** @throws Error that lists the tags */
export function targetOf(tag) {
  const target = TARGETS.find((each) => each.tag === tag);
  if (target) return target;
  throw new Error(`prebuild: expected a target of ${TAGS.join(', ')} but received "${tag}"`);
}
