"""Latents to pixels by the decoder that SD, SDXL, SD3, Flux and others share, exact up to rounding, in bands of rows.

    anatomy.py     is this decoder built as we know it?  If not, diffusers' own decodes
    decoder.py     its layers in their order: what is stored, and what is computed twice instead
    maps.py        a feature map that gives any of its rows, and what a pass over all of its bands gathers
    layers.py      convolution, the one after an enlargement, group norm with its activation

It differs from diffusers' decode in how, not in what:

- **Bands.**  Each layer is computed some rows at a time, out of the rows around them, so what stands between two layers
  is never there as a whole.  What a group norm divides by is gathered over the whole picture first, and the attention
  sees all of it: there are no seams, because nothing is decoded apart.
- **Enlarging.**  The four pixels that an enlargement makes of one see 2×2 different ones between them, so a 3×3
  convolution behind it is four of 2×2 on the small map, their weights added up: 4/9 of the work, and the enlarged map
  is never made.
- **Channels last**, and weights laid out once a layer as the processor wants them, for as long as the layer lasts.
- **Interruptible.**  Between two bands it asks whether anybody still waits.
"""

from pipelines.decoding.anatomy import is_known
from pipelines.decoding.decoder import decode
from pipelines.decoding.maps import Unwanted

__all__ = ["Unwanted", "decode", "is_known"]
