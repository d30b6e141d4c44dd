"""POST /v1/services/background-removal: founding document 000 and contract v1."""

import gzip
import json

import numpy as np
import pytest
from django.core.files.base import ContentFile
from django.test.client import encode_multipart
from PIL import Image

from accounts import keys
from billing.models import ServicePrice
from services import engines as engines_module
from services.models import Job
from tests.conftest import SERVICE
from tests.pictures import disc, encoded, lying, opened, picture

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("worker", "books")]

ENVELOPE = ["job_id", "status", "result", "error"]
RESULT = [
    "job_id",
    "status",
    "input_filename",
    "output_url",
    "processing_time_ms",
    "error",
    "original_width",
    "original_height",
    "output_width",
    "output_height",
    "credits_used",
]
MISSING = {
    "detail": [{"loc": ["body", "file"], "msg": "field required", "type": "value_error.missing"}]
}


def mask_of(customer, response) -> Image.Image:
    link = response.json()["result"]["output_url"]
    return opened(b"".join(customer.api.get(link).streaming_content))


def test_answers_with_the_founding_envelope_in_its_order(alice):
    body = json.loads(alice.post().content, object_pairs_hook=list)
    assert [name for name, _ in body] == ENVELOPE


def test_answers_with_the_founding_result_in_its_order(alice):
    body = json.loads(alice.post().content)
    assert list(body["result"]) == RESULT


def test_charges_the_price_of_the_database(alice):
    ServicePrice.objects.filter(service="background-removal").update(hundredths=125)
    assert (alice.post().json()["result"]["credits_used"], alice.balance) == (1.25, 10_000 - 125)


def test_says_whole_credits_as_an_integer(alice):
    assert alice.post().content.count(b'"credits_used":3}') == 1


def test_returns_a_greyscale_png_of_the_size_of_the_picture(alice):
    mask = mask_of(alice, alice.post(picture("JPEG", 120, 80)))
    assert (mask.format, mask.mode, mask.size) == ("PNG", "L", (120, 80))


def test_the_mask_is_white_where_the_subject_is(alice):
    mask = np.asarray(mask_of(alice, alice.post())) > 127
    subject = np.asarray(disc().convert("L")) > 127
    assert (mask & subject).sum() / (mask | subject).sum() > 0.9


def test_the_mask_lies_as_the_upright_picture_does(alice):
    result = alice.post(lying(96, 64)).json()["result"]
    assert (result["original_width"], result["original_height"]) == (64, 96)


def test_16_bit_grey_is_scaled_not_clipped(alice):
    grey = np.full((40, 40), 60 * 257, np.uint16)
    grey[10:30, 10:30] = 65535
    mask = np.asarray(mask_of(alice, alice.post(encoded(Image.fromarray(grey)))))
    assert mask[2, 2] < 10


def test_tells_the_time_with_one_decimal(alice):
    ms = alice.post().json()["result"]["processing_time_ms"]
    assert ms == round(ms, 1) > 0


def test_says_which_engine_served(alice):
    assert alice.post()["X-Maskr-Engine"] == "u2netp"


def test_says_where_the_time_went(alice):
    timing = alice.post()["Server-Timing"]
    assert all(f"{stage};dur=" in timing for stage in ("decode", "queue", "network", "encode"))


def test_echoes_the_request_id(alice):
    assert alice.post(**{"X-Request-ID": "mine-1"})["X-Request-ID"] == "mine-1"


def test_replaces_a_request_id_that_is_no_harmless_word(alice):
    assert alice.post(**{"X-Request-ID": "a b\tc"})["X-Request-ID"].startswith("req_")


def test_counts_down_the_rate_limit(alice):
    response = alice.post()
    assert (response["RateLimit-Limit"], response["RateLimit-Remaining"]) == ("60", "59")


def test_the_61st_request_in_a_minute_is_429_with_retry_after(alice):
    for _ in range(60):
        alice.api.post(SERVICE)
    response = alice.post()
    assert (response.status_code, int(response["Retry-After"]) >= 1) == (429, True)


def test_works_with_a_slash_at_the_end_without_a_redirect(alice):
    assert alice.post(path=f"{SERVICE}/").status_code == 200


def test_any_accept_header_gets_json(alice):
    assert alice.post(Accept="image/png").status_code == 200


@pytest.mark.parametrize("name", ["X-Api-Key", "API-KEY", "X-Picsart-API-Key"])
def test_takes_the_key_from_any_vendors_header(alice, name):
    alice.api.credentials()
    alice.api.defaults.pop("HTTP_AUTHORIZATION")
    assert alice.post(**{name: alice.plaintext}).status_code == 200


@pytest.mark.parametrize("sent", [{}, {"Authorization": "Bearer sk-live-nonsense"}])
def test_without_a_good_key_it_is_401_and_says_how_to_authenticate(client, sent):
    response = client.post(SERVICE, headers=sent)
    assert (response.status_code, response["WWW-Authenticate"]) == (401, 'Bearer realm="maskr"')


def test_no_key_and_a_wrong_key_read_the_same(client):
    wrong = client.post(SERVICE, headers={"Authorization": "Bearer sk-live-nonsense"})
    assert client.post(SERVICE).content == wrong.content


