"""The stages of a run, from data to report; a stage whose inputs have not changed is skipped."""

from workbench.pipeline.evaluate import evaluate_run
from workbench.pipeline.job import Job, Reporter, this_process
from workbench.pipeline.train import train_run

__all__ = ["Job", "Reporter", "evaluate_run", "this_process", "train_run"]
