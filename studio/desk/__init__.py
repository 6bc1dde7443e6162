"""The desk: the state of the page, kept by the studio, so that a reload or another device finds it as it was.

desk.py        keys and values, in one file
project.py     the desk with all its pictures, as one file to keep and to open elsewhere
"""

from __future__ import annotations

from studio.desk.desk import Desk
from studio.desk.project import pack, unpack

__all__ = ["Desk", "pack", "unpack"]
