/** What a head does to the states of a text: the table of architectures says, `Head` does it. */

/** A function of one number. */
export type HeadActivation = 'none' | 'gelu' | 'geluTanh' | 'relu' | 'silu' | 'tanh';

/** torch.nn.Linear, or a table of embeddings that stands for its weight. */
export interface LinearPlan {
  kind: 'linear';
  /** Names of [out, in], the first that the file has. */
  weight: readonly string[];
  /** Names of [out]; where the file has none of them there is no bias. */
  bias: readonly string[];
  activation: HeadActivation;
}

export interface NormPlan {
  kind: 'norm';
  name: string;
  epsilon: number;
}

export type HeadStepPlan = LinearPlan | NormPlan;

/** Which row of a text goes into the head of a classifier. */
export type HeadPooling = 'cls' | 'mean';

export interface ClassifierPlan {
  pooling: HeadPooling;
  steps: readonly HeadStepPlan[];
}

export function linear(
  name: string,
  activation: HeadActivation = 'none',
  prefixes: readonly string[] = [''],
): LinearPlan {
  return {
    kind: 'linear',
    weight: prefixes.map((prefix) => `${prefix}${name}.weight`),
    bias: prefixes.map((prefix) => `${prefix}${name}.bias`),
    activation,
  };
}

export function norm(name: string, epsilon: number): NormPlan {
  return { kind: 'norm', name, epsilon };
}

/** The last step of a masked language model; without a weight of its own it is the table of word embeddings. */
export function decoder(name: string, biases: readonly string[], tables: readonly string[]): LinearPlan {
  return {
    kind: 'linear',
    weight: [`${name}.weight`, ...tables],
    bias: [...biases, `${name}.bias`],
    activation: 'none',
  };
}
