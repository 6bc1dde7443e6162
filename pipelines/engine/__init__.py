"""The shared noise-step engine: pure mathematics on torch and the standard library.

Everything is written on the path ``x = alpha * x0 + sigma * noise``.  Diffusion models have alpha² + sigma² = 1, flow
matching has alpha = 1 - sigma; samplers, guidance and masks see only levels and estimates of x0, so they serve both.
"""
