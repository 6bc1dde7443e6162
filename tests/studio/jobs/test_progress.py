"""How far, and how long still, by a clock of our own."""

from __future__ import annotations

from studio.jobs.progress import Progress


def test_pace_counts_from_the_first_round_and_over_all_pictures() -> None:
    now = [100.0]
    progress = Progress([20, 20], clock=lambda: now[0])
    assert (progress.step, progress.steps, progress.seconds_left) == (0, 40, None)
    now[0] = 130.0  # loading and encoding took half a minute
    for index in (0, 1):  # then both advance at once, every two seconds
        progress.advance(index, 1, 10)
    assert (progress.step, progress.steps, progress.seconds_left) == (2, 20, None)
    now[0] = 132.0
    for index in (0, 1):
        progress.advance(index, 2, 10)
        assert progress.seconds_left is None
    now[0] = 134.0
    for index in (0, 1):
        progress.advance(index, 3, 10)
        assert progress.seconds_left == 14.0
    now[0] = 135.0
    assert progress.seconds_left == 13.0
    now[0] = 999.0
    assert progress.seconds_left == 0.0


def test_fewer_steps_than_asked_for_are_believed() -> None:
    progress = Progress([20, 20, 20])
    progress.advance(0, 1, 5)
    assert progress.steps == 15


def test_pictures_of_different_steps_are_counted_each_by_its_own() -> None:
    progress = Progress([4, 8, 12])
    assert progress.steps == 24
    progress.advance(0, 1, 2)  # half of what was asked for, so the others are thought to take half, too
    assert progress.steps == 2 + 4 + 6
    progress.advance(1, 1, 8)
    assert (progress.step, progress.steps) == (2, 2 + 8 + 12)
