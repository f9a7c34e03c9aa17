/** `AutoTokenizer.from_pretrained`: a tokenizer without its model. */
import { JsonObject, readJsonObject, readOptionalJson } from '../encoder/json_file.js';
import { modelDirectory } from './model_source.js';
import { checkPretrained, type PretrainedModelOptions } from './options.js';
import { PreTrainedTokenizer } from './tokenizer.js';

export const AutoTokenizer = {
  async from_pretrained(model: string, options: PretrainedModelOptions = {}): Promise<PreTrainedTokenizer> {
    checkPretrained('AutoTokenizer.from_pretrained', options);
    const directory = await modelDirectory(model, options);
    const [file, config] = await Promise.all([
      readJsonObject(directory, 'tokenizer.json'),
      readOptionalJson(directory, 'tokenizer_config.json'),
    ]);
    return new PreTrainedTokenizer(file, config ?? new JsonObject('tokenizer_config.json', {}));
  },
};
