"""From names in a prompt to adapters that are on: those of the shelf that a loaded model has in hand."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import torch

from pipelines.adapters.controls import ControlNet, Held
from pipelines.adapters.embeddings import Embedding, read_embedding, spoken
from pipelines.adapters.image_prompts import Glimpse, IPAdapter, Worn, asking, glimpsed
from pipelines.adapters.lora import Layers, Lora, read_lora, sha256_of
from pipelines.adapters.switching import Loras, Switches, Weighed
from pipelines.adapters.used import Used
from pipelines.adapters.words import LORA_KINDS, Words, names_in
from pipelines.controls import Control, Example, ImagePrompt
from pipelines.errors import InvalidRequest
from pipelines.prompt import MOST, Piece, Tag
from pipelines.shelf import Shelf

LORAS_KEPT = 4
EMBEDDINGS_KEPT = 64
CONTROLNETS_KEPT = 2
IP_ADAPTERS_KEPT = 2

Read = TypeVar("Read")


@dataclass(frozen=True)
class Adapters:
    """What is on for a wording: ``loras`` with their weights, ``embeddings`` by their names in it, ``controls``,
    ``image_prompts``."""

    loras: Loras = ()
    embeddings: tuple[Embedding, ...] = ()
    controls: tuple[Held, ...] = ()
    image_prompts: tuple[Worn, ...] = ()

    def spelled(self, said: Sequence[Piece]) -> tuple[Piece, ...]:
        """A wording with the embeddings' names as numbers below 0."""
        return Words({each.name: each.length for each in self.embeddings}).spelled(said)

    @property
    def used(self) -> tuple[Used, ...]:
        """The same for a recipe."""
        loras = (Used("lora", each.lora.path.stem, each.lora.sha256, each.network, each.text) for each in self.loras)
        controls = (
            Used("controlnet", held.control.name, held.controlnet.sha256, held.control.weight, 0.0)
            for held in self.controls
        )
        worn = (
            Used("ip_adapter", each.prompt.name, each.adapter.sha256, each.prompt.weight, 0.0)
            for each in self.image_prompts
        )
        return (*loras, *(Used("embedding", each.name, each.sha256) for each in self.embeddings), *controls, *worn)


NONE = Adapters()


