"""One request in many variants: every combination of some settings' values, and a sheet that shows them side by side.

values.py      "4-20 [5]", "euler, heun": values as people write them
axes.py        the settings that can be varied, and a grid's axes
grid.py        a request and axes → a request a cell, in the order in which they are made
wish.py        axes and prompts as they are typed on the page, told back
sheet.py       finished pictures → one labelled picture
"""

from __future__ import annotations

from studio.grids.axes import SETTINGS, Axis
from studio.grids.grid import Grid, spread

__all__ = ["SETTINGS", "Axis", "Grid", "spread"]
