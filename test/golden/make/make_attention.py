"""Writes attention.json: layer and kernel cases with float64 reference outputs."""

from pathlib import Path

import mpmath
import torch

from golden_io import write_json
from keras_torch_cases import keras, keras_mha, torch_sdpa
from kernel_cases import gelu, layer_norm, softmax
from synthesizer_cases import dense_synthesizer, mixture, random_synthesizer, self_attention

HERE = Path(__file__).resolve().parent.parent


def main():
    torch.set_num_threads(1)
    write_json(
        HERE / 'attention.json',
        {
            'made_with': {
                'keras': keras.__version__,
                'torch': torch.__version__.split('+')[0],
                'mpmath': mpmath.__version__,
            },
            'keras_mha': keras_mha(),
            'torch_sdpa': torch_sdpa(),
            'self_attention': self_attention(),
            'random_synthesizer': random_synthesizer(),
            'dense_synthesizer': dense_synthesizer(),
            'mixture': mixture(),
            'gelu': gelu(),
            'layer_norm': layer_norm(),
            'softmax': softmax(),
        },
    )


if __name__ == '__main__':
    main()
