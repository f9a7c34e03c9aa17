export function platformTag(): string;
export const ADDON: string;
export const REMEDIES: readonly string[];
