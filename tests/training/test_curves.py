"""What a person watches while a model learns: curves, the line of progress, and what Ctrl-C does."""

import os
import signal
from pathlib import Path

import pytest
from PIL import Image

from pipelines.errors import InvalidRequest
from training.command import STOPPED, spoken
from training.curves import Curve, picture, read, smoothed, ticks
from training.interruption import Interruption
from training.progress import Line, duration
from training.recipe import SCALES, Recipe


def test_losses_noted_after_the_last_checkpoint_are_forgotten_when_a_run_goes_on(tmp_path: Path) -> None:
    first = Curve(tmp_path, "decoder", 0)
    for step in (5, 10, 15):
        first.note(step, 8 * step, 0.5 * step, 1 / step)
    Curve(tmp_path, "denoiser", 0).note(5, 40, 1.0, 0.5)
    with (tmp_path / "losses.csv").open("a") as file:
        file.write("decoder,2")  # torn by a kill
    again = Curve(tmp_path, "decoder", 10)
    again.note(15, 120, 9.0, 0.25)
    assert [(row[0], row[1], float(row[4])) for row in read(tmp_path)] == [
        ("decoder", "5", 0.2),
        ("decoder", "10", 0.1),
        ("denoiser", "5", 0.5),
        ("decoder", "15", 0.25),
    ]
    assert (tmp_path / "losses.csv").read_text().splitlines()[0] == "stage,step,seen,seconds,loss"
    again.draw()
    with Image.open(tmp_path / "loss.png") as drawn:
        assert len(drawn.getcolors(1 << 16)) > 5


def test_the_axis_is_logarithmic() -> None:
    """Losses that halve with equal steps lie on a straight line: its pixels are where a ruler would put them."""
    curve = [(float(step), 0.5**step) for step in range(9)]
    drawn = picture({"x": curve}).convert("RGB")
    raw = (201, 214, 232)
    rows = {}
    for x in range(100, 850, 50):
        heights = [y for y in range(drawn.height) if drawn.getpixel((x, y)) == raw]
        if heights:
            rows[x] = sum(heights) / len(heights)
    slopes = [(rows[b] - rows[a]) / (b - a) for a, b in zip(sorted(rows), sorted(rows)[1:], strict=False)]
    assert len(slopes) > 5
    assert max(slopes) - min(slopes) < 0.06
    assert min(slopes) > 0.2  # downwards


def test_smoothing_keeps_what_is_level_and_weighs_what_is_near() -> None:
    assert smoothed([3.0] * 5) == pytest.approx([3.0] * 5)
    one, other = smoothed([0.0, 1.0])
    assert (one, other) == (0.0, pytest.approx(1 / 1.9))


@pytest.mark.parametrize(("low", "high"), [(0.15, 0.2), (0.1, 4.0), (1e-4, 30.0), (0.61, 0.63)])
def test_an_axis_has_a_few_round_numbers(low: float, high: float) -> None:
    found = ticks(low, high)
    assert 2 <= len(found) <= 10
    assert all(low <= value <= high for value in found)
    assert found == sorted(set(found))


def test_the_line_tells_share_speed_loss_and_time_left(capsys: pytest.CaptureFixture[str]) -> None:
    line = Line("denoiser", "pictures", share=0.25, count=1000)
    line._start -= 10  # ten seconds ago
    line.show(0.5, 3000, 0.125)
    line.show(0.51, 3010, 0.125)  # too soon to say again
    said = capsys.readouterr().out
    assert said.count("\n") == 1
    assert all(part in said for part in ("denoiser", "50.0%", "3,000 pictures", "200.0/s", "loss 0.1250", "20 s left"))


@pytest.mark.parametrize(
    ("seconds", "words"), [(8, "8 s"), (720, "12 min"), (11100, "3 h 05 min"), (float("inf"), "1000 h 00 min")]
)
def test_durations_read_well(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_the_first_request_to_stop_is_noted_and_the_second_stops() -> None:
    before = signal.getsignal(signal.SIGINT)
    with Interruption() as interruption:
        os.kill(os.getpid(), signal.SIGTERM)
        assert interruption.asked
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


def test_commands_say_errors_in_a_sentence_and_how_to_go_on(capsys: pytest.CaptureFixture[str]) -> None:
    def wrong() -> None:
        raise InvalidRequest("The seed must be a number.")

    def stopped() -> None:
        raise KeyboardInterrupt

    with pytest.raises(SystemExit, match="The seed must be a number"):
        spoken(wrong)()
    with pytest.raises(SystemExit) as end:
        spoken(stopped)()
    assert end.value.code == STOPPED
    assert "goes on" in capsys.readouterr().err


def test_a_work_folder_stays_with_its_recipe(tmp_path: Path) -> None:
    assert Recipe.of(tmp_path) == Recipe("shipped", 0)
    Recipe("tiny", 3).begin(tmp_path / "new")
    assert Recipe.of(tmp_path / "new") == Recipe("tiny", 3)
    assert Recipe.of(tmp_path / "new").scale is SCALES["tiny"]
    Recipe("tiny", 3).begin(tmp_path / "new")
    with pytest.raises(InvalidRequest, match="begun with the tiny recipe and seed 3, this run is the shipped recipe"):
        Recipe("shipped", 3).begin(tmp_path / "new")
