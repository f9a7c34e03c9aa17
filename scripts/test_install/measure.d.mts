export function measure(folder: string): { packages: number; megabytes: number };
