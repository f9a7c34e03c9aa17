"""OpenVINO and sentence-transformers, with the protocol of worker.mjs: python3 python_worker.py TASK REPLY."""
import json
import os
import resource
import sys
import time

BATCH = 32
WARM_TEXTS = 256

with open(sys.argv[1], encoding="utf-8") as file:
    task = json.load(file)


class OpenVino:
    """The ONNX model; tokens, padded batches and pooling are up to the user."""

    def __init__(self):
        import numpy
        import openvino
        from tokenizers import Tokenizer

        self.np = numpy
        self.version = openvino.__version__.split("-")[0]
        self.tokenizer = Tokenizer.from_file(os.path.join(task["onnx"], "tokenizer.json"))
        self.tokenizer.enable_truncation(task["maxLength"])
        self.tokenizer.no_padding()
        # Some CPUs would compute in bfloat16 unless told otherwise.
        settings = {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_PRECISION_HINT": "f32",
            "INFERENCE_NUM_THREADS": task["threads"],
        }
        model = os.path.join(task["onnx"], "onnx", "model.onnx")
        self.model = openvino.Core().compile_model(model, "CPU", settings)

    def encode(self, texts):
        np = self.np
        sequences = [encoding.ids for encoding in self.tokenizer.encode_batch(texts)]
        order = list(range(len(texts)))
        if task["options"]["sorted"]:
            order.sort(key=lambda i: len(sequences[i]))
        embeddings = np.empty((len(texts), task["dimensions"]), np.float32)
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            width = max(len(sequences[i]) for i in rows)
            ids = np.zeros((len(rows), width), np.int64)
            mask = np.zeros((len(rows), width), np.int64)
            for r, i in enumerate(rows):
                ids[r, : len(sequences[i])] = sequences[i]
                mask[r, : len(sequences[i])] = 1
            hidden = self.model([ids, mask, np.zeros_like(ids)])[0]
            # The sum over the tokens points where their mean does.
            sums = np.einsum("btd,bt->bd", hidden, mask.astype(np.float32))
            embeddings[rows] = sums / np.linalg.norm(sums, axis=1, keepdims=True)
        return embeddings


class SentenceTransformers:
    def __init__(self):
        import sentence_transformers
        import torch

        torch.set_num_threads(task["threads"])
        self.version = f"{sentence_transformers.__version__}, torch {torch.__version__.split('+')[0]}"
        self.model = sentence_transformers.SentenceTransformer(task["model"], device="cpu")

    def encode(self, texts):
        return self.model.encode(texts, batch_size=BATCH, normalize_embeddings=True, show_progress_bar=False)


def forget_peak():
    try:
        with open("/proc/self/clear_refs", "w") as control:
            control.write("5")
    except OSError:
        pass  # peak_resident() then gives the peak of the whole process


def peak_resident():
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return size if sys.platform == "darwin" else size * 1024


def perform():
    start = time.perf_counter()
    contender = {"openvino": OpenVino, "sentence-transformers": SentenceTransformers}[task["module"]]()
    contender.encode(task["texts"][:1])
    first = (time.perf_counter() - start) * 1e3
    contender.encode(task["texts"][:WARM_TEXTS])
    forget_peak()
    start = time.perf_counter()
    embeddings = contender.encode(task["texts"])
    seconds = time.perf_counter() - start
    resident = peak_resident()
    embeddings.astype("<f4").tofile(task["output"])
    return {"version": contender.version, "first": first, "seconds": seconds, "resident": resident}


try:
    reply = perform()
except Exception as error:
    reply = {"reason": f"{type(error).__name__}: {error}".split("\n")[0]}
with open(sys.argv[2], "w", encoding="utf-8") as file:
    json.dump(reply, file)
