"""What accounts do beside requests. Every step takes its rows by conditional UPDATE."""

from accounts import erasure, notices, sealing

_sealing = sealing.Hourly()


def run() -> dict[str, int]:
    """Returns what was done by kind. Sends mails, so never from a request."""
    return {
        "erased": erasure.resume(),
        "keys_ending": notices.mail_ending_keys(),
        "factors_sealed": _sealing.run(),
    }
