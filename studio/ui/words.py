"""What the page says in English, as far as it is said in Python: what a translation has to say otherwise.

A field is called in code by its name, which never changes; its label is looked up here.  What the page's scripts say
stands in `assets/page/words.js`, and why something is refused stands where it is refused.
"""

from __future__ import annotations

NAME = "Diffusion Studio"
TABS = {
    "text_to_image": "Text to image",
    "image_to_image": "Image to image",
    "inpaint": "Inpaint",
    "outpaint": "Outpaint",
    "gallery": "Gallery",
}
QUESTIONS = {
    "text_to_image": "What should be in the picture?",
    "image_to_image": "What should the picture become?",
    "inpaint": "What should be where you paint?",
    "outpaint": "What should the larger picture show?",
}
"""In the empty prompt of each task."""

LABELS = {
    "prompt": "Prompt",
    "negative": "Negative",
    "width": "Width",
    "height": "Height",
    "left": "Left",
    "top": "Top",
    "right": "Right",
    "bottom": "Bottom",
    "count": "Count",
    "strength": "Strength",
    "steps": "Steps",
    "guidance": "Guidance",
    "sampler": "Sampler",
    "spacing": "Spacing",
    "seed": "Seed",
    "reuse": "Reuse",
    "styles": "Styles",
    "guidance-method": "Guidance method",
    "guidance-start": "Guidance start",
    "guidance-stop": "Guidance stop",
    "guidance-rescale": "Guidance rescale",
    "variation-seed": "Variation seed",
    "variation-strength": "Variation strength",
    "clip-skip": "Clip skip",
    "enlarge": "Enlarge",
    "enlarge-what": "Enlarge what",
    "second-strength": "Second strength",
    "resize": "Resize",
    "loops": "Loops",
    "all-steps-from-there": "All steps from there",
    "feather": "Feather",
    "grow": "Grow",
    "fill": "Fill",
    "area": "Area",
    "padding": "Padding",
    "join": "Join",
    "grey-repaints-less": "Grey repaints less",
    "overlap": "Overlap",
    "paint-copies-anew": "Paint copies anew",
    "across": "Across",
    "down": "Down",
    "sheet": "Sheet",
    "across-values": "Across values",
    "down-values": "Down values",
    "sheet-values": "Sheet values",
    "prompts": "Prompts",
}
"""Of fields, by their names."""

FOLDS = {
    "sight": "What the model sees",
    "advanced": "Advanced",
    "finer": "Finer control",
    "grid": "Grid",
    "many": "Many at once",
}
AREAS = {
    "automatic": "Automatic, by the picture's size",
    "whole": "The whole picture",
    "masked": "The mask and what is around it",
    "closeup": "The mask alone, enlarged",
}
"""Of ``pipelines.parts.AREAS``, as short as a field is wide."""

BLENDS = {"automatic": "Mended where it shows", "none": "As it was painted"}
"""Of ``pipelines.parts.BLENDS``."""

UPSCALES = {"pixels": "The picture", "latents": "Its latents: softer, freer"}
"""Of ``pipelines.parts.UPSCALES``."""

GENERATE = "Generate"
SET_FIELDS = "Set the fields"
NO_RESULTS = "Your pictures will appear here."
NEGATIVE = "What should not be in the picture"
DEAF = "This model guides itself and hears no negative prompt."
ANY_SEED = "random"
REUSE = "Steps that share an answer of Stable Diffusion's deep layers: 2 or 3 is about twice as fast; details change."
ENLARGE = "how many times; 1: not at all"
OWN_SIDE = "0: as it is"
PROMPTS = "One a line, in place of the prompt above; lines that begin with # are left out."
SOME_PROMPTS = "a red house\na blue boat"
NO_AXIS = "Nothing"
NOTE = "Note: {}"
NO_PICTURE = "Open a picture first: drop one on the canvas, paste it or choose a file."
NO_MASK = "Nothing is painted yet: paint over what should be made anew."
MORE_REFUSED = "And {} more could not be worked on."
