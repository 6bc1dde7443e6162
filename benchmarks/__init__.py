"""Measurements, one command each.  Both sides of a comparison run in turn within one run: quote the ratios."""
