// Where the source is: three fields of package.json that differ in the owner alone.

/** Stands for the owner until one is set. */
export const OWNER = 'OWNER';

/** The fields of package.json for an owner. */
export function linksOf(owner) {
  const page = `https://github.com/${owner}/synthetic-attention`;
  return {
    repository: { type: 'git', url: `git+${page}.git` },
    homepage: `${page}#readme`,
    bugs: { url: `${page}/issues` },
  };
}

/** The owner that a manifest names, by its repository. */
export function ownerOf(manifest) {
  return /github\.com\/([^/]+)\//.exec(manifest.repository?.url ?? '')?.[1] ?? OWNER;
}