def test_a_key_without_the_scope_is_403(alice):
    _, plaintext = keys.create(alice.user, "narrow", scopes=["object-removal"])
    response = alice.post(Authorization=f"Bearer {plaintext}")
    assert response.status_code == 403


def test_without_credits_it_is_402_in_the_founding_words(bob):
    response = bob.post()
    assert (response.status_code, response.json()) == (402, {"detail": "Insufficient credits"})


def test_no_file_is_422_in_the_founding_shape(alice):
    response = alice.api.post(SERVICE, {"x": "1"}, format="multipart")
    assert (response.status_code, response.json()) == (422, MISSING)


def test_an_empty_request_is_422_in_the_founding_shape(alice):
    assert alice.api.post(SERVICE).json() == MISSING


BAD = {
    "empty": b"",
    "text": b"hello",
    "gif": picture("GIF"),
    "half a png": picture()[:200],
    "half a jpeg": picture("JPEG", 200, 200)[:900],
    "half a webp": picture("WEBP", lossless=True)[:60],
    "svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
}


@pytest.mark.parametrize("data", BAD.values(), ids=BAD)
def test_a_bad_picture_is_422_naming_the_field(alice, data):
    response = alice.post(data)
    detail = response.json()["detail"][0]
    found = response.status_code, detail["loc"], detail["type"]
    assert found == (422, ["body", "file"], "value_error.image")


@pytest.mark.parametrize("data", BAD.values(), ids=BAD)
def test_a_bad_picture_costs_nothing(alice, data):
    alice.post(data)
    assert alice.balance == 10_000


def test_a_damaged_picture_is_told_before_an_empty_balance(bob):
    assert bob.post(picture()[:200]).status_code == 422


def test_too_many_pixels_is_422_before_decoding(alice, settings):
    settings.MAX_PIXELS = 1000
    assert "1,000 pixels" in alice.post().json()["detail"][0]["msg"]


def test_a_file_over_the_limit_is_413(alice):
    response = alice.post(bytes(25 * 2**20 + 1))
    assert (response.status_code, response.json()["detail"]) == (
        413,
        "The file is larger than the limit of 25 MB.",
    )


def test_a_file_at_the_limit_is_read(alice):
    assert alice.post(bytes(25 * 2**20)).status_code == 422


def test_a_promise_over_the_limit_is_refused_before_it_is_read(alice):
    response = alice.api.generic("POST", SERVICE, b"", CONTENT_LENGTH=30 * 2**30)
    assert response.status_code == 413


@pytest.mark.parametrize("name", ["quality", "edges"])
def test_an_unknown_option_is_422_naming_the_parameter(alice, name):
    detail = alice.post(query=f"?{name}=superb").json()["detail"][0]
    assert (detail["loc"], detail["type"]) == (["query", name], "value_error.choice")


@pytest.mark.parametrize("query", ["?quality=fast", "?quality=best", "?edges=fine"])
def test_takes_the_documented_options(alice, query):
    assert alice.post(query=query).json()["status"] == "completed"


def test_another_method_is_405(alice):
    assert alice.api.get(SERVICE).status_code == 405


def test_json_is_415(alice):
    assert alice.api.post(SERVICE, {}, format="json").status_code == 415


def test_a_compressed_body_is_415_and_not_charged(alice):
    body = gzip.compress(encode_multipart("edge", {"file": ContentFile(picture(), "a.png")}))
    kind = "multipart/form-data; boundary=edge"
    headers = {"Content-Encoding": "gzip"}
    response = alice.api.generic("POST", SERVICE, body, kind, headers=headers)
    told = (response.status_code, response["Accept-Encoding"], alice.balance)
    assert told == (415, "identity", 10_000)


def test_a_malformed_form_is_400(alice):
    response = alice.api.generic("POST", SERVICE, b"x", "multipart/form-data; boundary=")
    assert response.status_code == 400


def test_a_test_key_is_free(new_customer):
    customer = new_customer("test@example.com", 0, "test")
    assert customer.post().json()["result"]["credits_used"] == 0


def test_a_test_keys_results_are_at_most_512_pixels(new_customer):
    customer = new_customer("test@example.com", 0, "test")
    result = customer.post(picture(width=1024, height=300)).json()["result"]
    assert (result["output_width"], result["output_height"]) == (512, 150)


def test_without_any_model_it_is_503_and_not_charged(alice, settings, tmp_path):
    settings.MODELS_DIR = tmp_path / "nothing"
    engines_module.engines.cache_clear()
    response = alice.post()
    assert (response.status_code, alice.balance) == (503, 10_000)


def test_a_result_that_cannot_be_stored_is_200_failed_and_uncharged(alice, tmp_path):
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "results").write_text("a file where a folder should be")
    body = alice.post().json()
    assert (body["status"], body["result"]["credits_used"], alice.balance) == ("failed", 0, 10_000)


def test_an_ill_request_leaves_no_job(alice):
    alice.api.post(SERVICE)
    assert Job.objects.count() == 0


def test_the_monthly_cap_of_a_key_is_402(alice):
    _, plaintext = keys.create(alice.user, "capped", monthly_credit_cap_hundredths=500)
    answers = [alice.post(Authorization=f"Bearer {plaintext}").status_code for _ in range(2)]
    assert answers == [200, 402]
