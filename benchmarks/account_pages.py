"""The pages of one account over a hundred thousand jobs: server time and queries of each.

    DEBUG=1 MASKR_VAR_DIR=/tmp/scratch python -m benchmarks.account_pages [--jobs 100000] [--fill]

`--fill` migrates the database (DATABASE_URL, or SQLite in MASKR_VAR_DIR) and fills it with one
account's made-up jobs and a ledger entry for each: give it one of its own.
"""

import argparse
import os
import time
from statistics import median
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "maskr_site.settings")
os.environ.setdefault("MASKR_LOG_LEVEL", "WARNING")

EMAIL, RUNS = "many@example.com", 10
# What each completed job would have cost.
_FILL_LEDGER = """
INSERT INTO billing_ledgerentry (account_id, kind, amount, balance_after, job, service, key, reason,
                                 created_at)
SELECT a.id, 'usage', -300, 100000000 - 300 * row_number() OVER (ORDER BY j.created_at), j.id,
    j.service, 'usage:' || j.id, '', j.created_at
FROM services_job j JOIN billing_creditaccount a ON a.user_id = j.owner_id
WHERE j.state = 'completed' ORDER BY j.created_at
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=100_000)
    parser.add_argument("--fill", action="store_true")
    parser.add_argument("--cold", action="store_true", help="clear the cache before each request")
    options = parser.parse_args()
    django.setup()
    if options.fill:
        fill(options.jobs)
    measure(options.cold)


def fill(jobs: int) -> None:
    from django.core.management import call_command
    from django.db import connection

    from accounts import keys
    from accounts.models import User
    from billing import credits

    call_command("migrate", verbosity=0)
    user = User.objects.create_user(EMAIL)
    for name in ("shop", "importer", "tests"):
        keys.create(user, name)
    call_command("make_jobs", str(jobs), email=EMAIL, verbosity=0)
    credits.grant(user, 100_000_000, reason="made up")
    with connection.cursor() as cursor:
        cursor.execute(_FILL_LEDGER)
        cursor.execute("ANALYZE")


def measure(is_cold: bool) -> None:
    from django.core.management import call_command
    from django.test import Client

    from accounts.models import User

    call_command("collectstatic", interactive=False, verbosity=0)
    user = User.objects.get(email=EMAIL)
    client = Client(headers={"host": "localhost"})
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    print(f"{'page':34} {'ms':>7} {'SQL':>7} {'own':>7} {'queries':>8}")
    for name, path in paths(user).items():
        print("{:34} {:7.1f} {:7.1f} {:7.1f} {:8}".format(name, *timed(client, path, is_cold)))


def paths(user: Any) -> dict[str, str]:
    jobs, statement = "/account/jobs/", "/account/billing/statement/"
    ids = list(user.jobs.order_by("-created_at", "-pk").values_list("pk", "request_id"))
    (newest, request), (middle, _) = ids[0], ids[len(ids) // 2]
    key = user.api_keys.earliest("created_at").pk
    month = user.jobs.order_by("created_at")[len(ids) // 2].created_at
    return {
        "overview": "/account/",
        "jobs": jobs,
        "jobs, from the middle on": f"{jobs}?older={middle}",
        "jobs, newer than the middle": f"{jobs}?newer={middle}",
        "jobs, failed": f"{jobs}?state=failed",
        "jobs, pending (none)": f"{jobs}?state=pending",
        "jobs, one service": f"{jobs}?service=object-removal",
        "jobs, failed of a service": f"{jobs}?state=failed&service=object-removal",
        "jobs, one key": f"{jobs}?key={key}",
        "jobs, no key, failed": f"{jobs}?key=none&state=failed",
        "jobs, a month": f"{jobs}?since={month:%Y-%m-01}&until={month:%Y-%m-28}",
        "jobs, by request": f"{jobs}?search={request}",
        "jobs, by id": f"{jobs}?search={newest}",
        "jobs, nothing fits": f"{jobs}?search=nothing",
        "job": f"{jobs}{newest}/",
        "keys": "/account/keys/",
        "billing": "/account/billing/",
        "statement": statement,
        "statement, page 1000": f"{statement}?page=1000",
        "statement, grants": f"{statement}?kind=grant",
        "statement, a month": f"{statement}?month={month:%Y-%m}",
        "statement, one service": f"{statement}?service=object-removal",
        "deliveries": "/account/webhooks/deliveries/",
        "settings": "/account/settings/",
    }


def timed(client: Any, path: str, is_cold: bool) -> tuple[float, float, float, int]:
    """Medians: milliseconds by the clock, in the database and of this thread's
    own work, which say more on a machine that others use; and how many queries."""
    from django.core.cache import cache
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    clocks, sqls, owns, count = [], [], [], 0
    client.get(path)
    for _ in range(RUNS):
        if is_cold:
            cache.clear()
        with CaptureQueriesContext(connection) as queries:
            start, own = time.perf_counter(), time.thread_time()
            response = client.get(path)
            owns.append((time.thread_time() - own) * 1000)
            clocks.append((time.perf_counter() - start) * 1000)
        assert response.status_code == 200, (path, response.status_code)
        sqls.append(sum(float(query["time"]) for query in queries) * 1000)
        count = len(queries)
    return median(clocks), median(sqls), median(owns), count


if __name__ == "__main__":
    main()
