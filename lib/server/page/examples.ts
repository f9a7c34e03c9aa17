/** What the playground shows before anything is typed: texts with plain neighbours, and one word in two senses. */
export const EXAMPLE_TEXTS: readonly string[] = [
  'The central bank raised interest rates again.',
  'Borrowing money has become more expensive.',
  'They had a picnic on the bank of the river.',
  'We ate sandwiches on the grass by the water.',
  'A cat sleeps on the warm windowsill.',
  'The kitten is napping in the sun.',
  'How do I reset my password?',
  'I forgot my login and cannot sign in.',
];

export const EXAMPLE_SENTENCE =
  'The bank raised its interest rates, so she walked along the river bank to think about it.';
