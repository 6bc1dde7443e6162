"""What is not read here, and by what it is told.  Imports nothing."""

AS_FOLDER = "which is read from a folder in diffusers' layout"

FOREIGN_MODELS = (
    ("single_stream_modulation.lin.weight", f"a Flux 2 model, {AS_FOLDER}"),
    ("distilled_guidance_layer.", f"a Chroma model, {AS_FOLDER}"),
    ("edm_mean", "a Playground 2.5 model"),
    ("edm_vpred.sigma_max", "a CosXL model"),
    ("double_layers.0.", "an AuraFlow model"),
    ("x_pad_token", f"a Z-Image model, {AS_FOLDER}"),
    ("cap_embedder.0.weight", "a Lumina 2 model"),
    ("txt_norm.weight", f"a Qwen-Image model, {AS_FOLDER}"),
    ("head.modulation", "a Wan model"),
    ("patchify_proj.weight", "an LTX model"),
    ("clip_txt_mapper.weight", "a Stable Cascade model"),
    ("txt_in.individual_token_refiner.", "a Hunyuan model"),
    ("double_stream_blocks.0.", "a HiDream model"),
    ("blocks.0.cross_attn.q_linear.", f"a PixArt or Sana model, {AS_FOLDER}"),
)
"""Fragments of names, and what model has them that is not read here; some have names of known ones besides."""

FOREIGN = (
    *FOREIGN_MODELS,
    ("motion_modules.0.", "an AnimateDiff module"),
    ("single_transformer_blocks.0.", "the transformer of a model in diffusers' layout, which is given by its folder"),
    ("transformer_blocks.0.attn.to_q.weight", "a transformer in diffusers' layout, which is given by its folder"),
    ("down_blocks.0.resnets.0.conv1.weight", "a UNet in diffusers' layout, which is given by its folder"),
    ("adapter.body.0.", "a T2I-Adapter"),
    ("lora_controlnet", "a Control-LoRA"),
)
"""The same, and what else is not read here."""
