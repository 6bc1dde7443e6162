"""The world: facts about a landscape, and the picture that those facts look like."""

from training.scenes.facts import Facts, Thing, imagine
from training.scenes.picture import SIDE, draw, draw_with_mask

__all__ = ["SIDE", "Facts", "Thing", "draw", "draw_with_mask", "imagine"]
