"""How well the autoencoder alone copies drawings."""

import torch

from pipelines.canvas import to_pixels
from training.drawings import FIRST_HELD_OUT
from training.measures.likeness import psnr, ssim
from training.measures.rows import Row
from training.measures.trial import Trial
from training.scenes import draw, imagine


def copies(trial: Trial) -> list[Row]:
    """PSNR and SSIM of copies of held-out drawings, each the mean over pictures."""
    ratios, likeness = [], []
    numbers = range(FIRST_HELD_OUT, FIRST_HELD_OUT + trial.some)
    for number in numbers:
        drawing = draw(imagine(number), number, trial.artist.size)
        pair = to_pixels(drawing)[None], to_pixels(trial.artist.copy(drawing))[None]
        ratios.append(psnr(*pair))
        likeness.append(ssim(*pair))
    how = f"mean over copies of {len(numbers)} held-out drawings"
    return [
        Row("copies: PSNR", torch.cat(ratios).mean().item(), 30.0, how, unit="dB"),
        Row(
            "copies: SSIM", torch.cat(likeness).mean().item(), 0.93, f"{how}, Wang et al. 2004, 11x11 Gaussian", unit=""
        ),
    ]
