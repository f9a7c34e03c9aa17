#!/usr/bin/env python3
"""Write a BERT-class model directory as ONNX, in float32 and in 8 bits, so that others run the same weights.

usage: make_onnx.py MODEL_DIR OUT_DIR MAX_LENGTH
needs: pip install numpy onnx onnxruntime safetensors

OUT_DIR gets onnx/model.onnx, onnx/model_quantized.onnx, the configuration and the tokenizer, as transformers.js
loads them. Inputs are input_ids, attention_mask and token_type_ids, int64 [texts, length]; the output is
last_hidden_state, float32 [texts, length, hidden].
"""
import json
import shutil
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from safetensors.numpy import load_file

source, target = Path(sys.argv[1]), Path(sys.argv[2])
max_length = int(sys.argv[3])
config = json.loads((source / "config.json").read_text("utf-8"))
if config.get("model_type") != "bert" or config.get("hidden_act") != "gelu":
    sys.exit(f"Error: make_onnx.py: expected a bert model with gelu but received {config.get('model_type')}, {config.get('hidden_act')}")
HEADS = config["num_attention_heads"]
HIDDEN = config["hidden_size"]
EPSILON = config["layer_norm_eps"]


class Graph:
    """Nodes and constants; a method gives the name of its result."""

    def __init__(self, weights):
        self.weights = {name.removeprefix("bert."): array for name, array in weights.items()}
        self.nodes, self.constants = [], {}

    def constant(self, name, array):
        if name not in self.constants:
            self.constants[name] = numpy_helper.from_array(np.ascontiguousarray(array), name)
        return name

    def weight(self, name, transpose=False):
        array = self.weights[name].astype(np.float32)
        return self.constant(name, array.T if transpose else array)

    def apply(self, operator, *inputs, **attributes):
        result = f"{operator}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, inputs, [result], name=result, **attributes))
        return result

    def scalar(self, value):
        return self.constant(f"scalar_{value}", np.array(value, np.float32))

    def integers(self, *values):
        return self.constant("integers_" + "_".join(map(str, values)), np.array(values, np.int64))

    def dense(self, x, name):
        product = self.apply("MatMul", x, self.weight(f"{name}.weight", transpose=True))
        return self.apply("Add", product, self.weight(f"{name}.bias"))

    def layer_norm(self, x, name):
        parameters = [self.weight(f"{name}.{part}") for part in ("weight", "bias")]
        return self.apply("LayerNormalization", x, *parameters, axis=-1, epsilon=EPSILON)

    def heads(self, x, order):
        """[texts, length, hidden] to heads, [texts, heads, length, dim] in another order."""
        split = self.apply("Reshape", x, self.integers(0, 0, HEADS, HIDDEN // HEADS))
        return self.apply("Transpose", split, perm=order)

    def embeddings(self):
        length = self.apply("Gather", self.apply("Shape", "input_ids"), self.integers(1))
        places = self.weight("embeddings.position_embeddings.weight")
        parts = [
            self.apply("Gather", self.weight("embeddings.word_embeddings.weight"), "input_ids"),
            self.apply("Gather", self.weight("embeddings.token_type_embeddings.weight"), "token_type_ids"),
            self.apply("Slice", places, self.integers(0), length, self.integers(0)),
        ]
        both = self.apply("Add", parts[0], parts[1])
        return self.layer_norm(self.apply("Add", both, parts[2]), "embeddings.LayerNorm")

    def mask(self):
        """Added to logits: 0 where a token is, far below every logit where there is none."""
        wide = self.apply("Unsqueeze", "attention_mask", self.integers(1, 2))
        present = self.apply("Cast", wide, to=TensorProto.FLOAT)
        absent = self.apply("Sub", self.scalar(1.0), present)
        return self.apply("Mul", absent, self.scalar(float(np.finfo(np.float32).min)))

    def attention(self, x, mask, layer):
        name = f"{layer}.attention.self"
        q = self.heads(self.dense(x, f"{name}.query"), [0, 2, 1, 3])
        k = self.heads(self.dense(x, f"{name}.key"), [0, 2, 3, 1])
        v = self.heads(self.dense(x, f"{name}.value"), [0, 2, 1, 3])
        logits = self.apply("Div", self.apply("MatMul", q, k), self.scalar(float(np.sqrt(HIDDEN // HEADS))))
        shares = self.apply("Softmax", self.apply("Add", logits, mask), axis=-1)
        mixed = self.apply("Transpose", self.apply("MatMul", shares, v), perm=[0, 2, 1, 3])
        joined = self.apply("Reshape", mixed, self.integers(0, 0, HIDDEN))
        return self.dense(joined, f"{layer}.attention.output.dense")

    def gelu(self, x):
        """As PyTorch's exporter writes it, which onnxruntime knows and fuses."""
        error = self.apply("Erf", self.apply("Div", x, self.scalar(float(np.sqrt(2)))))
        doubled = self.apply("Mul", x, self.apply("Add", error, self.scalar(1.0)))
        return self.apply("Mul", doubled, self.scalar(0.5))

    def layer(self, x, mask, name):
        attended = self.apply("Add", self.attention(x, mask, name), x)
        x = self.layer_norm(attended, f"{name}.attention.output.LayerNorm")
        wide = self.gelu(self.dense(x, f"{name}.intermediate.dense"))
        narrow = self.apply("Add", self.dense(wide, f"{name}.output.dense"), x)
        return self.layer_norm(narrow, f"{name}.output.LayerNorm")


graph = Graph(load_file(source / "model.safetensors"))
x, mask = graph.embeddings(), graph.mask()
for i in range(config["num_hidden_layers"]):
    x = graph.layer(x, mask, f"encoder.layer.{i}")
graph.nodes.append(helper.make_node("Identity", [x], ["last_hidden_state"]))
model = helper.make_model(
    helper.make_graph(
        graph.nodes,
        "bert",
        [
            helper.make_tensor_value_info(name, TensorProto.INT64, ["texts", "length"])
            for name in ("input_ids", "attention_mask", "token_type_ids")
        ],
        [helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, ["texts", "length", HIDDEN])],
        list(graph.constants.values()),
    ),
    # What the oldest of the runtimes reads.
    opset_imports=[helper.make_opsetid("", 17)],
    ir_version=9,
)
onnx.checker.check_model(model)
folder = target / "onnx"
folder.mkdir(parents=True, exist_ok=True)
onnx.save(model, folder / "model.onnx")
# The recipe of most models in 8 bits that are offered for download: a scale a matrix.
quantize_dynamic(folder / "model.onnx", folder / "model_quantized.onnx", weight_type=QuantType.QInt8)

for name in ("config.json", "tokenizer.json", "special_tokens_map.json"):
    if (source / name).exists():
        # Not copy(): the source may be write-protected, and its copy is replaced when it is made again.
        shutil.copyfile(source / name, target / name)
tokenizer = json.loads((source / "tokenizer_config.json").read_text("utf-8"))
# transformers.js cuts texts here, where sentence-transformers reads a file of its own.
tokenizer["model_max_length"] = max_length
(target / "tokenizer_config.json").write_text(json.dumps(tokenizer, indent=2), "utf-8")
