export const SUMS: string;
export function writeSums(folder: string, names: readonly string[]): void;
export function wrongSums(folder: string, names: readonly string[], known?: readonly string[]): string[];
