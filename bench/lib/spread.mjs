/**
 * Moves wanted places apart as little as is simple to do: neighbours that are closer than `gap` become one block,
 * centred where its members wanted to be, and the whole is kept between `low` and `high` where it fits.
 * @returns the places, in the order given
 */
export function spread(wanted, gap, low, high) {
  const order = wanted.map((_, i) => i).sort((a, b) => wanted[a] - wanted[b]);
  const blocks = [];
  for (const i of order) {
    blocks.push({ members: [i], start: wanted[i] });
    for (;;) {
      const block = blocks.at(-1);
      const before = blocks.at(-2);
      if (before === undefined || before.start + before.members.length * gap <= block.start) break;
      blocks.pop();
      before.members.push(...block.members);
      const mean = before.members.reduce((sum, m) => sum + wanted[m], 0) / before.members.length;
      const size = (before.members.length - 1) * gap;
      before.start = Math.max(low, Math.min(high - size, mean - size / 2));
    }
  }
  const places = new Array(wanted.length);
  for (const { members, start } of blocks) {
    for (const [k, i] of members.entries()) places[i] = start + k * gap;
  }
  return places;
}
