"""Jobs in the admin: found by any id, filtered, shown with what happened; cheap however many."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from accounts.backoffice import long_tables
from services.models import Batch, Job
from tests.backoffice.conftest import JOBS
from tests.backoffice.rows import a_job, make_jobs

UNKNOWN = "7a0f4bd2-9a34-4b25-9a55-0d6a3d0c6f11"
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def carol(django_user_model):
    return django_user_model.objects.create_user("carol@example.com")


@pytest.fixture
def job(carol) -> Job:
    return make_jobs(carol, 1, request_id="req_of_carol")[0]


@pytest.fixture
def other(django_user_model) -> Job:
    return make_jobs(django_user_model.objects.create_user("dave@example.com"), 1)[0]


def listed(staff, **query) -> set[str]:
    html = staff.get(JOBS, **query)
    return {str(pk) for pk in Job.objects.values_list("pk", flat=True) if f"{pk}/change" in html}


class TestSearch:
    @pytest.mark.parametrize(
        "words",
        ["{pk}", " {pk} ", "{pk.hex}", "req_of_carol", "carol@example.com", "CAROL@", "carol"],
    )
    def test_it_finds_by_ids_and_addresses(self, support, job, other, words):
        assert listed(support, q=words.format(pk=job.pk)) == {str(job.pk)}

    def test_it_finds_the_jobs_of_a_batch(self, support, job, other, carol):
        batch = Batch.objects.create(owner=carol, service="background-removal", total_files=2)
        pair = make_jobs(carol, 2, batch=batch)
        assert listed(support, q=str(batch.pk)) == {str(row.pk) for row in pair}

    @pytest.mark.parametrize("words", ["nobody", "no such thing", UNKNOWN, "%", "'"])
    def test_it_finds_nothing_for_what_is_nothing(self, support, job, words):
        assert listed(support, q=words) == set()

    def test_it_reaches_beyond_the_pages(self, support, job, carol, monkeypatch):
        monkeypatch.setattr(long_tables, "REACH", 3)
        make_jobs(carol, 5, created_at=timezone.now())
        assert listed(support, q="req_of_carol") == {str(job.pk)}


class TestFilters:
    @pytest.mark.parametrize(
        "query", [{"state__exact": "failed"}, {"service": "object-removal"}, {"engine": "lama"}]
    )
    def test_they_narrow_the_list(self, support, job, carol, query):
        wanted = {"state": "failed", "service": "object-removal", "engine": "lama"}
        found = make_jobs(carol, 1, **wanted)[0]
        assert listed(support, **query) == {str(found.pk)}

    def test_only_engines_of_late_are_offered(self, support, job):
        html = support.get(JOBS)
        assert "?engine=u2netp" in html and "?engine=lama" not in html

    def test_an_odd_value_finds_nothing(self, support, job):
        assert listed(support, service="nonsense") == set()

    def test_what_no_database_holds_is_no_error(self, support, job):
        assert listed(support, service="\x00") == set()
        assert support.client.get(JOBS, {"q": "\x00"}).status_code == 200

    def test_a_page_that_is_not_there_is_no_error(self, support, job):
        assert support.client.get(JOBS, {"p": "9999"}, follow=True).status_code == 200


class TestDates:
    @pytest.fixture
    def old(self, carol) -> Job:
        return make_jobs(carol, 1, created_at=datetime(2024, 2, 29, 12, tzinfo=UTC))[0]

    def test_the_years_since_the_oldest_are_offered(self, support, job, old):
        html = support.get(JOBS)
        years = range(2024, timezone.now().year + 1)
        assert all(f"?created_at__year={year}" in html for year in years)

    @pytest.mark.parametrize(
        ("parts", "title"),
        [
            ({"year": 2024}, ">February</a>"),
            ({"year": 2024, "month": 2}, ">29 February</a>"),
            ({"year": 2024, "month": 2, "day": 29}, "29 February"),
        ],
    )
    def test_each_step_leads_on(self, support, job, old, parts, title):
        query = {f"created_at__{part}": number for part, number in parts.items()}
        assert title in support.get(JOBS, **query)
        assert listed(support, **query) == {str(old.pk)}

    def test_days_to_come_are_not_offered(self, support, job):
        today = timezone.now()
        tomorrow = today + timedelta(days=1)
        html = support.get(JOBS, created_at__year=today.year, created_at__month=today.month)
        assert f"created_at__day={today.day}&" in html.replace("&amp;", "&")
        assert f"created_at__day={tomorrow.day}&" not in html.replace("&amp;", "&") or (
            tomorrow.month != today.month
        )

    @pytest.mark.parametrize("month", ["13", "x", "0"])
    def test_what_is_no_date_is_no_error(self, support, job, month):
        query = {"created_at__year": 2024, "created_at__month": month}
        response = support.client.get(JOBS, query, follow=True)
        assert response.status_code == 200


class TestCounts:
    def test_few_are_counted(self, support, job, other):
        assert "2 jobs" in support.get(JOBS)

    def test_many_are_not(self, support, carol, monkeypatch):
        monkeypatch.setattr(long_tables, "REACH", 3)
        # PostgreSQL may have an estimate by now, which would be told instead.
        monkeypatch.setattr(long_tables, "estimated_rows", lambda rows: None)
        make_jobs(carol, 5)
        html = support.get(JOBS)
        assert "more than 3 jobs" in html and "go further back" in html

    @pytest.mark.postgres
    def test_postgres_estimates_them(self, support, carol, monkeypatch):
        from django.db import connection

        if connection.vendor != "postgresql":
            pytest.skip("runs where DATABASE_URL is PostgreSQL")
        monkeypatch.setattr(long_tables, "REACH", 3)
        make_jobs(carol, 50)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE services_job")
        assert "about 50 jobs" in support.get(JOBS)


@pytest.mark.parametrize("count", [1, 60])
def test_the_list_takes_the_same_queries_however_long(
    support, carol, count, django_assert_num_queries
):
    make_jobs(carol, count)
    support.get(JOBS)
    with django_assert_num_queries(7):
        support.get(JOBS)


class TestPage:
    def test_it_tells_what_happened(self, support, job):
        html = support.get(f"{JOBS}{job.pk}/change/")
        for text in ("carol@example.com", "req_of_carol", "network", "80.0", "background-removal"):
            assert text in html

    def test_a_job_without_anything_is_shown(self, support, carol):
        bare = a_job(carol, state="pending", timings={}, engine="", processing_time_ms=None)
        bare.save()
        assert support.client.get(f"{JOBS}{bare.pk}/change/").status_code == 200

    def test_it_tells_what_was_asked_for_as_a_table(self, support, carol):
        asked = {"service": "rendering", "options": {"format": "png", "crop": None}}
        (job,) = make_jobs(carol, 1, operation=asked)
        html = support.get(f"{JOBS}{job.pk}/change/")
        assert "<td>options: format</td><td>png</td>" in html and "crop" not in html

    def test_it_tells_the_stages_in_the_order_in_which_they_happened(self, support, carol):
        (job,) = make_jobs(carol, 1, timings={"encode": 1.5, "network": 2.5, "queue": 3.5})
        html = support.get(f"{JOBS}{job.pk}/change/")
        assert sorted(("1.5", "2.5", "3.5"), key=lambda ms: html.index(f"<td>{ms}</td>")) == [
            "3.5", "2.5", "1.5",
        ]  # fmt: skip

    def test_a_damaged_upload_has_no_thumbnail(self, support, carol):
        fields = {"state": "failed", "error_code": "unreadable_image", "input_name": "x"}
        make_jobs(carol, 1, purged_at=None, **fields)
        html = support.get(JOBS)
        assert ">damaged<" in html and 'class="thumbnail"' not in html

    def test_it_says_that_the_pictures_are_gone(self, support, job):
        assert "after their retention time" in support.get(f"{JOBS}{job.pk}/change/")

    def test_markup_in_names_and_errors_is_text(self, support, carol):
        evil = "<script>alert(1)</script>"
        job = make_jobs(
            carol, 1, error=evil, state="failed", input_filename=evil, details={"x": evil}
        )
        html = support.get(f"{JOBS}{job[0].pk}/change/") + support.get(JOBS)
        assert "<script>alert" not in html

    @pytest.mark.parametrize(
        ("state", "offered"),
        [
            ("completed", ["Return the credits"]),
            ("failed", ["Place again"]),
            ("pending", ["Cancel"]),
        ],
    )
    def test_it_offers_what_its_state_allows(self, operator, carol, state, offered):
        job = make_jobs(carol, 1, state=state)[0]
        html = operator.get(f"{JOBS}{job.pk}/change/")
        every = ("Return the credits", "Place again", "Cancel")
        assert [text for text in every if f"{text}</button>" in html] == offered


class TestBatches:
    @pytest.fixture
    def batch(self, carol) -> Batch:
        refused = [{"index": 3, "filename": "x.jpg", "error": "Insufficient credits"}]
        batch = Batch.objects.create(
            owner=carol, service="background-removal", total_files=4, refused=refused
        )
        make_jobs(carol, 2, batch=batch)
        make_jobs(carol, 1, batch=batch, state="failed")
        return batch

    def test_the_list_counts_done_and_failed(self, support, batch):
        html = support.get("/admin/services/batch/")
        assert 'class="field-done">2<' in html and 'class="field-failed">2<' in html

    def test_it_leads_to_the_jobs(self, support, batch, other):
        assert f"?batch__id__exact={batch.pk}" in support.get("/admin/services/batch/")
        assert len(listed(support, batch__id__exact=batch.pk)) == 3

    def test_its_page_opens(self, support, batch):
        path = f"/admin/services/batch/{batch.pk}/change/"
        assert "Insufficient credits" in support.get(path)

    def test_more_batches_take_no_more_queries(
        self, support, batch, carol, django_assert_num_queries
    ):
        for _ in range(5):
            Batch.objects.create(owner=carol, service="object-removal", total_files=1)
        support.get("/admin/services/batch/")
        with django_assert_num_queries(7):
            support.get("/admin/services/batch/")


def test_days_come_before_months_in_the_admin(support, carol):
    make_jobs(carol, 1, created_at=datetime(2026, 3, 4, 14, 5, tzinfo=UTC))
    assert "4 Mar 2026, 14:05 UTC" in support.get(JOBS)
