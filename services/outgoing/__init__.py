"""Webhooks: what happens to an account is posted to the endpoints that its owner named.

**Events** (`names.py`): `job.completed`, `job.failed` (every accepted job, also those of a batch),
`batch.completed` (every item has ended, however), `balance.low` (the balance fell below the threshold
of the account; again only after credits were added), `webhook.test` (asked for on the page).

**The request**: `POST`, `Content-Type: application/json`, `User-Agent: Maskr-Webhooks/1`,
`Maskr-Event-Id: evt_…` and `Maskr-Signature: t=UNIX_SECONDS,v1=HEX[,v1=HEX…]`. The body is
`{"id": "evt_…", "type": "…", "created": UNIX_SECONDS, "data": {…}}`; id, type and created are the same
in every attempt. `data` is what `GET /v1/jobs/ID` or `GET /v1/batches/ID` would answer at the moment
of the attempt, with a fresh link; for `balance.low` it is `{"balance": 12.5, "threshold": 100}`, for
`webhook.test` `{"message": "…"}`.

**The signature**: each `v1` is the hexadecimal HMAC-SHA256 of `t + "." + body`, keyed with the whole
secret (`whsec_…`) as it was shown. While a secret is being rolled there is one for the new and one for
the old secret: accept the request if any of them is right and `t` is at most five minutes away.

**Delivery**: any 2xx status within ten seconds is success, its body is ignored. Redirects are not
followed. Everything else is tried again up to twelve times over about three days, with growing gaps
(10 s, 1 min, 5 min, 15 min, 1 h, 3 h, 6 h, then every 12 h), then given up; 410 switches the endpoint
off at once, five days of nothing but failures do so too, and its owner gets a mail. Deliveries come at
least once (drop what has a known id) and in no promised order.

**Addresses**: https on port 443 or from 1024 on, to public addresses, judged when they are dialled.
MASKR_WEBHOOK_NETWORKS names private networks that may be reached as well, also by http.

How: a delivery is a row, written in the transaction of what it tells (`events.py`), so neither a crash
nor a lost message loses it. The table is the queue: threads of their own (`couriers.py`) in every
web and worker process take rows by conditional UPDATE, woken at the commit and every few seconds, so
that slow endpoints keep no picture waiting and no broker is needed.
"""
