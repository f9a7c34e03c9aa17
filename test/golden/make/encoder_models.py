"""The small encoders of BERT's family: what each config says, which tokenizer it has and how it pools.

Sizes are odd on purpose: heads of 8 and 12, hidden sizes that are no multiple of a wide vector.
"""

import transformers

import encoder_tokenizers as tokenizers
from encoder_kinds import SmallEncoder

BERT = {
    'attention_probs_dropout_prob': 0.1,
    'hidden_act': 'gelu',
    'hidden_dropout_prob': 0.1,
    'hidden_size': 24,
    'initializer_range': 0.2,
    'intermediate_size': 40,
    'layer_norm_eps': 1e-12,
    'max_position_embeddings': 48,
    'num_attention_heads': 3,
    'num_hidden_layers': 2,
    'pad_token_id': 0,
    'type_vocab_size': 2,
}
ROBERTA = BERT | {
    'bos_token_id': 0,
    'eos_token_id': 2,
    'layer_norm_eps': 1e-5,
    'max_position_embeddings': 50,
    'pad_token_id': 1,
    'type_vocab_size': 1,
}

BERT_FAMILY = [
    SmallEncoder(
        name='roberta',
        config=ROBERTA | {'architectures': ['RobertaModel'], 'model_type': 'roberta'},
        tokenizer=tokenizers.roberta,
        tokenizer_class='RobertaTokenizer',
        max_seq_length=48,
        pooling='mean',
        normalize=True,
        model=transformers.RobertaModel,
    ),
    SmallEncoder(
        name='distilbert',
        config={
            'activation': 'gelu',
            'architectures': ['DistilBertModel'],
            'attention_dropout': 0.1,
            'dim': 24,
            'dropout': 0.1,
            'hidden_dim': 40,
            'initializer_range': 0.2,
            'max_position_embeddings': 48,
            'model_type': 'distilbert',
            'n_heads': 2,
            'n_layers': 2,
            'pad_token_id': 0,
            'sinusoidal_pos_embds': False,
            'tie_weights_': True,
        },
        tokenizer=tokenizers.word_piece,
        tokenizer_class='DistilBertTokenizer',
        max_seq_length=40,
        pooling='cls',
        model=transformers.DistilBertModel,
    ),
    SmallEncoder(
        name='mpnet',
        config=ROBERTA
        | {
            'architectures': ['MPNetModel'],
            # distances beyond 128 share the last bucket
            'max_position_embeddings': 152,
            'model_type': 'mpnet',
            'relative_attention_num_buckets': 32,
        },
        tokenizer=tokenizers.mpnet,
        tokenizer_class='MPNetTokenizer',
        max_seq_length=150,
        pooling='mean_sqrt_len',
        model=transformers.MPNetModel,
    ),
    SmallEncoder(
        name='albert',
        config=BERT
        | {
            'architectures': ['AlbertModel'],
            'bos_token_id': 2,
            'embedding_size': 16,
            'eos_token_id': 3,
            'hidden_act': 'gelu_new',
            'inner_group_num': 1,
            'model_type': 'albert',
            'num_hidden_groups': 1,
            'num_hidden_layers': 3,
        },
        tokenizer=tokenizers.albert,
        tokenizer_class='AlbertTokenizer',
        max_seq_length=48,
        pooling='max',
        model=transformers.AlbertModel,
    ),
    SmallEncoder(
        name='albert_groups',
        config=BERT
        | {
            'architectures': ['AlbertModel'],
            'bos_token_id': 2,
            'embedding_size': 16,
            'eos_token_id': 3,
            'inner_group_num': 2,
            'model_type': 'albert',
            'num_hidden_groups': 2,
            'num_hidden_layers': 3,
        },
        tokenizer=tokenizers.albert,
        tokenizer_class='AlbertTokenizer',
        max_seq_length=32,
        pooling='mean',
        model=transformers.AlbertModel,
    ),
    SmallEncoder(
        name='electra',
        config=BERT
        | {
            'architectures': ['ElectraModel'],
            'embedding_size': 16,
            'model_type': 'electra',
            'summary_type': 'first',
        },
        tokenizer=tokenizers.word_piece,
        tokenizer_class='ElectraTokenizer',
        max_seq_length=36,
        length_in_tokenizer=True,
        pooling='weightedmean',
        model=transformers.ElectraModel,
    ),
    SmallEncoder(
        name='xlm_roberta',
        config=ROBERTA | {'architectures': ['XLMRobertaModel'], 'model_type': 'xlm-roberta'},
        tokenizer=tokenizers.xlm_roberta,
        tokenizer_class='XLMRobertaTokenizer',
        max_seq_length=48,
        pooling='cls',
        normalize=True,
        model=transformers.XLMRobertaModel,
    ),
    SmallEncoder(
        name='camembert',
        config=ROBERTA
        | {
            'architectures': ['CamembertModel'],
            'bos_token_id': 5,
            'eos_token_id': 6,
            'model_type': 'camembert',
        },
        tokenizer=tokenizers.camembert,
        tokenizer_class='PreTrainedTokenizerFast',
        max_seq_length=32,
        pooling='mean_sqrt_len',
        pooling_by_name=True,
        model=transformers.CamembertModel,
    ),
    SmallEncoder(
        name='bert_prefixed',
        config=BERT
        | {'architectures': ['BertForMaskedLM'], 'hidden_act': 'gelu_new', 'model_type': 'bert'},
        tokenizer=tokenizers.word_piece,
        tokenizer_class='BertTokenizer',
        max_seq_length=32,
        pooling='weightedmean',
        pooling_by_name=True,
        model=transformers.BertModel,
        prefix='bert.',
        extra={
            'cls.predictions.transform.dense.weight': (24, 24),
            'cls.predictions.transform.dense.bias': (24,),
        },
    ),
    SmallEncoder(
        name='bert_sharded',
        config=BERT | {'architectures': ['BertModel'], 'hidden_act': 'relu', 'model_type': 'bert'},
        tokenizer=tokenizers.word_piece,
        tokenizer_class='BertTokenizer',
        max_seq_length=32,
        pooling='lasttoken',
        normalize=True,
        model=transformers.BertModel,
        shards=3,
    ),
]
