"""Settings for every test: one thread (tiny models gain nothing from more), no network, no progress bars."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")

from hypothesis import settings

settings.register_profile("studio", deadline=None)  # a slow machine is no mistake
settings.load_profile("studio")
