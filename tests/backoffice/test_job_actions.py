"""What the staff do with a job: look at its pictures, cancel it, place it again."""

import pytest
from django.utils import timezone

from services.models import Job
from tests.backoffice.conftest import JOBS
from tests.pictures import picture

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.usefixtures("worker")
class TestPictures:
    @pytest.fixture
    def done(self, alice) -> Job:
        alice.post(picture("JPEG", 300, 200))
        return Job.objects.get()

    def show(self, staff, job, which):
        return staff.client.get(f"{JOBS}{job.pk}/{which}.picture")

    def test_the_page_links_the_result_by_a_signed_address(self, support, done):
        html = support.get(f"{JOBS}{done.pk}/change/")
        assert f"/v1/files/{done.pk}?expires=" in html and "sig=" in html

    def test_the_upload_is_shown_as_it_came(self, support, done):
        response = self.show(support, done, "input")
        assert (response["Content-Type"], response.content[:2]) == ("image/jpeg", b"\xff\xd8")

    @pytest.mark.parametrize("which", ["input-small", "result-small"])
    def test_small_ones_are_small(self, support, done, which):
        from io import BytesIO

        from PIL import Image

        response = self.show(support, done, which)
        assert max(Image.open(BytesIO(response.content)).size) == 96
        assert len(response.content) < 5_000

    def test_an_answer_may_do_nothing(self, support, done):
        policy = self.show(support, done, "input")["Content-Security-Policy"]
        assert policy == "default-src 'none'; sandbox"

    @pytest.mark.parametrize("which", ["companion", "nonsense", "input-huge", "pk", "..%2Finput"])
    def test_what_is_not_there_is_404(self, support, done, which):
        assert self.show(support, done, which).status_code == 404

    def test_a_file_that_is_no_picture_is_not_served(self, support, done):
        from django.core.files.storage import default_storage

        with default_storage.open(done.input_name, "wb") as file:
            file.write(b"<html><script>alert(1)</script>")
        assert self.show(support, done, "input").status_code == 404

    def test_a_file_that_is_gone_is_404(self, support, done):
        from django.core.files.storage import default_storage

        default_storage.delete(done.input_name)
        assert self.show(support, done, "input-small").status_code == 404

    def test_strangers_see_none(self, staff, alice, client, done):
        assert self.show(staff(), done, "input").status_code == 403
        assert client.get(f"{JOBS}{done.pk}/input.picture").status_code == 302


@pytest.mark.usefixtures("no_worker")
class TestCancel:
    @pytest.fixture
    def waiting(self, alice) -> Job:
        alice.post(Prefer="respond-async")
        return Job.objects.get()

    def test_a_waiting_job_ends_uncharged(self, support, waiting, alice, books):
        support.act(JOBS, "cancel", waiting)
        waiting.refresh_from_db()
        assert (waiting.state, waiting.error_code, alice.balance) == ("failed", "cancelled", 10_000)

    def test_a_running_one_goes_on(self, support, waiting):
        Job.objects.update(state="processing")
        assert "does not wait any more" in support.act(JOBS, "cancel", waiting).content.decode()

    def test_finance_cancels_nothing(self, finance, waiting):
        finance.act(JOBS, "cancel", waiting)
        waiting.refresh_from_db()
        assert waiting.state == "pending"


@pytest.mark.usefixtures("no_worker")
class TestPlaceAgain:
    @pytest.fixture
    def failed(self, alice, support) -> Job:
        alice.post(Prefer="respond-async")
        job = Job.objects.get()
        support.act(JOBS, "cancel", job)
        return job

    def again(self, staff, job):
        return staff.act(JOBS, "retry", job).content.decode()

    def test_a_failed_job_is_placed_anew(self, support, failed, alice, books):
        assert "placed again as" in self.again(support, failed)
        new = Job.objects.get(state="pending")
        assert (new.owner, new.operation, alice.balance) == (alice.user, failed.operation, 9_700)

    def test_the_same_form_twice_is_one_job(self, support, failed, alice):
        self.again(support, failed)
        self.again(support, failed)
        assert (Job.objects.count(), alice.balance) == (2, 9_700)

    def test_two_of_the_staff_place_it_once(self, support, operator, failed, alice):
        self.again(support, failed)
        assert "was placed again already, as" in self.again(operator, failed)
        assert (Job.objects.count(), alice.balance) == (2, 9_700)

    def test_it_is_offered_once(self, support, failed):
        self.again(support, failed)
        assert "Place again</button>" not in support.get(f"{JOBS}{failed.pk}/change/")

    def test_what_failed_once_more_is_placed_once_more(self, support, failed, alice):
        self.again(support, failed)
        new = Job.objects.get(state="pending")
        support.act(JOBS, "cancel", new)
        assert "placed again as" in self.again(support, new)
        assert alice.balance == 9_700

    def test_without_its_upload_it_is_refused(self, support, failed, alice):
        Job.objects.update(purged_at=timezone.now())
        assert "cannot be requested again" in self.again(support, failed)
        assert alice.balance == 10_000

    def test_without_credits_it_is_refused(self, support, failed, alice):
        from billing import credits
        from billing.models import LedgerEntry

        credits.grant(alice.user, -10_000, reason="spent", kind=LedgerEntry.Kind.ADJUST)
        assert "Insufficient credits" in self.again(support, failed)

    def test_what_is_done_is_not_placed_again(self, support, failed):
        Job.objects.update(state="completed")
        assert "only what failed" in self.again(support, failed)

    def test_finance_places_nothing(self, finance, failed):
        self.again(finance, failed)
        assert Job.objects.count() == 1
