"""Stages two and three: learn to take noise away from latents, listening to the prompt.

Noise a drawing's latents by some amount, show them to the network together with a caption, and let it say what the
noise was. The text encoder learns along: words come to mean what helps the denoiser. To draw, begin with noise
alone and let the network clean it a little at a time; see `samples.py`.
"""

import argparse
from pathlib import Path

import torch
from diffusers import UNet2DConditionModel
from diffusers.models.attention_processor import AttnProcessor
from torch import Tensor, nn

from training.cells import CHANNELS
from training.dataset import Lessons, read_latents
from training.loop import Average, Clock, device, half_precision, learning_rate, load, save
from training.noising import STEPS, Road, new_road
from training.scenes import SIDE
from training.text import WIDTH, new_text_encoder, new_tokenizer

BATCH = 16
PEAK_RATE = 1e-3


def new_unet() -> UNet2DConditionModel:
    """Wide where latents are small: there the picture is composed, and there arithmetic is cheap."""
    return UNet2DConditionModel(
        sample_size=SIDE // 8,
        in_channels=CHANNELS,
        out_channels=CHANNELS,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        mid_block_type="UNetMidBlock2DCrossAttn",
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        block_out_channels=(32, 128, 256),
        layers_per_block=1,
        attention_head_dim=(1, 2, 4),  # despite its name the *number* of heads on each level
        cross_attention_dim=WIDTH,
        addition_embed_type="text",  # the prompt as a whole is told beside the time, to every layer
        addition_embed_type_num_heads=4,
        norm_num_groups=16,
    ).to(memory_format=torch.channels_last)


class Painter(nn.Module):
    """Text encoder and denoiser as one network, for they are trained as one."""

    def __init__(self, vocabulary_from_tokenizer: object) -> None:
        super().__init__()
        self.text_encoder = new_text_encoder(vocabulary_from_tokenizer)
        self.unet = new_unet()
        if (
            device().type == "cpu"
        ):  # plain attention: its backward pass is several times faster there than the fused one
            self.unet.set_attn_processor(AttnProcessor())
            self.text_encoder.set_attn_implementation("eager")

    def forward(self, noisy: Tensor, step: Tensor, prompt: Tensor) -> Tensor:
        """Noisy latents [n, 8, 32, 32], steps [n], tokens [n, 77] → velocity [n, 8, 32, 32]."""
        words = self.text_encoder(prompt).last_hidden_state
        return self.unet(noisy, step, encoder_hidden_states=words).sample


def loss_of(painter: nn.Module, road: Road, clean: Tensor, prompt: Tensor) -> Tensor:
    """Squared error of the predicted velocity at a random step for each picture, weighted along the road."""
    step = _spread_steps(len(clean)).to(clean.device)
    noise = torch.randn_like(clean)
    noisy = road.noised(clean, noise, step).contiguous(memory_format=torch.channels_last)
    with half_precision():
        said = painter(noisy, step, prompt)
    error = (said.float() - road.velocity(clean, noise, step)).square().mean(dim=(1, 2, 3))
    return (road.weight(step) * error).mean()


def _spread_steps(count: int) -> Tensor:
    """Random steps [count], one in each of `count` equal parts of the road: less chance, steadier learning."""
    return ((torch.arange(count) + torch.rand(count)) / count * STEPS).long().clamp(max=STEPS - 1)


def train(work: Path, minutes: float, batch: int = BATCH, save_every: int = 300) -> None:
    """Train until the minutes are over, going on from `work` if there is a checkpoint."""
    torch.manual_seed(0)
    tokenizer, road = new_tokenizer(), new_road()
    road = Road(road.alpha.to(device()), road.sigma.to(device()))
    latents = read_latents(work)
    painter = Painter(tokenizer).to(device())
    average = Average(painter, 0.998)
    optimizer = torch.optim.AdamW(painter.parameters(), lr=PEAK_RATE, betas=(0.9, 0.99), weight_decay=1e-2, fused=True)
    before = load(work / "denoiser.pt")
    if before:
        painter.load_state_dict(before["network"])
        average.network.load_state_dict(before["average"])
        if "optimizer" in before:
            optimizer.load_state_dict(before["optimizer"])
    step, seen, clock = before.get("step", 0), before.get("seen", 0), Clock(minutes, before.get("seconds", 0.0))
    history = before.get("history", {})  # what a model that was taken up had seen before
    print(f"{len(latents)} latents, from step {step}", flush=True)
    recent = 0.0
    for clean, prompt in Lessons(latents, tokenizer, batch).start(seed=step):
        progress = clock.tick()
        optimizer.param_groups[0]["lr"] = learning_rate(PEAK_RATE, step, progress, warm_up=200)
        loss = loss_of(painter, road, clean, prompt)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(painter.parameters(), 1.0)
        optimizer.step()
        average.update(painter, step)
        step, seen, recent = step + 1, seen + batch, recent + loss.item()
        if step % 50 == 0:
            print(f"step {step}  {seen} seen  {clock.seconds / 60:.1f} min  loss {recent / 50:.4f}", flush=True)
            recent = 0.0
        if step % save_every == 0 or progress == 1:
            parts = {"network": painter.state_dict(), "average": average.network.state_dict()}
            facts = {"step": step, "seen": seen, "seconds": clock.seconds, "pictures": len(latents), "history": history}
            save(work / "denoiser.pt", **parts, optimizer=optimizer.state_dict(), **facts)
        if progress == 1:
            return


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=70)
    parser.add_argument("--work", type=Path, default=Path("work"))
    parser.add_argument("--batch", type=int, default=BATCH, help="larger on a GPU")
    options = parser.parse_args()
    train(options.work, options.minutes, options.batch)


if __name__ == "__main__":
    main()
