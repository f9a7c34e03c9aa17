"""The small decoders that are used as encoders: causal attention, and the last token tells of the text.

Sizes are odd on purpose: the heads side by side are wider than the hidden states.
"""

import transformers

import encoder_tokenizers as tokenizers
from encoder_kinds import SmallEncoder

QWEN3_CONFIG = {
    'architectures': ['Qwen3ForCausalLM'],
    'attention_bias': False,
    'attention_dropout': 0.0,
    'bos_token_id': 0,
    'eos_token_id': 0,
    'head_dim': 14,
    'hidden_act': 'silu',
    'hidden_size': 44,
    'initializer_range': 0.02,
    'intermediate_size': 60,
    'max_position_embeddings': 96,
    'max_window_layers': 3,
    'model_type': 'qwen3',
    'num_attention_heads': 4,
    'num_hidden_layers': 3,
    'num_key_value_heads': 2,
    'pad_token_id': 0,
    'rms_norm_eps': 1e-06,
    'rope_scaling': None,
    'rope_theta': 1000000,
    'sliding_window': None,
    'tie_word_embeddings': True,
    'use_cache': True,
    'use_sliding_window': False,
}
OLDER_KEYS = ('rope_scaling', 'rope_theta', 'max_window_layers')


def newer_qwen3(**changes):
    """The config as transformers 5 writes it."""
    kept = {key: value for key, value in QWEN3_CONFIG.items() if key not in OLDER_KEYS}
    return kept | {
        'layer_types': ['full_attention'] * 3,
        'rope_parameters': {'rope_theta': 1000000, 'rope_type': 'default'},
        **changes,
    }


QWEN3 = SmallEncoder(
    name='qwen3',
    config=QWEN3_CONFIG,
    tokenizer=tokenizers.qwen,
    tokenizer_class='PreTrainedTokenizerFast',
    max_seq_length=64,
    pooling='lasttoken',
    normalize=True,
    pooling_by_name=True,
    model=transformers.Qwen3Model,
    variants={
        'newer_keys': newer_qwen3(),
        'other_activation': QWEN3_CONFIG | {'hidden_act': 'gelu', 'rms_norm_eps': 0.01},
        'sliding_window': QWEN3_CONFIG | {'max_window_layers': 1, 'sliding_window': 4, 'use_sliding_window': True},
        'layer_types': newer_qwen3(
            layer_types=['sliding_attention', 'full_attention', 'sliding_attention'],
            sliding_window=3,
            use_sliding_window=True,
        ),
    },
    newer_keys=('newer_keys',),
)

DECODERS = [QWEN3]
