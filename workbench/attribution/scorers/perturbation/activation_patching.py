"""Activation patching: a state inside the model exchanged for another run's, and the model run on.

Vig et al. ("Investigating Gender Bias in Language Models Using Causal Mediation Analysis", NeurIPS 2020)
and Meng et al. ("Locating and Editing Factual Associations in GPT", NeurIPS 2022); for the choices see
Zhang and Nanda ("Towards Best Practices of Activation Patching", ICLR 2024).
"""

import torch

from workbench.attribution.engine.layer_inputs import Attribution, LayerInput
from workbench.catalog.scorers import register_scorer


@register_scorer(
    name="activation-patching", title="activation patching", group="perturbation", order=320,
    description="loss when the token's state is that of the text whose words are all masked",
    extra_options=("target", "output", "baseline"), signed=True, takes="layer_input",
)  # fmt: skip
def activation_patching(point: LayerInput) -> Attribution:
    """Output minus output with one token's state, at this layer's input, taken from the baseline's run.

    The run without information is that of the text with [MASK] (or [PAD]) for every word, as the field
    patches from a corrupted run; baseline `zero` puts the zero vector there instead (zero ablation). A
    special token is the same in both texts, so that at the embeddings it has 0.
    """
    lost = []
    with torch.no_grad():
        whole = point.forward(point.hidden)
        for places in torch.arange(point.hidden.shape[1]).split(point.copies):
            patched = point.hidden.repeat(len(places), 1, 1)
            patched[torch.arange(len(places)), places] = point.baseline[0, places]
            lost.append(whole - point.forward(patched))
    return Attribution(torch.cat(lost)[None])
