/** Arrow keys in a grid. */

const STEPS = {
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
} as const;

/** Rows and columns that a key moves by, undefined for every other key. */
export function stepOf(key: string): readonly [number, number] | undefined {
  return Object.hasOwn(STEPS, key) ? STEPS[key as keyof typeof STEPS] : undefined;
}

/** Whether a key was pressed for the browser or the system, and not for the page. */
export function hasModifier(event: KeyboardEvent): boolean {
  return event.altKey || event.ctrlKey || event.metaKey;
}

/** The integer from 0 to `count` - 1 that is nearest to `x`. */
export function within(x: number, count: number): number {
  return Math.min(count - 1, Math.max(0, x));
}
