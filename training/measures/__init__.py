"""What is measured of the built-in model; `python -m training.measure` runs it all."""
