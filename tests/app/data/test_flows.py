"""Which tokens are left, ranks, and the frame behind the picture."""

import numpy as np
import pytest

from app.data.flows import ALIVE, DROPPED, GONE, Flow, flow_frame, ranks, states
from tests.helpers.three_tokens import three_tokens


def test_states_and_ranks_by_hand() -> None:
    record = three_tokens()
    assert states(record).tolist() == [[ALIVE, DROPPED, ALIVE], [ALIVE, GONE, DROPPED]]
    np.testing.assert_array_equal(ranks(record), [[3, 1, 2], [1, np.nan, 2]])
    assert (states(three_tokens(kept=None)) == ALIVE).all()


def test_the_frame_holds_what_the_picture_shows() -> None:
    limits = np.array([[0.1, 0.1, 0.1], [0.5, np.nan, 0.5]])
    frame = flow_frame([Flow("AdapLeR", three_tokens(), "pos", limits, {1: "dropped"})])
    assert len(frame) == 6
    row = frame[(frame["layer"] == 1) & (frame["token"] == "film")].iloc[0]
    assert (row["state"], row["threshold"], row["rank"]) == ("dropped", 0.5, 2)
    assert row["score"] == pytest.approx(0.4)
    assert frame[frame["token"] == "good"]["forced"].tolist() == ["dropped"] * 2
    assert frame[frame["token"] == "good"]["rationale"].all()
