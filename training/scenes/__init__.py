"""The world: facts about a landscape, and the picture that those facts look like."""

from training.scenes.brush import SIDE
from training.scenes.facts import Facts, Thing
from training.scenes.imagination import imagine, size_of
from training.scenes.picture import draw, draw_with_mask

__all__ = ["SIDE", "Facts", "Thing", "draw", "draw_with_mask", "imagine", "size_of"]
