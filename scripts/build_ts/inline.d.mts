/** @returns the bundle of a script or a style, as one string */
export function inlined(file: string): string;
export function keyOfInlined(file: string): string;
