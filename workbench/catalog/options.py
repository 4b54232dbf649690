"""Values of options, apart from what takes them: the commands' help needs only these."""

from typing import Literal

OptionName = Literal[
    "target", "output", "sign", "granularity", "layers", "baseline", "steps", "samples"
]  # fmt: skip
"""What a scorer may support or refuse."""

TooLong = Literal["windows", "refuse"]
"""What to do with a text that is longer than a model's window."""

Engine = Literal["onnxruntime", "openvino"]
"""Who runs an exported graph."""
Precision = Literal["fp32", "int8"]
"""Of an exported graph's linear layers."""
Compute = Literal["as-exported", "bf16"]
"""What an engine multiplies in: the graph's own precision, or bfloat16 where the processor has it."""

CorpusForm = Literal["eraser", "jsonl", "label-studio"]
"""A form that a corpus can be written in."""
