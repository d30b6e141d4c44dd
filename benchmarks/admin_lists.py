"""The admin over a million jobs: server time and queries of its lists, searches and pages.

    DATABASE_URL=postgres://…/scratch python -m benchmarks.admin_lists [--jobs 1000000] [--fill]

`--fill` migrates the database of DATABASE_URL and fills it with made-up rows: give it one of its own.
"""

import argparse
import os
import time
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "maskr_site.settings")

ACCOUNTS, RUNS = 2_000, 3
_FILL_ACCOUNTS = """
INSERT INTO accounts_user (password, is_superuser, email, is_active, is_staff, rate_factor,
                           training_opt_in, date_joined)
SELECT '!', false, 'customer' || n || '@example.com', true, false, 1, false, now()
FROM generate_series(1, %(accounts)s) n
"""
_FILL_CREDITS = """
INSERT INTO billing_creditaccount (user_id, balance, debt, is_low, created_at)
SELECT id, 100000, 0, false, now() FROM accounts_user WHERE email LIKE 'customer%%'
"""
# One job in fifty fails, one in five hundred removes an object; the first accounts have most.
_FILL_JOBS = """
WITH owners AS (SELECT array_agg(id ORDER BY id) ids FROM accounts_user WHERE email LIKE 'customer%%')
INSERT INTO services_job SELECT job.*
FROM (SELECT job AS template FROM services_job job LIMIT 1) one, owners,
    generate_series(1, %(jobs)s) n, LATERAL (SELECT now() - n * interval '5 seconds' AS at) t,
    LATERAL jsonb_populate_record(template, jsonb_build_object(
    'id', gen_random_uuid(),
    'owner_id', ids[1 + floor(%(accounts)s * power(random(), 3))::int],
    'service', CASE WHEN n %% 500 = 0 THEN 'object-removal' WHEN n %% 5 = 0 THEN 'object-extraction'
                    ELSE 'background-removal' END,
    'engine', CASE WHEN n %% 500 = 0 THEN 'lama' ELSE 'u2netp' END,
    'state', CASE WHEN n %% 50 = 0 THEN 'failed' ELSE 'completed' END,
    'request_id', 'req_' || md5(n::text),
    'created_at', at, 'started_at', at, 'ended_at', at, 'purge_at', at, 'purged_at', at)) job
"""
_FILL_LEDGER = """
INSERT INTO billing_ledgerentry (account_id, kind, amount, balance_after, job, key, reason, created_at)
SELECT a.id, 'usage', -300, 100000, j.id, 'usage:' || j.id, '', j.created_at
FROM services_job j JOIN billing_creditaccount a ON a.user_id = j.owner_id WHERE j.state = 'completed'
"""
# As services.usage counts, but for how long jobs took: two seconds, all of them.
_FILL_USAGE = """
INSERT INTO services_usageday (owner_id, day, service, bucket, jobs, credits)
SELECT owner_id, created_at::date, service, CASE state WHEN 'failed' THEN 0 ELSE 44 END, count(*),
    sum(charged) FROM services_job GROUP BY 1, 2, 3, 4
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=1_000_000)
    parser.add_argument("--fill", action="store_true")
    options = parser.parse_args()
    django.setup()
    if options.fill:
        fill(options.jobs)
    measure()


def fill(jobs: int) -> None:
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute(_FILL_ACCOUNTS, {"accounts": ACCOUNTS})
        cursor.execute(_FILL_CREDITS, {})
        make_template()
        cursor.execute(_FILL_JOBS, {"accounts": ACCOUNTS, "jobs": jobs})
        cursor.execute(_FILL_LEDGER, {})
        cursor.execute(_FILL_USAGE, {})
        cursor.execute("VACUUM ANALYZE")


def make_template() -> None:
    """The job that all others are copies of but for a few columns."""
    from accounts.models import User
    from services.models import Job

    Job.objects.create(
        owner=User.objects.earliest("pk"),
        operation={"service": "background-removal"},
        price=300,
        charged=300,
        timings={"queue": 3.1, "network": 80.0},
        processing_time_ms=400,
        input_filename="photo.jpg",
    )


def measure() -> None:
    from django.core.management import call_command
    from django.test import Client

    from accounts.models import User

    call_command("collectstatic", interactive=False, verbosity=0)
    root, _ = User.objects.get_or_create(
        email="root@example.com", defaults={"is_staff": True, "is_superuser": True}
    )
    client = Client(headers={"host": "localhost"})
    client.force_login(root, backend="django.contrib.auth.backends.ModelBackend")
    print(f"{'page':34} {'ms':>7} {'SQL':>7} {'own':>7} {'queries':>8}")
    for name, path in paths().items():
        print("{:34} {:7.0f} {:7.0f} {:7.0f} {:8}".format(name, *timed(client, path)))


def paths() -> dict[str, str]:
    from services.models import Job

    newest = Job.objects.order_by("-created_at")[100]
    jobs, ledger = "/admin/services/job/", "/admin/billing/ledgerentry/"
    day = newest.created_at
    return {
        "first page": "/admin/",
        "jobs": jobs,
        "jobs, page 100": f"{jobs}?p=100",
        "jobs, failed": f"{jobs}?state__exact=failed",
        "jobs, pending (none)": f"{jobs}?state__exact=pending",
        "jobs, rare service": f"{jobs}?service=object-removal",
        "jobs, failed of a rare service": f"{jobs}?state__exact=failed&service=object-removal",
        "jobs, completed by a rare engine": f"{jobs}?state__exact=completed&engine=lama",
        "jobs, common engine and service": f"{jobs}?engine=u2netp&service=background-removal",
        "jobs, nothing fits": f"{jobs}?engine=lama&service=background-removal",
        "jobs of an account": f"{jobs}?owner__id__exact={newest.owner_id}",
        "jobs, failed of an account": f"{jobs}?owner__id__exact={newest.owner_id}&state__exact=failed",
        "jobs of a day": f"{jobs}?created_at__year={day.year}&created_at__month={day.month}&created_at__day={day.day}",
        "jobs of a year": f"{jobs}?created_at__year={day.year}",
        "search, job": f"{jobs}?q={newest.pk}",
        "search, request": f"{jobs}?q={newest.request_id}",
        "search, email": f"{jobs}?q={newest.owner.email}",
        "search, part of an email": f"{jobs}?q=customer12",
        "search, nothing": f"{jobs}?q=nobody@nowhere.example",
        "job": f"{jobs}{newest.pk}/change/",
        "accounts": "/admin/accounts/user/",
        "account": f"/admin/accounts/user/{newest.owner_id}/change/",
        "ledger": ledger,
        "ledger, grants": f"{ledger}?kind__exact=grant",
        "ledger of a job": f"{ledger}?q={newest.pk}",
    }


def timed(client: Any, path: str) -> tuple[float, float, float, int]:
    """Of the quickest run, with nothing cached: milliseconds by the clock, in the database and of
    this thread's own work, which say more on a machine that others use; and how many queries."""
    from django.core.cache import cache
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    found = []
    for _ in range(RUNS):
        cache.clear()
        with CaptureQueriesContext(connection) as queries:
            start, own = time.perf_counter(), time.thread_time()
            response = client.get(path)
            own, clock = time.thread_time() - own, time.perf_counter() - start
        assert response.status_code == 200, response.status_code
        sql = sum(float(query["time"]) for query in queries)
        found.append((clock * 1000, sql * 1000, own * 1000, len(queries)))
    return min(found)


if __name__ == "__main__":
    main()
