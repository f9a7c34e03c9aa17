/** Texts of every awkward kind, by number. */
export const TEXTS: readonly string[] = [
  'A cat sat on the mat.',
  '',
  ' ',
  'x',
  '[MASK] <mask> [CLS]</s> [PAD]',
  'The [MASK] is <mask> here',
  'a'.repeat(300),
  'word '.repeat(700),
  '\u0000\u0001\u007f\ufffd\ufeff',
  '\ud800 alone \udc00',
  '\u{1f468}\u200d\u{1f469}\u200d\u{1f467} \u{10400}\u{10401}',
  'e\u0301\u0316'.repeat(40),
  '\u4f60\u597d \u0627\u0644\u0633\u0644\u0627\u0645 \u05e9\u05dc\u05d5\u05dd',
  '\t\n\r\u00a0\u3000\u2028',
  '___---...,,,!!!'.repeat(20),
  '0123456789'.repeat(30),
];
