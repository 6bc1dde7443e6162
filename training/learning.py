"""The training loop that decoder and denoiser share: steps until the clock is full, kept so that any stop is harmless.

A checkpoint holds the weights, their average, the optimiser and the count of steps. All that is left to chance in a
step follows from the seed and the step's number, so a training that was stopped goes on bit for bit as if it had not
been (by the clock, but for the learning rate, which follows the minutes).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import inf
from pathlib import Path

import torch
from torch import Tensor, nn

from training.curves import Curve
from training.interruption import Interruption
from training.loop import Average, Clock, device, learning_rate, load, lot, save
from training.progress import Line

KEEP_EVERY = 240.0  # seconds of training between two checkpoints
LOOK_EVERY = {"cpu": 900.0, "cuda": 120.0}  # seconds between two looks, which cost some on a processor
DECAY = 0.998  # of the averaged weights, a step


@dataclass(frozen=True)
class Course:
    """What is particular about a training.

    `lessons(step)` are the batches from that step on; `loss(network, *batch)` says how wrong the network is about one.
    Now and then, and at the end, `look(average, step)` shows what was learnt and says so in a line.
    """

    name: str  # of its checkpoint, its curve and its line of progress
    rate: float
    weight_decay: float
    warm_up: int
    lessons: Callable[[int], Iterator[tuple[Tensor, ...]]]
    loss: Callable[..., Tensor]
    look: Callable[[nn.Module, int], str]
    unit: str  # what `lessons` are batches of
    facts: dict[str, object]  # kept in the checkpoint beside the weights


@dataclass(frozen=True)
class Run:
    """How long to train, from which seed, and how many steps lie between two points of the curve.

    A training of several parts is one run for each, on one clock: the learning rate falls over all of them together.
    """

    minutes: float
    steps: float = inf
    seed: int = 0
    report: int = 50
    until: float = 1.0  # the share of minutes or steps at which this part of the run is over


def warm_up(usual: int, steps: float) -> int:
    """Steps in which the learning rate rises: a tenth of a short run."""
    return max(1, int(min(usual, steps / 10)))


class Learner:
    """A network on its course, with all that has to be kept to go on after a stop."""

    def __init__(self, network: nn.Module, course: Course, path: Path) -> None:
        self.network, self.course, self.path = network, course, path
        self.average = Average(network, DECAY)
        learning = [parameter for parameter in network.parameters() if parameter.requires_grad]
        self.optimizer = torch.optim.AdamW(
            learning, lr=course.rate, betas=(0.9, 0.99), weight_decay=course.weight_decay, fused=True
        )
        self.step, self.seen, self.seconds, self.history, self.grown = 0, 0, 0.0, {}, False
        self.recent = torch.zeros((), device=device())  # losses since the last report, summed without waiting for them
        self.counted = 0
        if kept := load(path):
            self._go_on(kept)

    def _go_on(self, kept: dict) -> None:
        self.network.load_state_dict(kept["network"])
        self.average.network.load_state_dict(kept["average"])
        if "optimizer" in kept:
            self.optimizer.load_state_dict(kept["optimizer"])
        self.step, self.seen, self.seconds = kept.get("step", 0), kept.get("seen", 0), kept.get("seconds", 0.0)
        self.history = kept.get("history", {})  # what a model that was taken up had seen before
        self.grown = kept.get("grown", "optimizer" not in kept)  # it was taken up: its average is worth keeping
        self.recent += kept.get("recent", 0.0)
        self.counted = kept.get("counted", 0)

    def take(self, lesson: tuple[Tensor, ...], progress: float) -> None:
        """One step."""
        self.optimizer.param_groups[0]["lr"] = learning_rate(self.course.rate, self.step, progress, self.course.warm_up)
        loss = self.course.loss(self.network, *lesson)
        self.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimizer.step()
        self.average.update(self.network, inf if self.grown else self.step)
        self.recent += loss.detach()
        self.step, self.seen, self.counted = self.step + 1, self.seen + len(lesson[0]), self.counted + 1

    def mean_loss(self) -> float:
        """The mean loss since it was last asked for."""
        mean = self.recent.item() / max(self.counted, 1)
        self.recent.zero_()
        self.counted = 0
        return mean

    def keep(self, seconds: float) -> None:
        """Write the checkpoint."""
        weights = {"network": self.network.state_dict(), "average": self.average.network.state_dict()}
        so_far = {"step": self.step, "seen": self.seen, "seconds": seconds}
        before = {"history": self.history, "grown": self.grown}
        losses = {"recent": self.recent.item(), "counted": self.counted}
        save(
            self.path,
            **weights,
            optimizer=self.optimizer.state_dict(),
            **so_far,
            **before,
            **losses,
            **self.course.facts,
        )


def learn(network: nn.Module, course: Course, work: Path, run: Run) -> None:
    """Train until the minutes or the steps are over, going on from `work` if there is a checkpoint."""
    torch.backends.cudnn.benchmark = True  # a few sizes of pictures, each met again and again
    learner = Learner(network, course, work / f"{course.name}.pt")
    clock, begun = Clock(run.minutes, learner.seconds, run.steps), learner.step
    curve, kept = Curve(work, course.name, begun), clock.seconds
    line = Line(course.name, course.unit, clock.tick(begun), learner.seen)
    looked = clock.seconds
    lessons = course.lessons(begun)
    with Interruption() as interruption:
        while (progress := clock.tick(learner.step)) < run.until and not interruption.asked:
            torch.manual_seed(lot(run.seed, course.name, learner.step))
            learner.take(next(lessons), progress)
            if learner.step % run.report == 0:
                loss = learner.mean_loss()
                curve.note(learner.step, learner.seen, clock.seconds, loss)
                line.show(progress, learner.seen, loss, clock.left)
            if clock.seconds - kept > KEEP_EVERY:
                kept = clock.seconds
                learner.keep(kept)
                curve.draw()
            if clock.seconds - looked > LOOK_EVERY[device().type]:
                looked = clock.seconds
                line.say(course.look(learner.average.network, learner.step))
    lessons.close()
    _finish(learner, clock, curve, line, begun, interruption.asked)


def _finish(learner: Learner, clock: Clock, curve: Curve, line: Line, begun: int, asked: bool) -> None:
    """Keep what was learnt; then stop if that was asked for, or look at the result."""
    if learner.step > begun:
        learner.keep(clock.seconds)
        curve.draw()
        line.show(clock.tick(learner.step), learner.seen)
    line.end()
    if asked:
        raise KeyboardInterrupt
    if learner.step > begun:
        line.say(learner.course.look(learner.average.network, learner.step))
