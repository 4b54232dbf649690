"""A window with everything that a heat map shows: dropped, silent and rationale units, sub-words."""

import numpy as np

from workbench.core.token_scores import TokenScores

NAN = float("nan")
RECORD = TokenScores(
    "cp", "adapler", "t", 0, ("[CLS]", "Wa", "##sabi", "is", "good", "[SEP]"),
    np.array([-1, 0, 0, 1, 2, -1]),
    np.array([[0.1, 0.2, 0.4, 0.1, 0.4, 0.1], [0.1, NAN, 0.3, NAN, 0.5, 0.1], [NAN] * 6]),
    np.array([[1, 0, 1, 0, 1, 1], [1, 0, 0, 0, 1, 1], [1, 0, 0, 0, 1, 1]], dtype=bool),
    np.array([0, 0, 0, 0, 1, 0], dtype=bool),
    "shares",
)  # fmt: skip
"""The last layer is silent about the token that is left."""
