"""What is known about models without loading them: where they are, what they are, what suits them.

card.py        a model as a person meets it
catalogue.py   the built-in models, and those on a person's shelf
entries.py     what lies on the shelf, of every kind, told from headers
known.py       what was told of a file once, kept until the file changes
offers.py      what a person can choose from
spoken.py      what on the shelf can be written into a prompt
fetching.py    models from Hugging Face, when somebody asks for one
"""

from __future__ import annotations

from studio.models.card import ModelCard
from studio.models.catalogue import Models
from studio.models.entries import Entry
from studio.models.offers import Offer, offers, pick
from studio.models.spoken import Spoken, spoken

__all__ = ["Entry", "ModelCard", "Models", "Offer", "Spoken", "offers", "pick", "spoken"]
