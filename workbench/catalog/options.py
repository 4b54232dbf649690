"""Values of options, apart from what takes them: the commands' help needs only these."""

from typing import Literal

OptionName = Literal[
    "target", "against", "output", "sign", "granularity", "layers", "baseline", "steps", "samples"
]  # fmt: skip
"""What a scorer may support or refuse."""

TooLong = Literal["windows", "refuse"]
"""What to do with a text that is longer than a model's window."""

Engine = Literal["onnxruntime", "openvino"]
"""Who runs an exported graph."""
Precision = Literal["fp32", "int8"]
"""Of an exported graph's linear layers."""
Quantisation = Literal["dynamic", "static"]
"""How what enters an int8 layer is rounded: by its own range as it comes, or by that of other texts."""
CALIBRATION = 128
"""Windows that static quantisation takes its ranges from, unless asked for otherwise."""
Compute = Literal["as-exported", "bf16"]
"""What an engine multiplies in: the graph's own precision, or bfloat16 where the processor has it."""

CorpusForm = Literal["eraser", "jsonl", "label-studio"]
"""A form that a corpus can be written in."""

Pooling = Literal["max", "sum", "mean", "first", "signed-max"]
"""What a word of several tokens gets: their highest score, sum or mean, the first one's, or the score of
the largest size, with its sign."""
