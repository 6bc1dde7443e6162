"""The studio's parts, put together and handed on; nothing is global."""

from __future__ import annotations

from functools import lru_cache
from types import TracebackType
from typing import Any

from studio import looking
from studio.desk import Desk
from studio.jobs import Jobs
from studio.library import Library
from studio.models import ModelCard, Models
from studio.settings import ENGINE, Settings
from studio.workers import Worker


class Studio:
    """What the page and the HTTP doors work with.  ``with Studio(settings) as studio:`` starts and closes it."""

    def __init__(self, settings: Settings, worker: Worker | None = None) -> None:
        self.settings = settings
        self._model = settings.model
        self._tokenizer = lru_cache(maxsize=1)(self._read_tokenizer)
        self.library = Library(settings.outputs)
        self.desk = Desk(settings.outputs / ".studio" / "desk.json")
        self.models = Models(shelf=settings.models)
        how = {name: getattr(settings, name) for name in (*ENGINE, "patience")}
        self.worker = worker or Worker(**how)
        self.jobs = Jobs(self.library, self.models, self.worker, settings.at_once)

    @property
    def model(self) -> str:
        """The reference of the model that draws."""
        return self._model

    def use(self, reference: str) -> ModelCard:
        """Let another model draw what is asked for from now on; ModelError where there is none such.

        It is loaded once the engine is done with the jobs it is at; jobs keep the model that they were asked for with.
        """
        card = self.models.card(reference)
        self._model = card.reference
        self.worker.start(card.folder)
        return card

    @property
    def tokenizer(self) -> Any:
        """The model's tokenizer, to look at prompts with; read when first asked for, ModelError where it cannot be."""
        return self._tokenizer(self.model)

    def _read_tokenizer(self, model: str) -> Any:
        return looking.tokenizer(self.models.card(model).folder)

    def start(self) -> None:
        """Go on with the jobs there are, and let the model be loaded behind whatever comes next.

        StudioError where there is no model, nowhere to write, or another studio at work in the same folder.
        """
        card = self.models.card(self.model)
        self.library.check()
        self.jobs.open()
        self.worker.start(card.folder)
        self.jobs.start()

    def close(self) -> None:
        """End everything; pictures that are done are on disk when this returns, and jobs that are not wait there."""
        self.jobs.close()
        self.worker.close()
        self.jobs.join()

    def __enter__(self) -> Studio:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
