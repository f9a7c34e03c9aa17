"""The small encoders with rotary positions, under the configs that they are published with."""

import transformers

import encoder_formulas as formulas
import encoder_tokenizers as tokenizers
from encoder_kinds import SmallEncoder

HIDDEN = 24
INTERMEDIATE = 40
WORD_PIECES = 216

MODERNBERT_CONFIG = {
    'architectures': ['ModernBertModel'],
    'attention_bias': False,
    'attention_dropout': 0.0,
    'bos_token_id': 2,
    'classifier_pooling': 'mean',
    'cls_token_id': 2,
    'decoder_bias': True,
    'embedding_dropout': 0.0,
    'eos_token_id': 3,
    'global_attn_every_n_layers': 2,
    'global_rope_theta': 160000.0,
    'hidden_activation': 'gelu',
    'hidden_size': HIDDEN,
    'initializer_range': 0.2,
    'intermediate_size': 32,
    'layer_norm_eps': 1e-05,
    'local_attention': 8,
    'local_rope_theta': 10000.0,
    'max_position_embeddings': 96,
    'mlp_bias': False,
    'mlp_dropout': 0.0,
    'model_type': 'modernbert',
    'norm_bias': False,
    'norm_eps': 1e-05,
    'num_attention_heads': 3,
    'num_hidden_layers': 3,
    'pad_token_id': 0,
    'position_embedding_type': 'absolute',
    'sep_token_id': 3,
}
OLDER_KEYS = ('global_attn_every_n_layers', 'global_rope_theta', 'local_rope_theta')


def newer_modernbert(layer_types, local_theta):
    """The config as transformers 5 writes it."""
    kept = {key: value for key, value in MODERNBERT_CONFIG.items() if key not in OLDER_KEYS}
    return kept | {
        'layer_types': [f'{kind}_attention' for kind in layer_types],
        'rope_parameters': {
            'full_attention': {'rope_theta': 160000.0, 'rope_type': 'default'},
            'sliding_attention': {'rope_theta': local_theta, 'rope_type': 'default'},
        },
    }


MODERNBERT = SmallEncoder(
    name='modernbert',
    config=MODERNBERT_CONFIG,
    tokenizer=tokenizers.modernbert,
    tokenizer_class='PreTrainedTokenizerFast',
    max_seq_length=64,
    pooling='lasttoken',
    pooling_by_name=True,
    model=transformers.ModernBertModel,
    forward=formulas.modernbert,
    variants={
        'rope_parameters': newer_modernbert(('full', 'sliding', 'full'), 10000.0),
        'layer_types': newer_modernbert(('sliding', 'full', 'sliding'), 100.0),
    },
    newer_keys=('rope_parameters',),
)

NOMIC_CONFIG = {
    'activation_function': 'swiglu',
    'architectures': ['NomicBertModel'],
    'attn_pdrop': 0.0,
    'bos_token_id': None,
    'causal': False,
    'dense_seq_output': True,
    'embd_pdrop': 0.0,
    'eos_token_id': None,
    'fused_bias_fc': True,
    'fused_dropout_add_ln': True,
    'initializer_range': 0.02,
    'layer_norm_epsilon': 1e-12,
    'max_trained_positions': 64,
    'mlp_fc1_bias': False,
    'mlp_fc2_bias': False,
    'model_type': 'nomic_bert',
    'n_embd': HIDDEN,
    'n_head': 2,
    'n_inner': INTERMEDIATE,
    'n_layer': 2,
    'n_positions': 96,
    'pad_vocab_size_multiple': 8,
    'parallel_block': False,
    'parallel_block_tied_norm': False,
    'prenorm': False,
    'qkv_proj_bias': False,
    'reorder_and_upcast_attn': False,
    'resid_pdrop': 0.0,
    'rotary_emb_base': 1000,
    'rotary_emb_fraction': 1.0,
    'rotary_emb_interleaved': False,
    'rotary_emb_scale_base': None,
    'rotary_scaling_factor': None,
    'scale_attn_by_inverse_layer_idx': False,
    'scale_attn_weights': True,
    'summary_first_dropout': 0.0,
    'type_vocab_size': 2,
    'use_cache': True,
    'use_flash_attn': True,
    'use_rms_norm': False,
    'use_xentropy': True,
    'vocab_size': WORD_PIECES,
}
NOMIC_NEWER_CONFIG = {
    'architectures': ['NomicBertModel'],
    'attention_probs_dropout_prob': 0.0,
    'head_dim': HIDDEN // 2,
    'hidden_act': 'silu',
    'hidden_dropout_prob': 0.0,
    'hidden_size': HIDDEN,
    'initializer_range': 0.02,
    'intermediate_size': INTERMEDIATE,
    'layer_norm_eps': 1e-12,
    'max_position_embeddings': 96,
    'model_type': 'nomic_bert',
    'num_attention_heads': 2,
    'num_hidden_layers': 2,
    'pad_token_id': 0,
    'rope_parameters': {'rope_theta': 1000.0, 'rope_type': 'default'},
    'type_vocab_size': 2,
    'vocab_size': WORD_PIECES,
}


