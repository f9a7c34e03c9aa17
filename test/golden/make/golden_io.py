"""What the generators share: exact inputs, rounded outputs, JSON with one record a line.

Inputs and weights are multiples of a power of two with few bits, so their decimal form in the file, their
float32 and their float64 value are the same number: a test that reads them into a Float32Array starts from
exactly what the reference computed with. Outputs carry 9 significant digits.
"""

import json

import numpy as np


def grid(rng, shape, std=0.5, step=1 / 256):
    """Normal values on a grid of `step`; RandomState's stream is frozen: a seed stays the same numbers."""
    return np.round(rng.standard_normal(shape) * std / step) * step


def exact(array):
    """An input: {shape, data}, refused if float32 cannot hold it."""
    array = np.asarray(array, dtype=np.float64)
    if not np.array_equal(array.astype(np.float32).astype(np.float64), array):
        raise ValueError('expected inputs that float32 holds exactly')
    return {'shape': list(array.shape), 'data': array.ravel().tolist()}


def rounded(array, digits=9):
    """An expected output: {shape, data} with that many significant digits."""
    array = np.asarray(array, dtype=np.float64)
    if not np.isfinite(array).all():
        raise ValueError('expected finite outputs')
    return {'shape': list(array.shape), 'data': [significant(x, digits) for x in array.ravel()]}


def significant(x, digits=9):
    return float(f'{x:.{digits}g}')


def flags(array):
    """A boolean mask as 0/1; 1 means attend."""
    array = np.asarray(array, dtype=bool)
    return {'shape': list(array.shape), 'data': array.ravel().astype(int).tolist()}


def write_json(path, record):
    """Compact JSON, one line for each entry of a top-level list: one changed case, one changed line."""
    parts = []
    for key, value in record.items():
        if isinstance(value, list):
            names = [item['name'] for item in value]
            repeated = {name for name in names if names.count(name) > 1}
            if repeated:
                raise ValueError(f'{key}: expected different names but received {repeated} again')
            text = '[\n' + ',\n'.join(_compact(item) for item in value) + '\n]'
        else:
            text = _compact(value)
        parts.append(f'{json.dumps(key)}: {text}')
    path.write_text('{\n' + ',\n'.join(parts) + '\n}\n', encoding='ascii')


def _compact(value):
    return json.dumps(value, separators=(',', ':'), allow_nan=False)
