"""The road from picture to noise, and what the denoiser must say at each point of it.

On the road, `x = alpha · x0 + sigma · noise`. At step 0 there is almost no noise; at the last step there is nothing
else (alpha is exactly 0: "zero terminal SNR"), so drawing may start from pure noise, without a hint of brightness.
"""

from dataclasses import dataclass

import torch
from diffusers import DDIMScheduler
from torch import Tensor

STEPS = 1000
TRUST = 5.0  # the loss of steps with more signal than this (per noise) is held down


def new_scheduler() -> DDIMScheduler:
    """The same road in diffusers' words; this is what the model folder tells every program that loads it."""
    return DDIMScheduler(
        num_train_timesteps=STEPS,
        beta_schedule="scaled_linear",
        beta_start=0.00085,
        beta_end=0.012,
        prediction_type="v_prediction",
        rescale_betas_zero_snr=True,
        timestep_spacing="trailing",
        clip_sample=False,
        set_alpha_to_one=True,
        steps_offset=1,  # has no say in trailing spacing; diffusers wants it so
    )


@dataclass(frozen=True)
class Road:
    """Signal and noise at each of the steps, both [STEPS]."""

    alpha: Tensor
    sigma: Tensor

    def noised(self, x0: Tensor, noise: Tensor, step: Tensor) -> Tensor:
        alpha, sigma = self._at(step)
        return alpha * x0 + sigma * noise

    def velocity(self, x0: Tensor, noise: Tensor, step: Tensor) -> Tensor:
        """The target "v": the noise where the picture is clear, the (negative) picture where all is noise."""
        alpha, sigma = self._at(step)
        return alpha * noise - sigma * x0

    def weight(self, step: Tensor) -> Tensor:
        """Loss weight [n]: 1 on most of the road, less where almost no noise is left to be found (min-SNR)."""
        snr_plus_one = 1 / self.sigma[step].square()  # (alpha² + sigma²) / sigma²
        return snr_plus_one.clamp(max=TRUST) / snr_plus_one

    def _at(self, step: Tensor) -> tuple[Tensor, Tensor]:
        shape = (-1, 1, 1, 1)
        return self.alpha[step].view(shape), self.sigma[step].view(shape)


def new_road() -> Road:
    """Scaled-linear betas, then shifted and stretched so that the last alpha is zero and the first stays as it was."""
    betas = torch.linspace(0.00085**0.5, 0.012**0.5, STEPS, dtype=torch.float64).square()
    alpha = (1 - betas).cumprod(0).sqrt()
    alpha = (alpha - alpha[-1]) * alpha[0] / (alpha[0] - alpha[-1])
    return Road(alpha.float(), (1 - alpha.square()).sqrt().float())
