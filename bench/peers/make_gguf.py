#!/usr/bin/env python3
"""Write a BERT-class model directory as float32 GGUF, so that llama.cpp runs the same weights.

usage: make_gguf.py MODEL_DIR FILE.gguf
needs: pip install gguf numpy safetensors
"""
import json
import os
import sys

import gguf
import numpy as np
from safetensors.numpy import load_file

source, target = sys.argv[1:3]


def read(name):
    with open(os.path.join(source, name), encoding="utf-8") as file:
        return json.load(file)


config = read("config.json")
tokenizer = read("tokenizer.json")
weights = load_file(os.path.join(source, "model.safetensors"))
layers = config["num_hidden_layers"]

out = gguf.GGUFWriter(target, "bert")
out.add_context_length(config["max_position_embeddings"])
out.add_embedding_length(config["hidden_size"])
out.add_block_count(layers)
out.add_feed_forward_length(config["intermediate_size"])
out.add_head_count(config["num_attention_heads"])
out.add_layer_norm_eps(config["layer_norm_eps"])
out.add_causal_attention(False)
out.add_pooling_type(gguf.PoolingType.MEAN)
out.add_file_type(gguf.LlamaFileType.ALL_F32)

# llama.cpp marks the start of a word where WordPiece marks its continuation.
vocabulary = sorted(tokenizer["model"]["vocab"].items(), key=lambda entry: entry[1])
special = {entry["content"] for entry in tokenizer["added_tokens"]}
tokens, types = [], []
for token, _ in vocabulary:
    if token in special:
        tokens.append(token)
        types.append(gguf.TokenType.CONTROL)
    else:
        tokens.append(token[2:] if token.startswith("##") and len(token) > 2 else "\u2581" + token)
        types.append(gguf.TokenType.NORMAL)
ids = dict(vocabulary)
out.add_tokenizer_model("bert")
out.add_tokenizer_pre("jina-v2-en")
out.add_token_list(tokens)
out.add_token_types(types)
out.add_token_type_count(config["type_vocab_size"])
out.add_bos_token_id(ids["[CLS]"])
out.add_sep_token_id(ids["[SEP]"])
out.add_eos_token_id(ids["[SEP]"])
out.add_unk_token_id(ids["[UNK]"])
out.add_pad_token_id(ids["[PAD]"])
out.add_mask_token_id(ids["[MASK]"])

names = {
    "embeddings.word_embeddings": "token_embd",
    "embeddings.position_embeddings": "position_embd",
    "embeddings.token_type_embeddings": "token_types",
    "embeddings.LayerNorm": "token_embd_norm",
}
for i in range(layers):
    for theirs, ours in {
        "attention.self.query": "attn_q",
        "attention.self.key": "attn_k",
        "attention.self.value": "attn_v",
        "attention.output.dense": "attn_output",
        "attention.output.LayerNorm": "attn_output_norm",
        "intermediate.dense": "ffn_up",
        "output.dense": "ffn_down",
        "output.LayerNorm": "layer_output_norm",
    }.items():
        names[f"encoder.layer.{i}.{theirs}"] = f"blk.{i}.{ours}"
for theirs, ours in names.items():
    for part in ("weight", "bias"):
        if f"{theirs}.{part}" in weights:
            out.add_tensor(f"{ours}.{part}", np.ascontiguousarray(weights[f"{theirs}.{part}"], np.float32))
out.write_header_to_file()
out.write_kv_data_to_file()
out.write_tensors_to_file()
out.close()
