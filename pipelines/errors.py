"""What can go wrong, as one tree.

    StudioError                 anything a person should read as one sentence
    ├── InvalidRequest          the request cannot be carried out as it stands
    ├── UnreadableImage         a picture or mask that cannot be opened
    ├── ModelError              a model that is missing, incomplete or of a kind nobody here knows
    ├── AttentionUnavailable    an explicit attention choice that this machine cannot honour
    ├── LockBroken              a picture that does not keep what its mask does not cover
    └── OutputError             a picture that could not be written

Each message is one sentence: what was expected, what came, what to do.
"""


class StudioError(Exception):
    """Base of every error that is shown to a person as it is."""


class InvalidRequest(StudioError):
    """A request that cannot be carried out as it stands."""


class UnreadableImage(StudioError):
    """A picture or mask that is missing, corrupt, too large or in a format that is not accepted."""


class ModelError(StudioError):
    """A model that is missing, incomplete or of an unknown kind."""


class AttentionUnavailable(StudioError):
    """An explicit attention choice that cannot be honoured on this machine."""


class LockBroken(StudioError):
    """A picture that changed outside its mask and feather, which no way of painting may do."""


class OutputError(StudioError):
    """A picture that could not be written where it was asked for."""
