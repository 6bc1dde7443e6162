"""What all commands of the recipe do alike: say errors in one sentence, and stop politely."""

import sys
from collections.abc import Callable
from functools import wraps

from transformers.utils import logging

from pipelines.errors import StudioError

STOPPED = 130  # the exit status of a program that Ctrl-C ended


def spoken(main: Callable[[], None]) -> Callable[[], None]:
    """`main`, whose errors a person can read and whose end by Ctrl-C says how to go on."""

    @wraps(main)
    def speaking() -> None:
        logging.disable_progress_bar()  # of reading and writing weights, which take a moment
        logging.set_verbosity_error()
        try:
            main()
        except StudioError as error:
            raise SystemExit(str(error)) from error
        except KeyboardInterrupt:
            print("\nStopped; the same command goes on from here.", file=sys.stderr)
            raise SystemExit(STOPPED) from None

    return speaking
