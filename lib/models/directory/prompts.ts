/** The prompts of a model: texts by name that are put before what is encoded. */
import { ArgumentError, describe, expectation } from '../../errors.js';
import type { JsonObject } from './json_file.js';

/** Every model has these, empty where its directory does not say them. */
const ALWAYS: readonly string[] = ['query', 'document'];

/** Names under which models keep what stands before documents; the first that a model has is used. */
const DOCUMENT_NAMES: readonly string[] = ['document', 'passage', 'corpus'];

export interface PromptOptions {
  prompt?: string | undefined;
  promptName?: string | undefined;
}

export class Prompts {
  constructor(
    readonly texts: ReadonlyMap<string, string> = new Map(),
    readonly defaultName: string | undefined = undefined,
  ) {}

  /** @param config config_sentence_transformers.json */
  static read(config: JsonObject | undefined): Prompts {
    if (config === undefined) return new Prompts();
    const texts = new Map<string, string>();
    for (const [name, text] of Object.entries(config.record('prompts'))) {
      if (text !== null && typeof text !== 'string') {
        config.fail('prompts', `a string for ${JSON.stringify(name)}`, text);
      }
      texts.set(name, (text as string | null) ?? '');
    }
    const defaultName = config.optionalString('default_prompt_name');
    if (defaultName !== undefined && !texts.has(defaultName) && !ALWAYS.includes(defaultName)) {
      config.fail('default_prompt_name', `one of ${names(texts)}`);
    }
    return new Prompts(texts, defaultName);
  }

  /** What to put before every text. A prompt goes before a name of one, and that before the default. */
  resolve({ prompt, promptName }: PromptOptions): string {
    if (prompt !== undefined) {
      if (typeof prompt !== 'string') {
        throw new ArgumentError(expectation('prompt', 'a string', describe(prompt), 'type'));
      }
      return prompt;
    }
    const name = promptName ?? this.defaultName;
    if (name === undefined) return '';
    const text = this.texts.get(name) ?? (ALWAYS.includes(name) ? '' : undefined);
    if (text === undefined) {
      throw new ArgumentError(
        expectation('promptName', `one of ${names(this.texts)}`, describe(name), 'unknown'),
      );
    }
    return text;
  }

  /** Options with the prompt of queries where they name none; what is the default otherwise does not count. */
  forQuery<O extends PromptOptions>(options: O): O {
    return this.withDefault(options, ['query']);
  }

  forDocument<O extends PromptOptions>(options: O): O {
    return this.withDefault(options, DOCUMENT_NAMES);
  }

  private withDefault<O extends PromptOptions>(options: O, candidates: readonly string[]): O {
    // What is no object of options is for the call itself to refuse.
    if (typeof options !== 'object' || options === null) return options;
    if (options.prompt !== undefined || options.promptName !== undefined) return options;
    const promptName = candidates.find((name) => this.texts.has(name));
    return promptName === undefined ? { ...options, prompt: '' } : { ...options, promptName };
  }
}

function names(texts: ReadonlyMap<string, string>): string {
  return [...new Set([...texts.keys(), ...ALWAYS])].join(', ');
}
