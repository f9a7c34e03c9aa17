export function problemsOfRelease(root: string, manifest: Record<string, unknown>): string[];
