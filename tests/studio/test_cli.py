"""The command line: good runs in this process with a tiny model, bad input in a process of its own."""

from __future__ import annotations

import io
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from pipelines.events import Step
from pipelines.requests import Guiding, Sampling, TextToImage, Tuning, Variation
from studio import cli
from studio.library import Library
from studio.making import Maker
from studio.meter import Meter
from studio.wordlists import Style, write_styles

ROOT = Path(__file__).resolve().parents[2]


def noise(path: Path, mode: str = "RGB", size: tuple[int, int] = (40, 32)) -> Path:
    Image.frombytes("RGBA", size, os.urandom(size[0] * size[1] * 4)).convert(mode).save(path)
    return path


def run(*words: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """The studio as a person starts it, from any folder."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "studio", *words]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)


# Good runs


def test_generate_writes_pictures_that_can_be_made_again(
    sd_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    common = ["--model", str(sd_folder), "--out", str(tmp_path / "out")]
    assert cli.main(["generate", "a red house", "--seed", "7", "--count", "2", "--steps", "2", *common]) == 0
    said = capsys.readouterr()
    paths = [Path(line) for line in said.out.splitlines()]
    assert said.err == "" and len(paths) == 2 and all(path.parent == tmp_path / "out" for path in paths)
    library = Library(tmp_path / "out")
    request = library.request(paths[1])
    assert (request.prompt, request.count, request.sampling.seed, request.sampling.steps) == ("a red house", 1, 8, 2)
    assert library.recipe(paths[1])["on"]["device"] == "cpu"
    assert Image.open(paths[1]).size == (64, 64)  # what suits the model
    again = ["generate", request.prompt, "--seed", "8", "--steps", "2", *common]
    assert cli.main(again) == cli.main(again) == 0
    first, second = (Image.open(line) for line in capsys.readouterr().out.splitlines())
    assert first.tobytes() == second.tobytes()


def test_again_makes_the_same_picture_of_a_batch(
    sd_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["generate", "a red house", "--steps", "2", "--count", "3", "--model", str(sd_folder)]
    assert cli.main([*words, "--out", str(tmp_path / "one")]) == 0
    made = [Path(line) for line in capsys.readouterr().out.splitlines()]
    for path in made:
        assert cli.main(["again", str(path), "--out", str(tmp_path / "other")]) == 0
        (copy,) = (Path(line) for line in capsys.readouterr().out.splitlines())
        assert Image.open(copy).tobytes() == Image.open(path).tobytes()
    made[0].write_bytes(noise(tmp_path / "photo.png").read_bytes())
    assert cli.main(["again", str(made[0])]) == 2
    assert "holds no recipe" in capsys.readouterr().err


def test_each_picture_has_the_words_of_its_seed_and_keeps_them(
    sd_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = tmp_path / "words"
    (words / "wildcards").mkdir(parents=True)
    (words / "wildcards/thing.txt").write_text("house\ntree\nboat\n")
    write_styles(words, [Style("night", "{prompt} {on|at} night", "{blue|red}")])
    common = ["--words", str(words), "--steps", "2", "--model", str(sd_folder), "--out", str(tmp_path / "out")]
    typed = ["generate", "a {red|blue} __thing__", "--style", "night", *common]
    assert cli.main([*typed, "--seed", "3", "--count", "6"]) == 0
    said = capsys.readouterr()
    made = [Path(line) for line in said.out.splitlines()]
    library = Library(tmp_path / "out")
    requests = [library.request(path) for path in made]
    assert said.err == "" and [each.sampling.seed for each in requests] == [3, 4, 5, 6, 7, 8]
    assert len({each.prompt for each in requests}) > 1 and {each.negative for each in requests} == {"blue", "red"}
    assert all(re.fullmatch("a (red|blue) (house|tree|boat) (on|at) night", each.prompt) for each in requests)
    assert cli.main([*typed, "--seed", "5"]) == 0
    assert library.request(Path(capsys.readouterr().out.strip())) == requests[2]
    (words / "wildcards/thing.txt").write_text("hill")
    for path in made:
        assert cli.main(["again", str(path), "--out", str(tmp_path / "other")]) == 0
        copy = Path(capsys.readouterr().out.strip())
        assert Image.open(copy).tobytes() == Image.open(path).tobytes()


def test_what_was_meant_literally_is_not_read_as_a_choice_again(
    sd_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    common = ["--model", str(sd_folder), "--out", str(tmp_path)]
    assert cli.main(["generate", r"\{red|blue\}", "--seed", "1", "--steps", "1", *common]) == 0
    path = Path(capsys.readouterr().out.strip())
    assert Library(tmp_path).request(path).prompt == "{red|blue}"
    assert cli.main(["again", str(path), *common]) == 0
    assert Library(tmp_path).request(Path(capsys.readouterr().out.strip())).prompt == "{red|blue}"


def test_look_shows_what_a_picture_would_be_made_of(
    sd_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_styles(tmp_path, [Style("night", "{prompt} at night", "rain")])
    words = ["look", "a (red:1.3) {house|tree} [boat|sea", "--style", "night", "--negative", "a __thing__"]
    assert cli.main([*words, "--seed", "4", "--steps", "2", "--words", str(tmp_path), "--model", str(sd_folder)]) == 0
    said = capsys.readouterr()
    assert re.match(
        r"Prompt: a \(red:1.3\) (house|tree) \[boat\|sea at night\n +\d+ of 75 places: a red\(×1.3\) ", said.out
    )
    assert re.search(r"\nNegative: a __thing__, rain\n +\d+ of 75 places: a ", said.out)
    assert [line[:20] for line in said.err.splitlines()] == ["There is no list thi", "A [ has no partner a"]


def test_look_is_quick_and_loads_no_network() -> None:
    code = "import sys; from studio import cli; code = cli.main(['look', 'a {red|blue} house'])\n"
    code += "print(code, {'torch', 'diffusers', 'gradio'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "0 set()", done.stderr


def test_nobody_listening_is_no_reason_to_stop(sd_folder: Path, tmp_path: Path) -> None:
    """``… | head -1``: the rest of the pictures are made all the same."""
    command = [sys.executable, "-m", "studio", "generate", "sea", "--steps", "1", "--count", "3"]
    command += ["--model", str(sd_folder), "--out", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        assert run.stdout and run.stderr
        run.stdout.close()
        assert run.stderr.read() == ""
    assert run.returncode == 0
    assert len(list(tmp_path.glob("*.png"))) == 3


def test_a_seed_that_was_drawn_is_told_and_kept(
    sd_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["generate", "", "--steps", "1", "--model", str(sd_folder), "--out", str(tmp_path)]) == 0
    said = capsys.readouterr()
    seed = re.search(r"_seed-(\d+)_", said.out)
    assert seed and Library(tmp_path).request(Path(said.out.strip())).sampling.seed == int(seed[1])


def test_inpaint_keeps_what_is_not_white(sd_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = noise(tmp_path / "photo.png")
    mask = Image.new("L", (40, 32))
    mask.paste(255, (0, 0, 16, 16))
    mask.save(tmp_path / "mask.png")
    words = ["inpaint", str(picture), "--mask", str(tmp_path / "mask.png"), "a tree", "--feather", "0", "--steps", "2"]
    words += ["--fill", "neutral", "--graded"]
    assert cli.main([*words, "--seed", "1", "--model", str(sd_folder), "--out", str(tmp_path / "out")]) == 0
    path = Path(capsys.readouterr().out.strip())
    before, after = Image.open(picture), Image.open(path)
    rest = (16, 16, 40, 32)
    assert after.size == before.size and after.crop(rest).tobytes() == before.crop(rest).tobytes()
    assert after.tobytes() != before.tobytes()
    request = Library(tmp_path / "out").request(path)
    assert request.mask.tobytes() == mask.tobytes()  # type: ignore[attr-defined]
    assert (request.fill, request.graded, request.grow) == ("neutral", True, 0)  # type: ignore[attr-defined]


def test_finer_control_reaches_the_recipe(sd_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fine = (
        "--sampler", "DPM++ 2M SDE", "--spacing", "KarrasScheduler", "--eta", "0.5", "--s-noise", "1.01", "--rho", "5",
        "--sigma-max", "10", "--guidance-method", "apg", "--guidance-stop", "0.8", "--variation-seed", "3",
        "--variation-strength", "0.1", "--clip-skip", "2", "--noise", "device", "--reuse", "2",
    )  # fmt: skip
    words = ["generate", "a tree", "--steps", "4", "--model", str(sd_folder), "--out", str(tmp_path / "out")]
    assert cli.main([*words, *fine]) == 2
    assert "Unknown spacing 'KarrasScheduler'" in capsys.readouterr().err
    fine = tuple("Karras" if word == "KarrasScheduler" else word for word in fine)
    assert cli.main([*words, *fine]) == 0
    request = Library(tmp_path / "out").request(Path(capsys.readouterr().out.strip()))
    assert (request.sampling.sampler, request.sampling.spacing) == ("dpmpp_2m_sde", "karras")
    assert request.tuning == Tuning(eta=0.5, s_noise=1.01, rho=5, sigma_max=10)
    assert request.guiding == Guiding(method="apg", stop=0.8)
    assert request.variation == Variation(seed=3, strength=0.1)
    assert (request.clip_skip, request.sampling.noise, request.sampling.reuse) == (2, "device", 2)


def test_outpaint_takes_pixels_and_shares_of_its_own_sides(
    sd_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = noise(tmp_path / "photo.png", size=(64, 32))
    words = ["outpaint", str(picture), "--left", "8", "--right", "25%", "--bottom", "50%", "a hill", "--overlap", "0"]
    words += ["--steps", "2", "--seed", "1", "--model", str(sd_folder), "--out", str(tmp_path / "out")]
    assert cli.main(words) == 0
    after = Image.open(capsys.readouterr().out.strip())
    assert after.size == (64 + 8 + 16, 32 + 16)
    assert after.crop((8, 0, 72, 32)).tobytes() == Image.open(picture).tobytes()


def test_models_and_doctor_answer(sd_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["models"]) == 0
    assert "--model" in capsys.readouterr().err
    assert cli.main(["doctor", "--model", str(sd_folder), "--outputs", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    for word in ("Python", "torch", "cpu", "attention sdpa", "GB free"):
        assert word in said
    assert cli.main(["doctor", "--model", str(tmp_path), "--outputs", str(tmp_path)]) == 1
    assert "BAD  model" in capsys.readouterr().out


def test_help_is_quick_and_light() -> None:
    code = "import sys, runpy, atexit; sys.argv = ['studio', *sys.argv[1:]]\n"
    code += "atexit.register(lambda: print({'torch', 'gradio', 'PIL', 'numpy'} & set(sys.modules)))\n"
    code += "runpy.run_module('studio', run_name='__main__')"
    for words in (["--help"], ["generate", "--help"], ["outpaint", "--help"], ["--version"]):
        done = subprocess.run([sys.executable, "-c", code, *words], cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0 and done.stdout.splitlines()[-1] == "set()"


def test_ctrl_c_keeps_what_is_done(
    sd_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def press(meter: Meter, step: Step) -> None:
        if step.index == 6 and step.step == 2:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(Meter, "advance", press)
    words = ["generate", "x", "--steps", "3", "--count", "64", "--seed", "1", "--width", "256", "--height", "256"]
    assert cli.main([*words, "--model", str(sd_folder), "--out", str(tmp_path)]) == 130
    said = capsys.readouterr()
    paths = said.out.splitlines()
    assert said.err == f"Stopped: {len(paths)} of 64 pictures are done.\n"
    assert sorted(paths) == sorted(str(path) for path in tmp_path.iterdir())
    assert 1 <= len(paths) < 64
    for path in paths:
        Image.open(path).load()


def test_the_meter_rewrites_one_line_of_a_terminal_and_nothing_else() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    request = TextToImage(sampling=Sampling(steps=2))
    for screen, shown in ((Terminal(), True), (io.StringIO(), False)):
        with Meter([request], screen) as meter:
            meter.advance(Step(0, 1, 2, lambda: Image.new("RGB", (1, 1))))
            meter.advance(Step(0, 2, 2, lambda: Image.new("RGB", (1, 1))))
        assert screen.getvalue() == ("\r\x1b[Kstep 1 of 2\r\x1b[Kstep 2 of 2\r\x1b[K" if shown else "")


def test_words_that_the_model_does_not_know_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.studio.conftest import shape_model

    folder = shape_model(tmp_path / "tiny", title="Tiny", words=["a", "house"])
    monkeypatch.setattr(Maker, "_pictures", lambda *_: iter(()))
    assert cli.main(["generate", "a Zebra house", "--seed", "1", "--model", str(folder), "--out", str(tmp_path)]) == 0
    assert capsys.readouterr().err == "Tiny does not know: zebra.\n"


# Bad input: one sentence, exit code 2, nothing written


@pytest.fixture
def room(tmp_path: Path, model_folder: Path) -> Path:
    """A folder with things to go wrong with."""
    noise(tmp_path / "photo.png")
    noise(tmp_path / "other.png", "L", (8, 8))
    Image.new("L", (40, 32)).save(tmp_path / "empty.png")
    noise(tmp_path / "mask.png", "L")
    (tmp_path / "corrupt.png").write_bytes((tmp_path / "photo.png").read_bytes()[:300])
    (tmp_path / "text.png").write_text("hello")
    Image.new("1", (5000, 8)).save(tmp_path / "huge.png")
    (tmp_path / "model").symlink_to(model_folder)
    (tmp_path / "void").mkdir()
    return tmp_path


GENERATE = ("generate", "x", "--model", "model")
INPAINT = ("inpaint", "photo.png", "x", "--model", "model", "--mask")
OUTPAINT = ("outpaint", "photo.png", "x", "--model", "model")
BAD = [
    ((*GENERATE, "--steps", "0"), "steps must be a whole number from 1 to 1000, but is 0"),
    ((*GENERATE, "--steps", "many"), "--steps must be a whole number, but is 'many'"),
    ((*GENERATE, "--steps"), "--steps needs a value"),
    ((*GENERATE, "--seed", "-1"), "seed must be"),
    ((*GENERATE, "--seed", "4294967296"), "seed must be a whole number from 0 to 4294967295"),
    ((*GENERATE, "--guidance", "nan"), "guidance must be a number"),
    ((*GENERATE, "--count", "0"), "count must be"),
    ((*GENERATE, "--width", "8"), "width must be"),
    (
        (*GENERATE, "--sampler", "DPM++ 2M Karras"),
        r"is a sampler and a spacing: give --sampler 'DPM\+\+ 2M' --spacing karras",
    ),
    ((*GENERATE, "--sampler", "heun", "--eta", "1"), "Heun has no use for eta: leave it out, or choose Euler a"),
    ((*GENERATE, "--sampler", "eulr"), r"Unknown sampler 'eulr' \(did you mean euler\?\): choose one of euler, .*heun"),
    ((*GENERATE, "--spacing", "even"), "Unknown spacing 'even'.*karras"),
    ((*GENERATE, "--style", "oil", "--words", "void"), r"There is no style 'oil': write some into void.styles.csv"),
    (("look", "x", "--model", "model", "--words", "void"), "The model in .* has no tokenizer"),
    (("look", "x", "--steps", "0", "--model", "model"), "steps must be a whole number"),
    ((*GENERATE, "--attention", "flsh"), r"Unknown attention 'flsh' \(did you mean flash\?\): choose .*sdpa"),
    ((*GENERATE, "--precision", "half"), "Unknown precision 'half'.*: choose one of auto, float32, bfloat16, float16"),
    ((*GENERATE, "--memory", "tiny"), "Unknown memory 'tiny'.*: choose one of auto, high, balanced, low, minimal"),
    ((*GENERATE, "--stesp", "3"), "no option '--stesp'.*did you mean --steps"),
    ((*GENERATE, "--mask", "mask.png"), "no option '--mask'"),
    ((*GENERATE, "y"), "no use for 'y': put a prompt of several words in quotes"),
    (("generate", "x" * 10_000, "--model", "model"), "The prompt has 10,000 characters; shorten it to 4,000"),
    (("generate", "x", "--model", "nowhere"), "There is no model 'nowhere'"),
    (("generate", "x", "--model", "void"), "void is empty"),
    (("generate", "--model", "model"), "needs PROMPT"),
    ((*GENERATE, "--out", "photo.png"), "a file is in the way"),
    ((*INPAINT, "nowhere.png"), "There is no file nowhere.png"),
    ((*INPAINT, "corrupt.png"), "corrupt.png is damaged"),
    ((*INPAINT, "text.png"), "text.png is not a picture"),
    ((*INPAINT, "other.png"), "mask must be as large as the picture, 40x32, but is 8x8"),
    ((*INPAINT, "empty.png"), "The mask is empty"),
    ((*INPAINT, "mask.png", "--strength", "0"), "The strength is 0"),
    ((*INPAINT, "mask.png", "--strength", "2"), "strength must be"),
    (INPAINT[:-1], "inpaint needs a mask: give one of --mask FILE, --mask-alpha, .* or --mask-box X,Y,W,H"),
    ((*INPAINT, "mask.png", "--mask-box", "1,1,9,9"), "takes one mask, but is given --mask and --mask-box"),
    ((*INPAINT, "mask.png", "--tolerance", "9"), "--tolerance is that of --mask-colour"),
    ((*INPAINT[:-1], "--mask-box", "1,1,9"), "--mask-box must be X,Y,WIDTH,HEIGHT such as 10,20,25%,100"),
    ((*INPAINT[:-1], "--mask-box", "1,1,9,wide"), "--mask-box must be pixels such as 128 or a share"),
    ((*INPAINT[:-1], "--mask-box", "1,1,0,9"), "--mask-box needs a width and a height of at least one pixel"),
    ((*INPAINT[:-1], "--mask-box", "45,1,9,9"), "The mask is empty"),
    ((*INPAINT[:-1], "--mask-alpha"), "The picture has no transparency to take a mask from"),
    ((*INPAINT[:-1], "--mask-colour", "pinkish"), "Unknown colour 'pinkish': write it as #rrggbb"),
    ((*INPAINT[:-1], "--mask-colour", "#fff", "--tolerance", "300"), "tolerance must be a whole number from 0 to 255"),
    ((*INPAINT[:-1], "--mask-strokes", "nowhere.json"), "There is no file nowhere.json"),
    ((*INPAINT[:-1], "--mask-strokes", "photo.png"), "photo.png cannot be read: give a JSON file of strokes"),
    ((*INPAINT[:-1], "--mask-strokes", "text.png"), "The strokes are not JSON"),
    ((*INPAINT, "mask.png", "--area", "face"), "Unknown area 'face'.*closeup"),
    ((*INPAINT, "mask.png", "--padding", "9"), "The area 'automatic' has no padding"),
    (("inpaint", "huge.png", "x", "--model", "model", "--mask", "mask.png"), "huge.png is 5000x8"),
    (OUTPAINT, "All margins are 0"),
    ((*OUTPAINT, "--left", "-5"), "left margin must be"),
    ((*OUTPAINT, "--left=-5%"), "left margin must be"),
    ((*OUTPAINT, "--left", "wide"), "--left must be pixels such as 128 or a share such as 25%"),
    ((*OUTPAINT, "--top", "100000%"), "top margin must be"),
    ((*OUTPAINT, "--right", "4090"), "The wider picture would be"),
    (("paint", "x"), "no command 'paint': did you mean inpaint"),
    (("--port", "80", "generate", "x"), "The command comes first: diffusion-studio generate"),
    (("--prot", "80"), "did you mean --port"),
]


@pytest.mark.parametrize(("words", "reason"), BAD, ids=[" ".join(words)[:60] for words, _ in BAD])
def test_bad_input_gets_one_sentence(
    room: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str], reason: str
) -> None:
    before = sorted(room.rglob("*"))
    monkeypatch.chdir(room)
    out = [] if "--out" in words or words[0] not in ("generate", "inpaint", "outpaint") else ["--out", "out"]
    assert cli.main([*words, *out]) == 2
    said = capsys.readouterr()
    assert said.out == "" and said.err.count("\n") == 1, said.err
    assert re.search(reason, said.err), said.err
    assert sorted(room.rglob("*")) == before


@pytest.mark.parametrize("words", [BAD[0][0], BAD[8][0], BAD[21][0]], ids=["request", "usage", "file"])
def test_bad_input_in_a_process_of_its_own(room: Path, words: tuple[str, ...]) -> None:
    before = sorted(room.rglob("*"))
    done = run(*words, "--out", "out", folder=room)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert sorted(room.rglob("*")) == before


def test_what_only_the_model_knows_is_refused_as_well(
    sd_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    common = ["--seed", "1", "--model", str(sd_folder), "--out", str(tmp_path / "out")]
    assert cli.main(["generate", "x", "--width", "100", *common]) == 2
    assert "must be a multiple of 8" in capsys.readouterr().err
    assert cli.main(["generate", "x", "--device", "abacus", *common]) == 2
    assert "no device 'abacus'" in capsys.readouterr().err
    assert cli.main(["generate", "x", "--attention", "xformers", *common]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert cli.main(["generate", "x", "--memory", "balanced", "--device", "cpu", *common]) == 2
    assert "choose auto, high, low or minimal" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
