export const OWNER: string;
export function linksOf(owner: string): {
  repository: { type: string; url: string };
  homepage: string;
  bugs: { url: string };
};
export function ownerOf(manifest: Record<string, unknown>): string;
