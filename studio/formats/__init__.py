"""What picture files say in words: other programs' and our own.

containers.py    the parts of PNG, JPEG and WebP files; whether content credentials are among them
texts.py         the words in a file, wherever its format keeps them
xmp.py           the mark that a model made a picture, as every program reads it
draft.py         from another program's settings to a request, with a note for each that is lost
infotext.py      the grammar of A1111's parameters
a1111.py fooocus.py comfyui.py graph.py invokeai.py swarmui.py ours.py    one reader a program
parameters.py    a request in A1111's grammar
reading.py       whatever wrote a file → a request
marks.py         what a file says of where it comes from
"""

from studio.formats.draft import Carried
from studio.formats.reading import read_any

__all__ = ["Carried", "read_any"]
