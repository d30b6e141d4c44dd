"""What one picture costs in database statements: each is processor time that no network gets."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from services import jobs
from services.models import Job

pytestmark = pytest.mark.in_process("counts queries of the process")


@pytest.fixture
def statements():
    """Those of this thread, without savepoints and the row of the day, which may have to be made."""
    with CaptureQueriesContext(connection) as captured:
        yield lambda: [
            query["sql"]
            for query in captured.captured_queries
            if "SAVEPOINT" not in query["sql"] and "services_usageday" not in query["sql"]
        ]


@pytest.mark.django_db
def test_placing_a_picture_takes_at_most_eleven_statements(alice, no_worker, statements):
    alice.post(Prefer="respond-async")
    before = len(statements())
    alice.post(Prefer="respond-async")
    assert len(statements()) - before <= 11


@pytest.mark.django_db
def test_performing_a_job_takes_at_most_eight_statements(alice, no_worker, graphs, statements):
    for _ in range(2):
        alice.post(Prefer="respond-async")
    first, second = Job.objects.order_by("created_at")
    jobs.perform(first.pk)
    before = len(statements())
    jobs.perform(second.pk)
    assert len(statements()) - before <= 8
