"""Arrays and frames in, numbers out: quality, plausibility, faithfulness, efficiency, statistics."""
