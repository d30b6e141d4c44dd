"""A server that speaks Stripe's API, for tests and for the demonstration; no product code in it.

In a test (the fixtures are in `fixture.py`; a conftest imports them):

    def test_a_paid_session_is_complete(stripe_server, stripe_client):
        session = stripe_client.v1.checkout.sessions.create({"mode": "payment", ...})
        stripe_server.pay(session.id)
        assert stripe_client.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"

`stripe_server.url`, `.key` and `.webhook_secret` are what STRIPE_API_BASE, STRIPE_SECRET_KEY and
STRIPE_WEBHOOK_SECRET want. Events go to `stripe_server.webhook_url` once that is set, in order,
by a thread, and again with growing gaps unless answered 2xx; `wait()` returns when none is left.
While it is empty, and after `hold()`, they are collected: `held()` lists them, `deliver(id)`
sends one, in any order and as often as wanted, `signed(id)` gives body and headers to send by
other means, `release()` lets the rest go. What else happens behind the counter is `backstage.py`:

    pay settle expire              a customer at checkout (cards.GOOD and the other test cards)
    refund fail_refund             as in Stripe's dashboard; a refund that bounces
    open_dispute close_dispute     a cardholder complains
    decline_next                   the next charges fail, whatever their card
    advance end_subscription       a month passes
    fail clear_faults              calls answered by an error, late, or by a cut line
    events attempts requests meter_events find     what there is and what came in

As a process of its own, with the same methods as POST /_test/<method> and JSON arguments:

    python -m tests.stripe_server --port 12111 --webhook-url http://127.0.0.1:8000/billing/stripe/webhook

What it leaves out: proration (a changed price counts from the next period), trials, several
currencies for one price, Connect, 3-D Secure dialogues, and real tax (10 % where it is enabled).
"""
