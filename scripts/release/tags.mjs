// The platforms that a release has a prebuilt addon for; lib/native/platform.ts makes the same names at run time.
export const ADDON = 'synthetic_attention.node';

export const TAGS = [
  'linux-x64-glibc',
  'linux-x64-musl',
  'linux-arm64-glibc',
  'linux-arm64-musl',
  'darwin-x64',
  'darwin-arm64',
  'win32-x64',
  'win32-arm64',
];
