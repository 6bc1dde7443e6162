"""The network that is trained: a text encoder that reads the prompt, and a denoiser that listens to it."""

import torch
from diffusers import UNet2DConditionModel
from diffusers.models.attention_processor import AttnProcessor
from torch import Tensor, nn
from transformers import CLIPTokenizer

from training.cells import CELL, CHANNELS
from training.loop import device
from training.recipe import SHIPPED, Scale
from training.text import new_text_encoder


def new_unet(scale: Scale = SHIPPED) -> UNet2DConditionModel:
    """Wide where latents are small: there the picture is composed, and there arithmetic is cheap."""
    return UNet2DConditionModel(
        sample_size=scale.side // CELL,
        in_channels=CHANNELS,
        out_channels=CHANNELS,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        mid_block_type="UNetMidBlock2DCrossAttn",
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        block_out_channels=scale.denoiser,
        layers_per_block=1,
        attention_head_dim=scale.heads,  # despite its name the *number* of heads on each level
        cross_attention_dim=scale.words,
        addition_embed_type="text",  # the prompt as a whole is told beside the time, to every layer
        addition_embed_type_num_heads=4,
        norm_num_groups=16,
    ).to(memory_format=torch.channels_last)


class Painter(nn.Module):
    """Text encoder and denoiser as one network, for they are trained as one."""

    def __init__(self, tokenizer: CLIPTokenizer, scale: Scale = SHIPPED) -> None:
        super().__init__()
        self.text_encoder = new_text_encoder(tokenizer, scale.words, scale.layers)
        self.unet = new_unet(scale)
        if device().type == "cpu":  # plain attention: its backward pass is several times faster there than the fused
            self.unet.set_attn_processor(AttnProcessor())
            self.text_encoder.set_attn_implementation("eager")

    def forward(self, noisy: Tensor, step: Tensor, prompt: Tensor) -> Tensor:
        """Noisy latents [n, 8, 32, 32], steps [n], tokens [n, 77] → velocity [n, 8, 32, 32]."""
        words = self.text_encoder(prompt).last_hidden_state
        return self.unet(noisy, step, encoder_hidden_states=words).sample
