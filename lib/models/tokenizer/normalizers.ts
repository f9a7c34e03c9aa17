/** Normalizers of tokenizer.json: text to text, before it is cut into words. */
import type { JsonObject } from '../directory/json_file.js';
import { bertNormalizer } from './bert_normalizer.js';
import { components, create, pattern } from './component.js';
import type { Form } from './mark_run.js';
import { inSequence, lowerCase, type Normalizer, perCharacter } from './normalizer.js';
import { precompiled } from './precompiled.js';
import { replacing } from './replacing.js';
import { strip } from './strip.js';
import { MARKS } from './unicode.js';
import { formStage, normalizeForm } from './unicode_forms.js';

const MARK = new RegExp(MARKS, 'gv');

function unicodeForm(form: Form): () => Normalizer {
  return () => ({
    apply: (text, meter) => normalizeForm(text, form, meter),
    stages: [formStage(form)],
  });
}

function replace(from: JsonObject): Normalizer {
  const searched = pattern(from);
  const content = from.string('content');
  return {
    apply(text) {
      const parts = searched.parts(text);
      return parts.map((part) => (part.match ? content : part.text)).join('');
    },
    stages: [replacing(searched, content)],
  };
}

function prepend(from: JsonObject): Normalizer {
  const before = from.string('prepend');
  return {
    apply: (text) => (text === '' ? text : before + text),
    stages: [
      () => {
        let begins = true;
        return {
          push(text, out) {
            if (begins) out.push(before);
            begins = false;
            out.push(text);
            return false;
          },
          end: () => false,
        };
      },
    ],
  };
}

const KINDS: Readonly<Record<string, (from: JsonObject) => Normalizer>> = {
  BertNormalizer: bertNormalizer,
  Lowercase: () => perCharacter(lowerCase),
  NFC: unicodeForm('NFC'),
  NFD: unicodeForm('NFD'),
  NFKC: unicodeForm('NFKC'),
  NFKD: unicodeForm('NFKD'),
  Precompiled: precompiled,
  Prepend: prepend,
  Replace: replace,
  Sequence: (from) => inSequence(components(from, 'normalizers').map(createNormalizer)),
  Strip: strip,
  StripAccents: () => perCharacter((text) => text.replace(MARK, '')),
};

export function createNormalizer(from: JsonObject): Normalizer {
  return create(from, KINDS);
}

/** All normalizers in one, itself included. */
export function normalizerParts(from: JsonObject | undefined): JsonObject[] {
  if (from === undefined) return [];
  return [from, ...components(from, 'normalizers').flatMap(normalizerParts)];
}
