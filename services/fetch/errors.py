"""What the caller learns (nothing) and what the log learns (the reason)."""


class FetchFailed(Exception):
    """The one failure, with one text: a caller must not be able to look around from here."""

    def __init__(self) -> None:
        super().__init__("The image could not be fetched from this address.")


class PostFailed(Exception):
    """No status came back; the text says why, in words that the owner of the address may read."""


class UrlRefused(Exception):
    """No such address is ever asked; the text says what is wrong with it."""


class Refused(Exception):
    """Internal: the reason, for the log. Texts are fixed, and never quote a URL or a server."""
