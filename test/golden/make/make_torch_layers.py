"""Writes torch_layers.json: modules of PyTorch itself, in float64, with their own state and masks."""

from pathlib import Path

import torch

from golden_io import write_json
from torch_layer_cases import (
    torch_multihead_attention,
    torch_sdpa_gqa,
    torch_transformer_decoder_layer,
    torch_transformer_encoder_layer,
)

HERE = Path(__file__).resolve().parent.parent


def main():
    torch.set_num_threads(1)
    write_json(
        HERE / 'torch_layers.json',
        {
            'made_with': {'torch': torch.__version__.split('+')[0]},
            'torch_multihead_attention': torch_multihead_attention(),
            'torch_sdpa_gqa': torch_sdpa_gqa(),
            'torch_transformer_encoder_layer': torch_transformer_encoder_layer(),
            'torch_transformer_decoder_layer': torch_transformer_decoder_layer(),
        },
    )


if __name__ == '__main__':
    main()
