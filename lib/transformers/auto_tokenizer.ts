/** `AutoTokenizer.from_pretrained`: a tokenizer without its model. */

import { MODEL_FILES } from '../hub/model_files.js';
import { JsonObject, readJsonObject, readOptionalJson } from '../models/directory/json_file.js';
import { modelDirectory } from './model_source.js';
import { checkPretrained, type PretrainedModelOptions } from './options.js';
import { PreTrainedTokenizer } from './tokenizer.js';

export const AutoTokenizer = {
  async from_pretrained(model: string, options: PretrainedModelOptions = {}): Promise<PreTrainedTokenizer> {
    checkPretrained('AutoTokenizer.from_pretrained', options);
    const directory = await modelDirectory(model, options);
    const [file, config] = await Promise.all([
      readJsonObject(directory, MODEL_FILES.tokenizer),
      readOptionalJson(directory, MODEL_FILES.tokenizerConfig),
    ]);
    return new PreTrainedTokenizer(file, config ?? new JsonObject(MODEL_FILES.tokenizerConfig, {}));
  },
};
