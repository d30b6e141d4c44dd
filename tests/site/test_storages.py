import socket
import time

import pytest
from botocore.exceptions import ReadTimeoutError
from django.utils.module_loading import import_string

from maskr_site.storages import storage_entry


def options(url):
    return storage_entry(url)["OPTIONS"]


def test_a_folder_is_for_its_owner_only():
    assert options("file:///srv/my%20files") == {
        "location": "/srv/my files",
        "file_permissions_mode": 0o600,
        "directory_permissions_mode": 0o700,
    }


def test_a_bucket_keeps_the_case_of_its_name():
    assert options("s3://MyBucket/a/b")["bucket_name"] == "MyBucket"


def test_the_path_in_a_bucket_is_a_prefix():
    assert options("s3://bucket/a/b")["location"] == "a/b"


def test_keys_may_hold_any_character():
    found = options("s3://a%2Fb:c%40d@bucket")
    assert (found["access_key"], found["secret_key"]) == ("a/b", "c@d")


def test_a_slash_in_a_secret_is_refused_with_what_to_write():
    with pytest.raises(ValueError, match="STORAGE_URL.*%2F") as refused:
        storage_entry("s3://AKIA:ab/cd@bucket")
    assert "AKIA" not in str(refused.value)


def test_an_address_that_is_refused_is_not_shown():
    with pytest.raises(ValueError) as refused:
        storage_entry("s4://AKIA:abcd@bucket")
    assert "AKIA" not in str(refused.value)


def test_without_keys_the_usual_sources_are_asked():
    assert "access_key" not in options("s3://bucket")


def test_an_endpoint_of_ones_own_gets_paths_and_not_subdomains():
    found = options("s3://bucket?endpoint_url=http://127.0.0.1:9000&region=here")
    wanted = ("http://127.0.0.1:9000", "path", "here")
    assert (found["endpoint_url"], found["addressing_style"], found["region_name"]) == wanted


def test_nothing_is_public():
    assert options("s3://bucket")["default_acl"] is None


@pytest.mark.parametrize("url", ["/srv/files", "ftp://host/x", "file://", "s3://", ""])
def test_another_address_is_refused_by_the_name_of_the_variable(url):
    with pytest.raises(ValueError, match="STORAGE_URL"):
        storage_entry(url)


@pytest.fixture
def silent_bucket():
    """Behind a server that takes connections and says nothing; the wait for it is cut to a tenth."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"s3://key:secret@bucket?region=x&endpoint_url=http://127.0.0.1:{server.getsockname()[1]}"
        entry = storage_entry(url)
        storage = import_string(entry["BACKEND"])(**entry["OPTIONS"])
        storage.client_config.read_timeout /= 10
        yield storage


def test_a_silent_bucket_is_waited_for_in_seconds_and_not_minutes(silent_bucket):
    started = time.monotonic()
    with pytest.raises(ReadTimeoutError):
        silent_bucket.exists("a")
    assert time.monotonic() - started < 20
