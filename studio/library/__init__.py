"""Pictures on disk.

    door.py       open_picture, open_mask: whatever a person hands us → a picture, or one sentence
    deep.py       16 bits a channel in PNG files
    files.py      writing a file whole or not at all
    recipe.py     the recipe in a PNG
    library.py    the folder of results and inputs
    index.py query.py    finding results: the index over the files, what is asked, what is answered
    tally.py      what there is to choose from, counted
    said.py       what only a person says of a result: star, tags, collection
    batch.py      one decision for many pictures
    thumbnails.py     small copies, made when they are looked at
    export.py bundle.py    a result as JPEG or WebP, with its recipe; several as one ZIP file

Files are the truth: a result holds its own recipe, and what it was made from lies beside it.
"""

from studio.library.door import open_mask, open_picture
from studio.library.library import Library, Saved
from studio.library.query import Entry, Query
from studio.library.recipe import Recipe
from studio.library.said import Said

__all__ = ["Entry", "Library", "Query", "Recipe", "Said", "Saved", "open_mask", "open_picture"]
