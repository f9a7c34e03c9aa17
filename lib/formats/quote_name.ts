const MAX_QUOTED = 80;

/**
 * Quotes a name that came from a file for use in a message: at most 80 characters of it, with every control,
 * format and unassigned character escaped, so that a hostile name can neither flood nor steer a terminal.
 */
export function quoteName(name: string): string {
  const shown = name.length > MAX_QUOTED ? `${name.slice(0, MAX_QUOTED - 1)}…` : name;
  return JSON.stringify(shown).replace(/\p{C}/gu, (character) =>
    character
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  );
}
