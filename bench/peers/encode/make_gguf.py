#!/usr/bin/env python3
"""Write a BERT-class model directory as GGUF, in float32 and in 8 bits, so that llama.cpp runs the same weights.

usage: make_gguf.py MODEL_DIR OUT_DIR
needs: pip install gguf numpy safetensors

OUT_DIR gets F32.gguf and Q8_0.gguf.
"""
import json
import sys
from pathlib import Path

import gguf
import numpy as np
from safetensors.numpy import load_file

source, target = Path(sys.argv[1]), Path(sys.argv[2])


def read(name):
    return json.loads((source / name).read_text("utf-8"))


config = read("config.json")
if config.get("model_type") != "bert":
    sys.exit(f"Error: make_gguf.py: expected a bert model but received {config.get('model_type')}")
tokenizer = read("tokenizer.json")
weights = {name.removeprefix("bert."): array for name, array in load_file(source / "model.safetensors").items()}
layers = config["num_hidden_layers"]

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


def write(file, file_type, matrix_type):
    out = gguf.GGUFWriter(file, "bert")
    out.add_context_length(config["max_position_embeddings"])
    out.add_embedding_length(config["hidden_size"])
    out.add_block_count(layers)
    out.add_feed_forward_length(config["intermediate_size"])
    out.add_head_count(config["num_attention_heads"])
    out.add_layer_norm_eps(config["layer_norm_eps"])
    out.add_causal_attention(False)
    out.add_pooling_type(gguf.PoolingType.MEAN)
    out.add_file_type(file_type)
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
    for theirs, ours in names.items():
        for part in ("weight", "bias"):
            if f"{theirs}.{part}" not in weights:
                continue
            tensor = np.ascontiguousarray(weights[f"{theirs}.{part}"], np.float32)
            # llama.cpp itself leaves vectors and the tables of places and types in float32; a block of 8 bits is 32
            # numbers of a row.
            matrix = tensor.ndim == 2 and ours not in ("position_embd", "token_types")
            fits = matrix and tensor.shape[1] % 32 == 0
            kind = matrix_type if fits else gguf.GGMLQuantizationType.F32
            out.add_tensor(f"{ours}.{part}", gguf.quants.quantize(tensor, kind), raw_dtype=kind)
    out.write_header_to_file()
    out.write_kv_data_to_file()
    out.write_tensors_to_file()
    out.close()


target.mkdir(parents=True, exist_ok=True)
write(target / "F32.gguf", gguf.LlamaFileType.ALL_F32, gguf.GGMLQuantizationType.F32)
write(target / "Q8_0.gguf", gguf.LlamaFileType.MOSTLY_Q8_0, gguf.GGMLQuantizationType.Q8_0)
