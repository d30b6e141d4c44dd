"""Files without rows and rows without files: found, told, and put right."""

import io
import os
import time
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.utils import timezone

from services.models import Job
from services.retention import strays

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
