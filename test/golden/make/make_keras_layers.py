"""Writes keras_layers.json: attention layers of Keras 3 itself, in float64."""

from pathlib import Path

import torch

from golden_io import write_json
from keras_layer_cases import (
    keras_additive_attention,
    keras_attention,
    keras_grouped_query_attention,
    keras_multi_head_attention,
)
from keras_layers import keras

HERE = Path(__file__).resolve().parent.parent


def main():
    torch.set_num_threads(1)
    write_json(
        HERE / 'keras_layers.json',
        {
            'made_with': {'keras': keras.__version__, 'torch': torch.__version__.split('+')[0]},
            'keras_attention': keras_attention(),
            'keras_additive_attention': keras_additive_attention(),
            'keras_multi_head_attention': keras_multi_head_attention(),
            'keras_grouped_query_attention': keras_grouped_query_attention(),
        },
    )


if __name__ == '__main__':
    main()
