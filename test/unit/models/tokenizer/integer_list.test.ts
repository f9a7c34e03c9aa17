/** A list in pages gives back what was appended, and never takes or copies more than a page at once. */
import { describe, expect, it } from '@jest/globals';
import { IntegerList } from '../../../../lib/models/tokenizer/integer_list.js';

/** Bytes. */
const LARGEST = 64 * 1024;

describe('IntegerList', () => {
  it.each([0, 1, 16, 17, 33, 16_384, 16_385, 100_000])('keeps %d integers in small pages', (count) => {
    const list = new IntegerList();
    for (let i = 0; i < count; i++) list.push(3 * i - 7);
    expect(list.length).toBe(count);
    expect(Array.from({ length: count }, (_, i) => list.get(i))).toEqual(
      Array.from({ length: count }, (_, i) => 3 * i - 7),
    );
    const pages = (list as unknown as { pages: Int32Array[] }).pages;
    expect(pages.every((page) => page.byteLength <= LARGEST)).toBe(true);
    expect(pages.length).toBe(Math.ceil((4 * count) / LARGEST));
  });
});