class Kept(Generic[Read]):
    """What was read of files, as long as they stay what they were: at most so many, those used last."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._read: OrderedDict[Hashable, Read] = OrderedDict()

    def get(self, path: Path, read: Callable[[Path], Read]) -> Read:
        """What ``read`` makes of a file, read now or before."""
        facts = path.stat()
        key = (path, facts.st_mtime_ns, facts.st_size)
        if key not in self._read:
            self._read[key] = read(path)
        self._read.move_to_end(key)
        while len(self._read) > self._most:
            self._read.popitem(last=False)
        return self._read[key]


class Rack:
    """The adapters of one model.  ``modules``: the parts of it that can be changed, by name.

    ``shelf``: where names are looked up; None where there is no models folder.
    """

    def __init__(self, modules: Mapping[str, Any], device: torch.device, shelf: Shelf | None = None) -> None:
        self._modules = modules
        self._device = device
        self._shelf = shelf
        self._layers = Layers(modules)
        self._switches = Switches(self._layers.modules)
        self.forget()

    def forget(self) -> None:
        """Let go of all that was read; it is read again where it is named again."""
        self._loras: Kept[Lora] = Kept(LORAS_KEPT)
        self._embeddings: Kept[Embedding] = Kept(EMBEDDINGS_KEPT)
        self._controlnets: Kept[ControlNet] = Kept(CONTROLNETS_KEPT)
        self._ip_adapters: Kept[IPAdapter] = Kept(IP_ADAPTERS_KEPT)

    def picked(
        self,
        tags: Iterable[Tag],
        wordings: Iterable[Sequence[Piece]],
        controls: Iterable[Control] = (),
        image_prompts: Iterable[ImagePrompt] = (),
    ) -> Adapters:
        """What these tags, words, controls and image prompts name.

        InvalidRequest or ModelError where something is not there, or does not fit the model.
        """
        loras = tuple(each for each in map(self._weighed, tags) if each.network or each.text)
        held, worn = tuple(map(self._held, controls)), tuple(map(self._worn, image_prompts))
        return Adapters(loras, self._named(wordings), held, worn)

    def _held(self, control: Control) -> Held:
        path = self._shelf_for(control).find("controlnet", control.name)
        return Held(control, self._controlnets.get(path, self._controlnet))

    def _worn(self, prompt: ImagePrompt) -> Worn:
        shelf = self._shelf_for(prompt)
        path = shelf.find("ip_adapter", prompt.name)
        return Worn(prompt, self._ip_adapters.get(path, lambda path: self._ip_adapter(path, shelf)))

    def _shelf_for(self, example: Example) -> Shelf:
        """Where the file is that is to be shown a picture; InvalidRequest where there can be none."""
        if "unet" not in self._modules:
            raise InvalidRequest(
                f"{example.reader}s are for Stable Diffusion 1, 2 and XL here: leave the {example.what} out."
            )
        if self._shelf is None:
            raise InvalidRequest(
                f"There is no models folder to find the {example.reader} {example.name!r} in: "
                "name one, or leave it out."
            )
        return self._shelf

    def _controlnet(self, path: Path) -> ControlNet:
        from pipelines.sources.controlnet import read_controlnet

        unet = self._modules["unet"]
        network = read_controlnet(path, unet.config, unet.config.out_channels, unet.dtype)
        return ControlNet(network.to(self._device), sha256_of(path))

    def _ip_adapter(self, path: Path, shelf: Shelf) -> IPAdapter:
        from pipelines.sources.ip_adapter import read_ip_adapter

        unet = self._modules["unet"]
        layers = asking(unet)
        widths = [layer.to_k.out_features for layer in layers.values()]
        parts = read_ip_adapter(path, shelf, unet.config.cross_attention_dim, widths, unet.dtype)
        own = dict(zip(layers, (part.to(self._device) for part in parts.layers), strict=True))
        return IPAdapter(parts.encoder, parts.projection.to(self._device), own, parts.deep, sha256_of(path))

    def _weighed(self, tag: Tag) -> Weighed:
        if tag.kind not in LORA_KINDS:
            raise InvalidRequest(
                f"<{tag.kind}:{tag.name}> cannot be switched on: only LoRAs can, by <lora:name:weight>; take it out."
            )
        network = tag.weight if tag.network is None else tag.network
        for weight in (tag.weight, network):
            if abs(weight) > MOST:
                raise InvalidRequest(
                    f"The weight of <{tag.kind}:{tag.name}> must be {-MOST:g} to {MOST:g}, but is {weight:g}."
                )
        if self._shelf is None:
            raise InvalidRequest(
                f"<{tag.kind}:{tag.name}> cannot be switched on, for there is no models folder to find it in: "
                "name one, or take it out of the prompt."
            )
        path = self._shelf.find("lora", tag.name)
        lora = self._loras.get(path, lambda path: read_lora(path, self._layers, self._device))
        return Weighed(lora, network, tag.weight)

    def _named(self, wordings: Iterable[Sequence[Piece]]) -> tuple[Embedding, ...]:
        """The embeddings whose names stand in these wordings, in order."""
        if self._shelf is None:
            return ()
        found = names_in((piece.text for said in wordings for piece in said), self._shelf)
        return tuple(self._embedding(self._shelf.find("embedding", name)) for name in found)

    def _embedding(self, path: Path) -> Embedding:
        return self._embeddings.get(path, lambda path: read_embedding(path, self._widths()))

    def _widths(self) -> dict[str, int]:
        """The length of a word's vector for each text encoder."""
        encoders = {name: part for name, part in self._modules.items() if name.startswith("text_encoder")}
        strange = [part for part in encoders.values() if not type(part).__name__.startswith("CLIP")]
        if strange or not encoders:
            raise InvalidRequest("This model does not read prompts by CLIP alone, so it cannot use embeddings.")
        return {name: part.get_input_embeddings().embedding_dim for name, part in encoders.items()}

    @contextmanager
    def on(self, adapters: Adapters, glimpses: Sequence[Sequence[Glimpse]] = ()) -> Iterator[None]:
        """Have these on in the model, and no others, while this lasts; ``glimpses``: of each query that is asked."""
        with ExitStack() as stack:
            stack.enter_context(self._switches.on(adapters.loras))
            for name, part in self._modules.items():
                vectors = [each.vectors[name] for each in adapters.embeddings if name in each.vectors]
                if vectors:
                    stack.enter_context(spoken(part, torch.cat(vectors)))
            if any(glimpses):
                stack.enter_context(glimpsed(self._modules["unet"], glimpses))
            yield
