export const ADDON: string;
export const TAGS: readonly string[];
