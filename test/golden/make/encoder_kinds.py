"""What a small encoder is made of."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class SmallEncoder:
    name: str
    config: dict[str, Any]
    tokenizer: Any
    """a function that makes it"""
    tokenizer_class: str
    max_seq_length: int
    pooling: str
    normalize: bool = False
    model: type | None = None
    """of transformers; None where `forward` is ours"""
    forward: Any = None
    shapes: dict[str, tuple[int, ...]] = field(default_factory=dict)
    """of the tensors, where `forward` is ours"""
    prefix: str = ''
    """before the name of every tensor in the checkpoint"""
    shards: int = 1
    library_config: Any = None
    """from a config, the one by which transformers itself reads the checkpoint; None where it does not"""
    variants: dict[str, dict[str, Any]] = field(default_factory=dict)
    """other configs of the same weights"""
    newer_keys: tuple[str, ...] = ()
    """the variants that say the same as the config"""
    length_in_tokenizer: bool = False
    """no sentence_bert_config.json: the length stands in tokenizer_config.json"""
    pooling_by_name: bool = False
    """1_Pooling/config.json as sentence-transformers 6 writes it"""
    extra: dict[str, tuple[int, ...]] = field(default_factory=dict)
    """tensors of a head, which an encoder does not need"""
