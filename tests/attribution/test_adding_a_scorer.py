"""The example of docs/adding-a-scorer.md does what it says."""

import numpy as np
import torch

from tests.helpers.docs_blocks import ROOT, python_blocks, run_python
from tests.helpers.toys import texts, toy_tokenizer
from workbench.attribution.run import score_windows
from workbench.catalog.scorers import SCORERS

DOCUMENT = ROOT / "docs" / "adding-a-scorer.md"


def test_the_documents_example_scores(make_model, request) -> None:
    (code,) = python_blocks(DOCUMENT)
    assert len([line for line in code.splitlines() if line.strip()]) <= 20
    run_python(code, str(DOCUMENT), {})
    request.addfinalizer(lambda: SCORERS.remove_from(DOCUMENT))
    model, (text,) = make_model(), texts([7])
    (record,) = score_windows(["entropy"], model, toy_tokenizer(), [text])
    with torch.no_grad():
        first = model([text], execution="masked", show="probabilities").traces[0].probabilities[0]
    expected = -(first * first.log()).sum(-1).mean(0)
    np.testing.assert_allclose(record.scores[0], expected, atol=1e-5)
