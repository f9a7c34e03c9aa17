/** 10^0 to 10^15, exact in float64. */
const POWERS_OF_10 = Float64Array.from({ length: 16 }, (_, k) => Number(`1e${k}`));

/** No decimal of `putDecimal` has more characters: "-3.4028235e+38" has 14, -2^69 has 22. */
export const MAX_DECIMAL_BYTES = 24;

/**
 * Writes the float32 `x`, rounded to the fewest digits that still read back as `x`, in the notation of JSON;
 * -0 is "-0". (For 2^-96, 2^87 and 2^90 alone a decimal of one digit less, other than the rounded one, would
 * do.)
 * @param x a finite float32
 * @param bytes takes the characters, from the offset `at` on; needs room for MAX_DECIMAL_BYTES
 * @returns the offset after the last character
 */
export function putDecimal(x: number, bytes: Uint8Array, at: number): number {
  const magnitude = Math.abs(x);
  // Nearly every number of an embedding is in this range. Outside, the integers below would lose exactness.
  if (!(magnitude >= 1e-6 && magnitude < 1e6)) return putText(shortestByTrial(x), bytes, at);

  // An integer below 2^53 over an exact power of ten is the float64 nearest to that decimal, so that rounding
  // and the check need no text. This is five times as fast as toPrecision and Number.
  const exponent = decimalExponent(magnitude);
  // Most float32 need 8 digits, so that is tried first.
  let places = 7 - exponent;
  let integer = Math.round(magnitude * POWERS_OF_10[places]!);
  if (readsBackAs(magnitude, integer, places)) {
    while (places > 0) {
      const shorter = Math.round(magnitude * POWERS_OF_10[places - 1]!);
      if (!readsBackAs(magnitude, shorter, places - 1)) break;
      integer = shorter;
      places--;
    }
  } else {
    places++;
    integer = Math.round(magnitude * POWERS_OF_10[places]!);
    if (!readsBackAs(magnitude, integer, places)) return putText(shortestByTrial(x), bytes, at);
  }

  if (x < 0) bytes[at++] = 0x2d;
  // The last digit goes first; a place before the point is written even if it is 0.
  const wholeDigits = Math.max(exponent, 0) + 1;
  const end = at + wholeDigits + (places > 0 ? places + 1 : 0);
  for (let i = end - 1; i >= at; i--) {
    if (i === at + wholeDigits) {
      bytes[i] = 0x2e;
      continue;
    }
    const rest = Math.floor(integer / 10);
    bytes[i] = 0x30 + integer - 10 * rest;
    integer = rest;
  }
  return end;
}

function readsBackAs(magnitude: number, integer: number, places: number): boolean {
  return Math.fround(integer / POWERS_OF_10[places]!) === magnitude;
}

/** floor(log10(magnitude)) for 1e-6 <= magnitude < 1e6. */
function decimalExponent(magnitude: number): number {
  let exponent = 0;
  while (magnitude >= POWERS_OF_10[exponent + 1]!) exponent++;
  while (magnitude < 1 / POWERS_OF_10[-exponent]!) exponent--;
  return exponent;
}

function shortestByTrial(x: number): string {
  if (Object.is(x, -0)) return '-0';
  // Nine digits always suffice for a float32.
  for (let digits = 1; digits < 9; digits++) {
    const decimal = Number(x.toPrecision(digits));
    if (Math.fround(decimal) === x) return String(decimal);
  }
  return String(Number(x.toPrecision(9)));
}

function putText(text: string, bytes: Uint8Array, at: number): number {
  for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i);
  return at + text.length;
}
