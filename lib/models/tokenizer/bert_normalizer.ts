/** BERT's normalizer: cleans text, sets ideographs apart, strips accents, lowers case. */
import type { JsonObject } from '../directory/json_file.js';
import { SPACES } from './expressions.js';
import { lowerCase, type Normalizer } from './normalizer.js';
import { mapping } from './stage.js';
import { CONTROLS, NONSPACING } from './unicode.js';
import { formStage, normalizeForm } from './unicode_forms.js';

const REMOVED = new RegExp(`[\\0\ufffd${CONTROLS}]`, 'gv');
const SPACE = new RegExp(`[${SPACES}]`, 'g');
const IDEOGRAPH =
  /[\u4e00-\u9fff\u3400-\u4dbf\uf900-\ufaff\u{20000}-\u{2a6df}\u{2a700}-\u{2b73f}\u{2b740}-\u{2b81f}\u{2b920}-\u{2ceaf}\u{2f800}-\u{2fa1f}]/gu;
const ACCENT = new RegExp(NONSPACING, 'gv');
/** Nothing in such a text is touched but its case. */
const PLAIN = /^[ -~]*$/;

export function bertNormalizer(from: JsonObject): Normalizer {
  const clean = from.boolean('clean_text', true);
  const ideographs = from.boolean('handle_chinese_chars', true);
  const lower = from.boolean('lowercase', true);
  const strip = from.boolean('strip_accents', lower);
  const before = (text: string): string => {
    let out = text;
    if (clean) out = out.replace(REMOVED, '').replace(SPACE, ' ');
    return ideographs ? out.replace(IDEOGRAPH, ' $& ') : out;
  };
  const after = (text: string): string => {
    const out = strip ? text.replace(ACCENT, '') : text;
    return lower ? lowerCase(out) : out;
  };
  return {
    apply(text, meter) {
      if (PLAIN.test(text)) return lower ? lowerCase(text) : text;
      const out = before(text);
      return after(strip ? normalizeForm(out, 'NFD', meter) : out);
    },
    stages: [mapping(before), ...(strip ? [formStage('NFD')] : []), mapping(after)],
  };
}
