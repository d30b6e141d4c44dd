"""The archive for training: only by consent from before, and gone when it is withdrawn."""

import errno
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.storage import FileSystemStorage, default_storage
from django.utils import timezone

from accounts import erasure
from accounts.models import User
from services import files
from services.models import Job
from services.retention import training
from services.retention.models import TrainingConsent, TrainingSample
from tests.racing import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def allow(customer, is_allowed: bool = True) -> None:
    customer.user.training_opt_in = is_allowed
    customer.user.save()


def stored() -> list[Path]:
    return [path for path in Path(default_storage.path("")).rglob("*") if path.is_file()]


@pytest.fixture
def sample(alice, new_job) -> TrainingSample:
    allow(alice)
    new_job()
    files.purge_expired()
    return TrainingSample.objects.get()


def test_nothing_is_archived_without_consent(alice, new_job):
    new_job()
    assert (files.purge_expired(), TrainingSample.objects.count()) == (1, 0)


def test_with_consent_upload_and_result_are_archived(sample):
    found = []
    for name in sample.file_names:
        with default_storage.open(name) as file:
            found.append(file.read()[:6])
    assert found == [b"inputs", b"result"]


def test_what_is_archived_is_purged_like_the_rest(sample):
    job = Job.objects.get()
    assert job.purged_at
    assert [default_storage.exists(name) for name in job.file_names] == [False, False]


def test_a_sample_lies_apart(sample):
    assert all(name.startswith("training/") for name in sample.file_names)


def test_a_sample_names_nobody(alice, sample):
    told = str(TrainingSample.objects.values().get())
    assert alice.user.email not in told and "photo" not in told


def test_a_sample_tells_when_consent_was_given(sample):
    assert sample.consented_at == TrainingConsent.objects.get().given_at


def test_pictures_from_before_the_consent_are_not_archived(alice, new_job):
    new_job(created_at=timezone.now() - timedelta(hours=1))
    allow(alice)
    assert (files.purge_expired(), TrainingSample.objects.count()) == (1, 0)


def test_the_consent_of_another_account_is_none(alice, bob, new_job):
    allow(bob)
    new_job()
    allow(alice)
    files.purge_expired()
    assert not TrainingSample.objects.exists()


def test_a_failed_job_is_not_archived(alice, new_job):
    allow(alice)
    new_job(state=Job.State.FAILED)
    files.purge_expired()
    assert not TrainingSample.objects.exists()


def test_a_job_whose_file_is_gone_is_purged_and_leaves_nothing(alice, new_job):
    allow(alice)
    default_storage.delete(new_job().result_name)
    assert (files.purge_expired(), TrainingSample.objects.count()) == (1, 0)
    assert default_storage.listdir("training")[1] == []


def test_an_archive_that_takes_nothing_keeps_nobody_from_being_purged(alice, new_job, tmp_path):
    new_job()
    allow(alice)
    new_job()
    (tmp_path / "files" / "training").write_text("a file where the folder should be")
    assert (files.purge_expired(), Job.objects.filter(purged_at=None).count()) == (2, 0)


def test_a_copy_that_breaks_off_leaves_nothing(alice, new_job, monkeypatch):
    allow(alice)
    new_job()
    save = FileSystemStorage.save

    def full(storage, name, content):
        if "result" in name:
            raise OSError(errno.ENOSPC, "No space left on device")
        return save(storage, name, content)

    monkeypatch.setattr(FileSystemStorage, "save", full)
    assert (files.purge_expired(), stored()) == (1, [])


def test_a_withdrawn_consent_deletes_the_archive(alice, sample):
    allow(alice, False)
    training.reconcile()
    assert not TrainingSample.objects.exists()
    assert not any(default_storage.exists(name) for name in sample.file_names)


def test_a_sample_that_cannot_be_deleted_keeps_no_other(alice, sample, new_job):
    new_job()
    files.purge_expired()
    file = Path(default_storage.path(sample.file_names[0]))
    file.unlink()
    (file / "in the way").mkdir(parents=True)
    allow(alice, False)
    training.reconcile()
    assert TrainingSample.objects.get() == sample


def test_a_consent_given_again_at_once_does_not_keep_what_was_withdrawn(alice, sample):
    allow(alice, False)
    allow(alice)
    training.reconcile()
    assert (TrainingSample.objects.count(), stored()) == (0, [])


def test_a_consent_of_another_account_keeps_nothing_that_was_withdrawn(alice, bob, new_job):
    allow(bob)
    allow(alice)
    new_job()
    files.purge_expired()
    allow(alice, False)
    allow(alice)
    training.reconcile()
    assert not TrainingSample.objects.exists()


def test_what_is_allowed_still_is_kept(alice, sample):
    training.reconcile()
    assert TrainingSample.objects.exists()


def test_a_withdrawal_is_noted_with_its_time(alice, sample):
    allow(alice, False)
    assert TrainingConsent.objects.get().withdrawn_at


def test_consents_are_kept_one_after_the_other(alice):
    for is_allowed in (True, False, True):
        allow(alice, is_allowed)
    consents = TrainingConsent.objects.order_by("given_at")
    assert [consent.withdrawn_at is None for consent in consents] == [False, True]


def test_a_change_past_save_is_noticed(alice):
    User.objects.filter(pk=alice.user.pk).update(training_opt_in=True)
    training.reconcile()
    given = TrainingConsent.objects.filter(withdrawn_at=None).count()
    User.objects.filter(pk=alice.user.pk).update(training_opt_in=False)
    training.reconcile()
    assert (given, TrainingConsent.objects.filter(withdrawn_at=None).count()) == (1, 0)


def test_what_others_allow_is_untouched(alice, bob, sample):
    allow(bob)
    allow(bob, False)
    training.reconcile()
    assert TrainingSample.objects.exists()


def test_an_erased_account_leaves_no_sample(alice, sample):
    erasure.erase(alice.user)
    assert not TrainingSample.objects.exists() and not TrainingConsent.objects.exists()
    assert not any(default_storage.exists(name) for name in sample.file_names)


def test_many_purges_at_once_archive_once(alice, new_job):
    allow(alice)
    for _ in range(5):
        new_job()
    counts = at_once(lambda _: files.purge_expired(), range(4))
    assert (sum(counts), TrainingSample.objects.count()) == (5, 5)
    assert all(
        default_storage.exists(name)
        for row in TrainingSample.objects.all()
        for name in row.file_names
    )
