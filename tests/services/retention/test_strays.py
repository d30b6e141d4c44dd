"""Files without rows and rows without files: found, told, and put right."""

import io
import os
import time
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.utils import timezone

from services.models import Job
from services.retention import chores, strays
from services.retention.models import Chore, TrainingSample
from tests.racing import move_clock

pytestmark = pytest.mark.django_db(transaction=True)


def write(name: str, hours_old: float = 2) -> str:
    saved = default_storage.save(name, ContentFile(b"stray"))
    then = time.time() - hours_old * 3600
    os.utime(default_storage.path(saved), (then, then))
    return saved


def run(*arguments) -> str:
    out = io.StringIO()
    call_command("sweep_files", *arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def kept(new_job) -> Job:
    """A job from hours ago, whose files are still to be had."""
    job = new_job(ended_at=timezone.now() - timedelta(hours=3), purge_at=None)
    for name in job.file_names:
        os.utime(default_storage.path(name), (0, 0))
    return job


FOLDERS = ["inputs/2026/01/01", "results/2026/01/01", "training/ab"]


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_file_without_a_row_is_deleted(alice, folder):
    name = write(f"{folder}/{uuid4()}")
    assert strays.sweep().files == [name]
    assert not default_storage.exists(name)


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_young_file_is_left(alice, folder):
    name = write(f"{folder}/{uuid4()}", hours_old=0.5)
    assert (strays.sweep().files, default_storage.exists(name)) == ([], True)


def test_a_process_whose_clock_is_ahead_deletes_no_young_file(alice, monkeypatch):
    name = write(f"inputs/2026/01/01/{uuid4()}", hours_old=0)
    move_clock(monkeypatch, 3 * 86_400)
    strays.sweep(even_if_most_are_missing=True)
    assert default_storage.exists(name)


def test_a_process_whose_clock_is_ahead_marks_no_row_that_just_ended(kept, monkeypatch):
    Job.objects.update(ended_at=timezone.now())
    default_storage.delete(kept.result_name)
    move_clock(monkeypatch, 3 * 86_400)
    assert strays.find().jobs == []


def test_a_file_of_no_known_shape_is_deleted(alice):
    name = write("results/2026/01/01/core.dump")
    assert strays.sweep().files == [name]


def test_what_a_row_names_is_left(kept):
    assert strays.sweep() == strays.Strays()
    assert all(default_storage.exists(name) for name in kept.file_names)


def test_the_result_of_an_earlier_attempt_is_deleted(kept):
    name = write(f"results/2026/01/01/{kept.pk}-0.png")
    assert strays.sweep().files == [name]


def test_a_file_of_a_purged_job_is_deleted(kept):
    Job.objects.update(purged_at=timezone.now())
    assert sorted(strays.sweep().files) == sorted(kept.file_names)


def test_files_elsewhere_are_left(alice):
    name = write("elsewhere/file")
    strays.sweep()
    assert default_storage.exists(name)


def test_a_row_whose_result_is_gone_is_marked(kept, client):
    default_storage.delete(kept.result_name)
    assert strays.sweep().jobs == [kept.pk]
    assert Job.objects.get().purged_at and not default_storage.exists(kept.input_name)


def test_a_row_that_just_ended_is_left(kept):
    Job.objects.update(ended_at=timezone.now())
    default_storage.delete(kept.result_name)
    assert strays.sweep().jobs == []


def archived(customer) -> TrainingSample:
    sample = TrainingSample(
        owner=customer.user, source=uuid4(), consented_at=timezone.now(), service="x", operation={}
    )
    sample.input_name = write(f"training/{sample.pk}/input")
    sample.result_name = write(f"training/{sample.pk}/result.png")
    sample.save()
    return sample


def test_a_sample_whose_file_is_gone_is_deleted_and_no_other(alice):
    lost, whole = archived(alice), archived(alice)
    default_storage.delete(lost.result_name)
    strays.sweep()
    assert TrainingSample.objects.get() == whole


def test_a_second_sweep_finds_nothing(kept):
    write("inputs/2026/01/01/a")
    default_storage.delete(kept.result_name)
    strays.sweep()
    assert strays.sweep() == strays.Strays()


def test_a_dry_run_tells_and_changes_nothing(kept):
    name = write("inputs/2026/01/01/a")
    default_storage.delete(kept.result_name)
    lines = run("--dry-run").splitlines()
    assert lines == [f"no row: {name}", f"no file: job {kept.pk}", "found 2"]
    assert default_storage.exists(name) and not Job.objects.get().purged_at


def test_the_command_says_what_it_did(alice):
    name = write("inputs/2026/01/01/a")
    assert run().splitlines() == [f"no row: {name}", "swept 1"]


def test_empty_folders_of_days_gone_by_go(alice):
    write("inputs/2020/01/02/a")
    strays.sweep()
    assert default_storage.listdir("inputs/2020/01") == ([], [])


def test_the_folder_of_today_stays(alice):
    today = f"inputs/{timezone.now():%Y/%m/%d}"
    default_storage.delete(write(f"{today}/a"))
    strays.sweep()
    assert default_storage.listdir(today) == ([], [])


def test_an_empty_storage_is_fine(alice):
    assert strays.sweep() == strays.Strays()


@pytest.fixture
def unmounted(new_job, alice, settings, tmp_path) -> None:
    """Four jobs of hours ago and four samples, and storage at a place where nothing lies."""
    for number in range(4):
        job = new_job(ended_at=timezone.now() - timedelta(hours=3), purge_at=None)
        TrainingSample.objects.create(
            owner=alice.user, source=job.pk, consented_at=timezone.now(), service=job.service,
            operation={}, input_name=f"training/{number}", result_name=f"training/{number}.png",
        )  # fmt: skip
    elsewhere = {"OPTIONS": {"location": str(tmp_path / "unmounted")}}
    settings.STORAGES = settings.STORAGES | {"default": settings.STORAGES["default"] | elsewhere}


def lose(job: Job) -> None:
    default_storage.delete(job.result_name)


def test_no_job_is_marked_where_the_results_of_most_are_missing(unmounted):
    with pytest.raises(strays.MostAreMissing, match="4 of 4 finished jobs have no file"):
        strays.sweep()
    assert not Job.objects.exclude(purged_at=None).exists()


def test_no_sample_is_deleted_where_the_files_of_most_are_missing(unmounted):
    Job.objects.all().delete()
    with pytest.raises(strays.MostAreMissing, match="4 of 4 training samples have no file"):
        strays.sweep()
    assert TrainingSample.objects.count() == 4


def test_a_file_without_a_row_stays_where_most_jobs_have_none(unmounted):
    name = write("results/2026/01/01/of-another-installation")
    with pytest.raises(strays.MostAreMissing):
        strays.sweep()
    assert default_storage.exists(name)


def test_files_that_are_back_stay_though_their_jobs_were_marked(new_job):
    made = [new_job() for _ in range(4)]
    names = [name for job in made for name in job.file_names]
    for name in names:
        os.utime(default_storage.path(name), (0, 0))
    Job.objects.update(purged_at=timezone.now())
    with pytest.raises(strays.MostAreMissing, match="8 of 8 files have no row"):
        strays.sweep()
    assert all(default_storage.exists(name) for name in names)


def test_half_of_the_results_may_be_missing(new_job):
    old = timezone.now() - timedelta(hours=3)
    made = [new_job(ended_at=old, purge_at=None) for _ in range(8)]
    for job in made[:4]:
        lose(job)
    assert len(strays.sweep().jobs) == 4


def test_three_results_may_be_missing_where_there_are_no_more(new_job):
    for _ in range(3):
        lose(new_job(ended_at=timezone.now() - timedelta(hours=3), purge_at=None))
    assert len(strays.sweep().jobs) == 3


def test_the_command_fails_with_a_sentence_where_most_are_missing(unmounted):
    with pytest.raises(CommandError, match="^Nothing was swept: 4 of 4 finished jobs"):
        run()


def test_the_command_sweeps_all_the_same_where_it_is_told_to(unmounted):
    assert run("--even-if-most-are-missing").splitlines()[-1] == "swept 8"
    assert not Job.objects.filter(purged_at=None).exists()


def test_the_daily_sweep_logs_an_error_where_most_are_missing(unmounted, caplog):
    Chore.objects.create(name="strays", due_at=timezone.now() - timedelta(seconds=1))
    assert chores.run_due() == {"strays": 0}
    assert [record.levelname for record in caplog.records if "strays" in record.message] == [
        "ERROR"
    ]
