"""What billing does beside requests: one pass over everything that waits for a second attempt.

Every step takes its rows by conditional UPDATE, so any number of processes may run it at once.
"""

import logging

from billing import events, invoices, metering, top_up_mails, top_ups

logger = logging.getLogger(__name__)


def run() -> dict[str, int]:
    """Returns what was done by kind. Calls Stripe, so it may take long: never from a request."""
    done = {
        "events": events.retry_due(),
        "linked": invoices.link_strays(),
        "charged": top_ups.charge_due(),
        "mailed": top_up_mails.send_due(),
        "metered": metering.send_due(),
    }
    if any(done.values()):
        logger.info("billing errands: %s", done)
    return done