def nomic_library_config(config):
    """transformers knows the newer keys only, and no heads that turn in part."""
    return NOMIC_NEWER_CONFIG if config.get('rotary_emb_fraction', 1) == 1 else None


NOMIC = SmallEncoder(
    name='nomic_bert',
    config=NOMIC_CONFIG,
    tokenizer=tokenizers.word_piece,
    tokenizer_class='BertTokenizer',
    max_seq_length=64,
    pooling='mean',
    model=transformers.NomicBertModel,
    forward=formulas.nomic_bert,
    shapes={
        'embeddings.word_embeddings.weight': (WORD_PIECES, HIDDEN),
        'embeddings.token_type_embeddings.weight': (2, HIDDEN),
        'emb_ln.weight': (HIDDEN,),
        'emb_ln.bias': (HIDDEN,),
    }
    | {
        f'encoder.layers.{i}.{name}': shape
        for i in range(2)
        for name, shape in {
            'attn.Wqkv.weight': (3 * HIDDEN, HIDDEN),
            'attn.out_proj.weight': (HIDDEN, HIDDEN),
            'norm1.weight': (HIDDEN,),
            'norm1.bias': (HIDDEN,),
            'mlp.fc11.weight': (INTERMEDIATE, HIDDEN),
            'mlp.fc12.weight': (INTERMEDIATE, HIDDEN),
            'mlp.fc2.weight': (HIDDEN, INTERMEDIATE),
            'norm2.weight': (HIDDEN,),
            'norm2.bias': (HIDDEN,),
        }.items()
    },
    library_config=nomic_library_config,
    variants={
        'newer_keys': NOMIC_NEWER_CONFIG,
        'half_of_a_head_turns': NOMIC_CONFIG | {'activation_function': 'geglu', 'rotary_emb_fraction': 0.5},
    },
    newer_keys=('newer_keys',),
)


def gte_config(**changes):
    return {
        'architectures': ['NewModel'],
        'attention_probs_dropout_prob': 0.0,
        'classifier_dropout': None,
        'hidden_act': 'gelu',
        'hidden_dropout_prob': 0.1,
        'hidden_size': HIDDEN,
        'initializer_range': 0.02,
        'intermediate_size': INTERMEDIATE,
        'layer_norm_eps': 1e-12,
        'layer_norm_type': 'layer_norm',
        'logn_attention_clip1': False,
        'logn_attention_scale': False,
        'max_position_embeddings': 96,
        'model_type': 'new',
        'num_attention_heads': 3,
        'num_hidden_layers': 2,
        'pack_qkv': True,
        'pad_token_id': 0,
        'position_embedding_type': 'rope',
        'rope_scaling': {'factor': 2.0, 'type': 'ntk'},
        'rope_theta': 500000,
        'type_vocab_size': 0,
        'unpad_inputs': False,
        'use_memory_efficient_attention': False,
        'vocab_size': WORD_PIECES,
    } | changes


