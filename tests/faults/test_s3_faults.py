"""Uploads and results in S3: nothing of what was answered is lost there either."""

import pytest

from tests.buckets import s3
from tests.faults.installation import Installation
from tests.faults.kept import bucket_of, kept_files
from tests.live.product import until

__all__ = ["s3"]

pytestmark = [
    pytest.mark.weights,
    pytest.mark.postgres,
    pytest.mark.redis,
    pytest.mark.timeout(300),
]
_RESULTS = 8


@pytest.fixture(scope="module")
def running(start_installation, s3) -> Installation:
    url = f"s3://k:s@maskr-faults/kept?region=us-east-1&endpoint_url={s3}"
    bucket_of(url)[0].create()
    return start_installation(STORAGE_URL=url)


def test_a_killed_worker_loses_nothing_of_what_is_kept_in_s3(under_load, hold):
    journal = under_load.journal
    under_load.kill(under_load.worker)
    under_load.revive()
    until(lambda: len(journal.downloads) >= _RESULTS, 120)
    kept = sum(name.startswith("results/") for name in kept_files(under_load.first))
    hold(
        "E3 worker killed, files in S3",
        "every result in the bucket, no answer out of order",
        f"{len(journal.downloads)} downloads, {kept} results in the bucket",
        kept >= _RESULTS and journal.faults == [],
    )
