"""The stages of a run, from data to report; a stage whose inputs have not changed is skipped."""