def gte_library_config(config):
    """transformers has this model under another type; a linear factor gives what NTK by a fixed factor does."""
    scaling = config['rope_scaling'] or {'factor': 1.0}
    factor = scaling['factor']
    rope = {'rope_theta': config['rope_theta'] * factor, 'rope_type': 'default'}
    if factor != 1:
        size = config['hidden_size'] // config['num_attention_heads']
        rope |= {'factor': factor ** (2 / size), 'rope_type': 'linear'}
    same = ('hidden_act', 'hidden_size', 'intermediate_size', 'layer_norm_eps', 'max_position_embeddings')
    same += ('num_attention_heads', 'num_hidden_layers', 'pad_token_id', 'type_vocab_size', 'vocab_size')
    kept = {key: config[key] for key in same}
    return kept | {'architectures': ['GteModel'], 'model_type': 'gte', 'rope_parameters': rope}


def gte_shapes(config, prefix=''):
    embeddings = {
        'embeddings.word_embeddings.weight': (config['vocab_size'], HIDDEN),
        'embeddings.LayerNorm.weight': (HIDDEN,),
        'embeddings.LayerNorm.bias': (HIDDEN,),
    }
    if config['type_vocab_size'] > 0:
        embeddings['embeddings.token_type_embeddings.weight'] = (config['type_vocab_size'], HIDDEN)
    layers = {
        f'encoder.layer.{i}.{name}': shape
        for i in range(config['num_hidden_layers'])
        for name, shape in {
            'attention.qkv_proj.weight': (3 * HIDDEN, HIDDEN),
            'attention.qkv_proj.bias': (3 * HIDDEN,),
            'attention.o_proj.weight': (HIDDEN, HIDDEN),
            'attention.o_proj.bias': (HIDDEN,),
            'attn_ln.weight': (HIDDEN,),
            'attn_ln.bias': (HIDDEN,),
            'mlp.up_gate_proj.weight': (2 * INTERMEDIATE, HIDDEN),
            'mlp.down_proj.weight': (HIDDEN, INTERMEDIATE),
            'mlp.down_proj.bias': (HIDDEN,),
            'mlp_ln.weight': (HIDDEN,),
            'mlp_ln.bias': (HIDDEN,),
        }.items()
    }
    return {prefix + name: shape for name, shape in (embeddings | layers).items()}


def gte(name, config, prefix='', **rest):
    return SmallEncoder(
        name=name,
        config=config,
        max_seq_length=64,
        model=transformers.GteModel,
        forward=lambda config, weights, ids: formulas.gte(config, weights, ids, prefix),
        shapes=gte_shapes(config, prefix),
        library_config=gte_library_config,
        **rest,
    )


# as gte-base-en-v1.5: no token types
GTE = gte(
    'gte',
    gte_config(),
    tokenizer=tokenizers.word_piece,
    tokenizer_class='BertTokenizer',
    pooling='cls',
    variants={'plain_rope': gte_config(rope_scaling=None, rope_theta=10000)},
)
# as gte-multilingual-base: one token type, XLM-R's tokenizer, names with a prefix and a head's tensors
GTE_MULTILINGUAL = gte(
    'gte_multilingual',
    gte_config(
        architectures=['NewModel', 'NewForTokenClassification'],
        num_hidden_layers=1,
        pad_token_id=1,
        rope_scaling={'factor': 8.0, 'type': 'ntk'},
        rope_theta=20000,
        type_vocab_size=1,
        vocab_size=211,
    ),
    prefix='new.',
    tokenizer=tokenizers.xlm_roberta,
    tokenizer_class='XLMRobertaTokenizer',
    pooling='cls',
    normalize=True,
    pooling_by_name=True,
    extra={'classifier.weight': (1, HIDDEN), 'classifier.bias': (1,)},
)

ROTARY = [MODERNBERT, NOMIC, GTE, GTE_MULTILINGUAL]
