"""What the caller learns (nothing) and what the log learns (the reason)."""


class FetchFailed(Exception):
    """The one failure, with one text: a caller must not be able to look around from here."""

    def __init__(self) -> None:
        super().__init__("The image could not be fetched from this address.")


class Refused(Exception):
    """Internal: the reason, for the log. Texts are fixed, and never quote a URL or a server."""
