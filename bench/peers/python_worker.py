"""numpy and PyTorch, with the protocol of worker.mjs: python3 python_worker.py TASK REPLY."""
import json
import os
import sys
import time

SAMPLE_SECONDS = 0.05
SECONDS = 1.5
LONG_CALL = 0.5

task = json.load(open(sys.argv[1]))


def read(np, spec):
    data = np.fromfile(os.path.join(task["folder"], spec["file"]), dtype=np.float32)
    return data.reshape(spec["shape"])


class Numpy:
    def __init__(self):
        import numpy

        self.np = numpy
        self.version = numpy.__version__
        self.threads = task["threads"]  # set by the environment, before the library was loaded

    def softmax(self, x, out):
        np = self.np
        np.subtract(x, x.max(axis=-1, keepdims=True), out=out)
        np.exp(out, out=out)
        out /= out.sum(axis=-1, keepdims=True)
        return out

    def prepare(self, item, inputs):
        np = self.np
        if item["kind"] == "matmul":
            a, b = inputs
            c = np.empty((item["m"], item["n"]), np.float32)
            return lambda: np.matmul(a, b, out=c)
        if item["kind"] == "softmax":
            (x,) = inputs
            y = np.empty_like(x)
            return lambda: self.softmax(x, y)
        q, k, v = inputs
        scale = np.float32(item["scale"])
        logits = np.empty(q.shape[:-1] + (k.shape[-2],), np.float32)

        def run():
            np.matmul(q * scale, k.swapaxes(-1, -2), out=logits)
            return np.matmul(self.softmax(logits, logits), v)

        return run

    def output(self, result):
        return result


class Torch:
    def __init__(self):
        import numpy
        import torch

        self.np = numpy
        self.torch = torch
        self.version = torch.__version__
        self.threads = task["threads"]
        torch.set_num_threads(self.threads)
        torch.set_grad_enabled(False)

    def prepare(self, item, inputs):
        torch = self.torch
        tensors = [torch.from_numpy(x) for x in inputs]
        if item["kind"] == "matmul":
            a, b = tensors
            c = torch.empty(item["m"], item["n"])
            return lambda: torch.mm(a, b, out=c)
        if item["kind"] == "softmax":
            return lambda: torch.softmax(tensors[0], -1)
        attend = torch.nn.functional.scaled_dot_product_attention
        return lambda: attend(*tensors, scale=item["scale"])

    def output(self, result):
        return result.numpy()


def seconds_of(run, samples):
    """As measure.mjs does it: warm up, then samples of some 50 ms."""
    run()
    quickest = float("inf")
    spent = 0.0
    calls = 0
    while calls < 2 or (spent < SAMPLE_SECONDS and calls < 1000):
        start = time.perf_counter()
        run()
        took = time.perf_counter() - start
        quickest = min(quickest, took)
        spent += took
        calls += 1
        if took > LONG_CALL:
            break
    inner = max(1, int(-(-SAMPLE_SECONDS // max(quickest, 1e-8))))
    affordable = int(SECONDS / max(SAMPLE_SECONDS, quickest))
    times = []
    for _ in range(min(samples, max(1, affordable))):
        start = time.perf_counter()
        for _ in range(inner):
            run()
        times.append((time.perf_counter() - start) / inner)
    return times


def perform(contender, item):
    run = contender.prepare(item, [read(contender.np, spec) for spec in item["inputs"]])
    if task["mode"] == "check":
        result = contender.np.ascontiguousarray(contender.output(run()), dtype=contender.np.float32)
        result.tofile(os.path.join(task["folder"], f"out-{item['id']}.f32"))
        return {}
    return {"seconds": seconds_of(run, item.get("samples", task["samples"]))}


contender = {"numpy": Numpy, "torch": Torch}[task["module"]]()
items = {item["id"]: perform(contender, item) for item in task["items"]}
reply = {"version": contender.version, "threads": contender.threads, "items": items}
with open(sys.argv[2], "w") as file:
    json.dump(reply, file)
