export function copyGypFile(root: string): void;
