// Names of prebuilt addons, for the install step and for the loader.

/** Such as linux-x64-glibc, linux-arm64-musl, darwin-arm64, win32-x64. */
export function platformTag() {
  const base = `${process.platform}-${process.arch}`;
  if (process.platform !== 'linux') return base;
  // Node's report names the C library's version only when that is glibc.
  const { glibcVersionRuntime } = process.report.getReport().header;
  return `${base}-${glibcVersionRuntime ? 'glibc' : 'musl'}`;
}

export const ADDON = 'synthetic_attention.node';

/** What to do when there is no addon that loads. */
export const REMEDIES = [
  'install a C++17 compiler and cmake 3.15 or later, then run "npm rebuild synthetic-attention"',
  'if install scripts are switched off, allow them for synthetic-attention and install again',
  'or set SYNTHETIC_ATTENTION_ADDON to an addon that was built elsewhere for this platform',
];
