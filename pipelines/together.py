"""Requests of several people on one model: they join and leave between steps, and share calls of the network.

    add ─▶ planned ─▶ its pictures take turns with all others ─▶ Step … Picture … Ended
                          drop ─▶ nothing more of it is computed or decoded

**Turns.**  In every step each request has one of its pictures asked, its first that is not done; then a second one of
each, and so on, until a call of the network is full.  So a request of many pictures takes the places that others
leave, and however many it has, the others go on with every step.  Where calls are not shared (exact), a place costs
time that others wait for: as long as there are several requests, each then has one picture asked in a step.

**Faults.**  What a request raises ends that request and no other.  Where a call for several pictures fails, it is made
for one after another, so that only the guilty one is left without an answer.

**Cancelling** is dropping a request between two events.  A decode takes long and is none, so ``wanted`` is asked on its
way, by whoever can tell; a request that is not wanted any more is over there and then.

**Memory.**  Where it runs short, what the network has said is kept, and all go on with the next of the family's
savings, until those that were there have left; ``Picture.spared`` says so.  A finished walk that could not be decoded
is decoded anew.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, zip_longest
from types import MappingProxyType

from PIL import Image
from torch import Tensor

from pipelines import image_to_image, inpainting, outpainting, text_to_image
from pipelines.canvas import to_picture
from pipelines.decoding import Unwanted
from pipelines.engine.engine import Advance, Answers, Engine, Trajectory
from pipelines.events import Ended, Picture, Proof, Step
from pipelines.families.family import Family, always
from pipelines.locking import prove
from pipelines.memory import is_shortage, release
from pipelines.requests import ImageToImage, Inpaint, Outpaint, Request, TextToImage
from pipelines.resuming import moved

PLANS: dict[type[Request], Callable[..., tuple[Trajectory, ...]]] = {
    TextToImage: text_to_image.plan,
    ImageToImage: image_to_image.plan,
    Inpaint: inpainting.plan,
    Outpaint: outpainting.plan,
}

NOTHING: Mapping[int, Answers] = MappingProxyType({})

Key = Hashable
Event = Step | Picture | Ended


@dataclass(eq=False)
class Running:
    """A request under way: ``told``, what the network said for its pictures in earlier attempts, and those ``made``.

    ``pictures``: the trajectories of the others with their places, in order; None until it is planned.  ``thrift``: the
    most savings that were in force while it ran.
    """

    key: Key
    request: Request
    told: dict[int, Answers]
    made: set[int]
    thrift: int
    pictures: dict[Trajectory, int] | None = field(default=None)

    def remember(self) -> None:
        """Before it is planned anew: keep what the network said, but for its last word, or nothing is left to ask."""
        for trajectory, index in (self.pictures or {}).items():
            if len(trajectory.answers) > len(self.told.get(index, ())):
                self.told[index] = trajectory.answers[:-1]
        self.pictures = None


class Together:
    """``exact``: each picture comes out bit for bit as if it were made alone, at the price of smaller network calls;
    None is exact on the CPU, where larger calls gain little.  Not for several threads at a time.

    Requests may be added and dropped at any time, also between two events of a step.  ``wanted(key)`` may be set by
    those who learn within a step that nobody waits for a request any more.
    """

    def __init__(self, family: Family, exact: bool | None = None) -> None:
        self._family = family
        self._exact = family.device.type == "cpu" if exact is None else exact
        self._engine = Engine()
        self._running: dict[Key, Running] = {}
        self._short: set[Key] = set()
        self.wanted: Callable[[Key], bool] = lambda key: True
        family.thrift = 0

    @property
    def keys(self) -> Collection[Key]:
        """The requests under way."""
        return self._running.keys()

    def add(
        self, key: Key, request: Request, resume: Mapping[int, Answers] = NOTHING, done: Collection[int] = ()
    ) -> None:
        """Let a request join from the next step on; ``resume`` and ``done`` as ``pipelines.run.generate`` has them."""
        self._running[key] = Running(key, request, dict(resume), set(done), self._family.thrift)

    def drop(self, key: Key) -> None:
        """Cancel: nothing more is computed or decoded for it.  One that is not there (any more) is left in peace."""
        running = self._running.pop(key, None)
        if running is not None:
            self._leave(running)
        self._short.discard(key)
        if not self._short:
            self._family.thrift = 0

    def step(self) -> Iterator[tuple[Key, Event]]:
        """Bring the pictures whose turn it is one estimate further, and tell of it; a request's last is ``Ended``."""
        for running in list(self._running.values()):
            if running.pictures is None:
                yield from self._guarded(running, self._begin(running))
        turn = self._turn()
        for running in list(self._running.values()):
            yield from self._guarded(running, self._join(running, turn))
        for advance in self._carried(turn):
            owner = self._owner(advance.trajectory)
            if owner is not None:
                yield from self._guarded(owner, self._tell(owner, advance))

    def _guarded(self, running: Running, events: Iterator[Event]) -> Iterator[tuple[Key, Event]]:
        """Hand a request's events on for as long as it is there; what they raise is its own fault."""
        key, ended = running.key, None
        try:
            for event in events if self._is_there(running) else ():
                yield key, event
                if not self._is_there(running):
                    return
            if running.pictures is not None and not running.pictures:
                ended = Ended()
        except Unwanted:
            ended = Ended()
        except Exception as error:
            if self._spare(error):
                self._leave(running)
                running.remember()
            else:
                ended = Ended(MemoryError(str(error)) if is_shortage(error) else error)
        if ended is not None and self._is_there(running):
            self.drop(key)
            yield key, ended

    def _is_there(self, running: Running) -> bool:
        return self._running.get(running.key) is running

    def _begin(self, running: Running) -> Iterator[Event]:
        """Plan a request; one that would change nothing gives its pictures back as they came."""
        request = running.request
        if request.idle is None:
            planned = PLANS[type(request)](self._family, request, self._exact)
            running.pictures = {each: index for index, each in enumerate(planned) if index not in running.made}
            return
        for index in range(request.count):
            if index not in running.made:
                yield Picture(index, request.seed_of(index), request.image.copy())  # type: ignore[attr-defined]
        running.pictures = {}

    def _turn(self) -> list[Trajectory]:
        """The pictures that are asked in this step; the head of this file has the rule."""
        rows = [list(running.pictures or ()) for running in self._running.values()]
        places = zip_longest(*rows)
        turn = [each for each in next(places, ()) if each is not None]
        if self._exact and len(turn) > 1:
            return turn
        for each in chain.from_iterable(places):
            if each is not None and len(turn) < each.walk.at_once() // 2:  # most ask twice: with and without the prompt
                turn.append(each)
        return turn

    def _carried(self, turn: list[Trajectory]) -> Iterator[Advance]:
        """Ask for all of these pictures; where they share no calls, one by one, so that each is told of at once."""
        for each in [[picture] for picture in turn] if self._exact else [turn]:
            yield from self._carry(each)

    def _carry(self, turn: list[Trajectory]) -> Iterator[Advance]:
        """Ask for these pictures; where that fails for several, for one after the other."""
        turn = [each for each in turn if each in self._engine.live]
        try:
            with self._heeding(turn):
                advances, fault = self._engine.step(turn), None
        except Exception as error:
            if self._spare(error):
                return  # they are asked again in the next step, in smaller calls
            advances, fault = [], error
        if fault is not None and len(turn) == 1:
            advances = [Advance(turn[0], 0, 0, None, fault)]
        elif fault is not None:
            for each in turn:
                yield from self._carry([each])
        yield from advances

    @contextmanager
    def _heeding(self, turn: Collection[Trajectory]) -> Iterator[None]:
        """Let decodes stop as soon as nobody waits for any of these pictures."""
        keys = {owner.key for owner in map(self._owner, turn) if owner is not None}
        self._family.go_on = lambda: any(map(self.wanted, keys))
        try:
            yield
        finally:
            self._family.go_on = always

    def _join(self, running: Running, turn: Collection[Trajectory]) -> Iterator[Event]:
        """Let those of a request's pictures begin whose first turn it is, with what the network has said for them."""
        for trajectory, index in (running.pictures or {}).items():
            if trajectory in turn and not trajectory.pending:
                self._engine.add(trajectory, moved(running.told.get(index, ()), self._family.device))
        yield from ()

    def _tell(self, running: Running, advance: Advance) -> Iterator[Event]:
        """What has become of a picture of a request."""
        if advance.fault is not None:
            raise advance.fault
        trajectory, pictures = advance.trajectory, running.pictures or {}
        index, preview = pictures[trajectory], partial(_preview, self._family, trajectory.x0)
        yield Step(index, advance.step, advance.steps, preview, tuple(trajectory.answers), trajectory.walk.place)
        if advance.latents is not None:
            with self._heeding([trajectory]):
                image = trajectory.walk.finish(advance.latents)
            seed, proof = running.request.seed_of(index), _proof(running.request, image)
            del pictures[trajectory]
            running.made.add(index)
            running.told.pop(index, None)
            spared = ", ".join(self._family.savings[: running.thrift])
            yield Picture(index, seed, image, proof, spared, tuple(trajectory.used), trajectory.notes)

    def _spare(self, error: Exception) -> bool:
        """Where memory ran short: put the next of the savings in force, if there is one."""
        if not is_shortage(error) or self._family.thrift == len(self._family.savings):
            return False
        error.__traceback__ = None  # its frames hold what the call had laid out
        release(self._family.device)
        self._family.thrift += 1
        self._short = set(self._running)
        for running in self._running.values():
            running.thrift = self._family.thrift
        return True

    def _leave(self, running: Running) -> None:
        for trajectory in running.pictures or ():
            if trajectory in self._engine.live:
                self._engine.drop(trajectory)

    def _owner(self, trajectory: Trajectory) -> Running | None:
        """Whose picture it is; None where nobody waits for it any more."""
        return next((each for each in self._running.values() if trajectory in (each.pictures or ())), None)


def _proof(request: Request, image: Image.Image) -> Proof | None:
    if isinstance(request, Outpaint):
        request = outpainting.as_inpainting(request)
    return prove(request, image) if isinstance(request, Inpaint) else None


def _preview(family: Family, x0: Tensor | None) -> Image.Image:
    assert x0 is not None, "nothing has been estimated yet"
    return to_picture(family.preview(x0))
