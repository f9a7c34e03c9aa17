// The file that a bundler has made, where that is CommonJS; an ES module has no such name.
function currentFile() {
  try {
    return __filename;
  } catch {
    return undefined;
  }
}

export const bundleFile = currentFile();
