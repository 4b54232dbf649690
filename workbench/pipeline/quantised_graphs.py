"""Exported graphs in int8: rounded by each way that is asked for, and the one kept that agrees most."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from workbench.catalog.options import Quantisation
from workbench.core.documents import Window
from workbench.core.inference import batches
from workbench.engines.graphs import CALL_PAIRS, graph_inputs
from workbench.engines.manifest import BATCH_GRAPH, Agreement, Manifest
from workbench.engines.quantise import quantise
from workbench.storage.fingerprints import file_sha256

_TOGETHER = 8
"""Windows of similar length in a call of the batch graph; the ranges are those of one by one."""


def graph_hashes(folder: Path) -> dict[str, str]:
    """Return the hash of every graph in a folder, by name."""
    return {path.name: file_sha256(path) for path in sorted(folder.glob("*.onnx"))}


def quantise_graphs(
    folder: Path, manifest: Manifest, into: Path, calibration: Sequence[Window] = ()
) -> Manifest:
    """Write float32 graphs in int8; return, and write, their manifest.

    Args:
        folder: Where the graphs are.
        manifest: Theirs.
        into: Where they go, which may be the same folder.
        calibration: Windows that static quantisation takes its ranges from; none: dynamic.

    Raises:
        InputError: As `quantise`.
    """
    for name in manifest.files:
        if into != folder:
            shutil.copyfile(folder / name, into / name)
        several = name == BATCH_GRAPH
        together = batches(calibration, _TOGETHER if several else 1, CALL_PAIRS)
        quantise(
            into / name, [graph_inputs([calibration[i] for i in batch], several) for batch in together]
        )
    way: Quantisation = "static" if len(calibration) else "dynamic"
    made = manifest.model_copy(
        update={"precision": "int8", "quantisation": way, "files": graph_hashes(into)}
    )
    made.write(into)
    return made


def keep_best(
    folder: Path,
    manifest: Manifest,
    calibration: Sequence[Window],
    ways: Sequence[Quantisation],
    judge: Callable[[Path], Agreement],
) -> Manifest:
    """Put int8 graphs in the place of float32 ones: those that give torch's class most often, among
    equals keep torch's tokens most often, then are nearest in logits; return their manifest, which knows
    of the others.

    Args:
        folder: Where the graphs are.
        manifest: Theirs.
        calibration: As of `quantise_graphs`, for static quantisation.
        ways: To try; among equals the first wins.
        judge: Says how a folder of graphs agrees with torch.
    """
    made: dict[Quantisation, Manifest] = {}
    found: dict[Quantisation, Agreement] = {}
    for way in ways:
        into = folder / way
        into.mkdir()
        made[way] = quantise_graphs(folder, manifest, into, calibration if way == "static" else ())
        found[way] = judge(into)
    best = max(ways, key=lambda way: _agreement(found[way]))
    for name in manifest.files:
        (folder / best / name).replace(folder / name)
    for way in ways:
        shutil.rmtree(folder / way)
    return made[best].model_copy(update={"dev": found.pop(best), "others": found})


def _agreement(found: Agreement) -> tuple[float, float, float]:
    """Larger is better; of a regression, which has no class, all windows have the same."""
    return found.same_class, found.same_tokens, -found.largest_difference
