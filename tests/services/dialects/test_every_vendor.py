"""What holds for every compatible endpoint: works, refuses in its own shape, charges only success."""

import base64
import json
from functools import partial
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from inference.config import InferenceConfig
from services import engines as engines_module
from services import sources
from services.errors import BadRequest
from services.models import Job
from tests.graphs import install_graphs
from tests.pictures import picture
from tests.services.dialects.vendors import BY_BASE64, BY_URL, VENDORS, WRONG, send

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("worker", "books")]

BY_JSON = {*BY_BASE64, *BY_URL}
EVERY = pytest.mark.parametrize("name", VENDORS)


@EVERY
def test_answers_with_a_picture_or_the_address_of_one(alice, name):
    response = send(alice.api, VENDORS[name])
    assert (response.status_code, response["Content-Type"].split("/")[0]) == (
        200,
        "application" if name == "picsart" else "image",
    )


@EVERY
def test_charges_its_price_once(alice, name):
    send(alice.api, VENDORS[name])
    assert alice.balance == 10_000 - VENDORS[name].price


@EVERY
def test_takes_the_key_in_its_own_header(alice, name):
    vendor = VENDORS[name]
    client = APIClient(headers={vendor.header: alice.plaintext})
    assert send(client, vendor).status_code == 200


@EVERY
def test_a_missing_key_is_refused_in_its_status(transactional_db, name):
    assert send(APIClient(), VENDORS[name]).status_code == VENDORS[name].no_key


@EVERY
def test_a_wrong_key_is_refused_in_its_shape(transactional_db, name):
    client = APIClient(headers={"X-Api-Key": "sk-live-nonsense"})
    body = send(client, VENDORS[name]).json()
    assert set(VENDORS[name].error_keys) <= set(body)


@EVERY
def test_no_credits_are_402_in_its_shape(bob, name):
    response = send(bob.api, VENDORS[name])
    keys = set(VENDORS[name].error_keys)
    assert (response.status_code, keys <= set(response.json())) == (402, True)


@EVERY
def test_no_picture_is_400_in_its_shape(alice, name):
    response = send(alice.api, VENDORS[name], b"")
    keys = set(VENDORS[name].error_keys)
    assert (response.status_code, keys <= set(response.json())) == (400, True)


@EVERY
@pytest.mark.parametrize("image", [b"not a picture", picture()[:60], b"GIF89a" + bytes(40)])
def test_what_is_no_picture_is_400_and_costs_nothing(alice, name, image):
    response = send(alice.api, VENDORS[name], image)
    assert (response.status_code, alice.balance) == (400, 10_000)


@EVERY
def test_a_picture_found_damaged_in_the_worker_costs_nothing(alice, name):
    response = send(alice.api, VENDORS[name], picture("JPEG", 300, 200)[:-600])
    assert (response.status_code, alice.balance) == (400, 10_000)


@EVERY
@pytest.mark.parametrize("coding", ["gzip", "Identity, BR"])
def test_a_compressed_body_is_refused_as_one_of_a_wrong_type(alice, name, coding):
    vendor = VENDORS[name]
    response = send(alice.api, vendor, headers={"Content-Encoding": coding})
    told = (response.status_code, set(vendor.error_keys) <= set(response.json()))
    assert (*told, alice.balance) == (vendor.wrong_body, True, 10_000)


@EVERY
def test_who_sends_a_compressed_body_is_told_what_is_taken(alice, name):
    response = send(alice.api, VENDORS[name], headers={"Content-Encoding": "gzip"})
    assert (response["Accept-Encoding"], b"ontent-Encoding" in response.content) == (
        "identity",
        True,
    )


@EVERY
@pytest.mark.parametrize("coding", ["identity", ""])
def test_a_body_that_is_called_as_it_is_is_taken(alice, name, coding):
    assert send(alice.api, VENDORS[name], headers={"Content-Encoding": coding}).status_code == 200


@EVERY
def test_get_is_not_allowed(alice, name):
    assert alice.api.get(VENDORS[name].path).status_code == 405


@EVERY
def test_a_slash_at_the_end_changes_nothing(alice, name):
    vendor = VENDORS[name]
    body = {vendor.file_field: b""}
    assert alice.api.post(f"{vendor.path}/", body, format="multipart").status_code == 400


@EVERY
def test_unknown_fields_are_ignored(alice, name):
    assert send(alice.api, VENDORS[name], model="urn:x", sharpness="9").status_code == 200


@pytest.mark.parametrize("name", BY_BASE64)
@pytest.mark.parametrize("field", ["metadata", "\ud800"], ids=["known letters", "half a letter"])
@pytest.mark.parametrize("value", [["a"], {"a": [1]}, []], ids=str)
def test_unknown_fields_of_json_are_ignored_whatever_they_hold(alice, name, field, value):
    vendor = VENDORS[name]
    body = {vendor.base64_field: base64.b64encode(picture()).decode(), field: value}
    response = alice.api.generic(
        "POST", vendor.path, json.dumps(body), content_type="application/json"
    )
    assert response.status_code == 200


@pytest.mark.parametrize(("name", "option"), [pair for pair in WRONG if pair[0] in BY_JSON])
def test_a_list_for_an_option_is_400_and_names_it(alice, name, option):
    body = json.dumps({option: [VENDORS[name].wrong[option]]})
    response = alice.api.post(VENDORS[name].path, body, content_type="application/json")
    assert (response.status_code, option in response.content.decode()) == (400, True)


@pytest.mark.parametrize("name", BY_URL)
def test_an_object_for_an_address_is_400_and_is_not_no_picture(alice, name):
    body = json.dumps({VENDORS[name].url_field: {"href": "http://example.com/a.png"}})
    response = alice.api.post(VENDORS[name].path, body, content_type="application/json")
    assert (response.status_code, b"expected a text" in response.content) == (400, True)


@EVERY
def test_a_message_with_half_a_letter_is_sent_all_the_same(alice, name, monkeypatch):
    def refuse(_request):
        raise BadRequest("Not \ud800.")

    monkeypatch.setattr(sources, "read_form", refuse)
    response = send(alice.api, VENDORS[name])
    assert (response.status_code, b"Not ?." in response.content) == (400, True)


@pytest.mark.parametrize(("name", "option"), WRONG)
def test_a_wrong_option_is_400_and_names_it(alice, name, option):
    response = send(alice.api, VENDORS[name], **{option: VENDORS[name].wrong[option]})
    assert (response.status_code, option in response.content.decode()) == (400, True)


def test_a_wrong_option_places_nothing(alice):
    send(alice.api, VENDORS["removebg"], size="huge")
    assert (Job.objects.count(), alice.balance) == (0, 10_000)


@pytest.mark.parametrize("name", BY_BASE64)
@pytest.mark.parametrize("prefix", ["", "data:image/png;base64,"], ids=["bare", "data URL"])
@pytest.mark.parametrize("kind", ["json", "form", "multipart"])
def test_takes_base64_in_every_kind_of_body(alice, name, prefix, kind):
    vendor = VENDORS[name]
    body = {vendor.base64_field: prefix + base64.b64encode(picture()).decode()}
    if kind == "form":
        form = "application/x-www-form-urlencoded"
        response = alice.api.post(vendor.path, urlencode(body), content_type=form)
    else:
        response = alice.api.post(vendor.path, body, format=kind)
    assert response.status_code == 200


@pytest.mark.parametrize("name", BY_BASE64)
def test_what_is_no_base64_is_400(alice, name):
    vendor = VENDORS[name]
    response = alice.api.post(vendor.path, {vendor.base64_field: "%%%"}, format="json")
    assert response.status_code == 400


@EVERY
def test_a_repeated_request_is_answered_again_and_charged_once(alice, name):
    vendor = VENDORS[name]
    first, second = (send(alice.api, vendor, headers={"Idempotency-Key": "one"}) for _ in range(2))
    assert (second["Idempotent-Replayed"], alice.balance) == ("true", 10_000 - vendor.price)
    if name != "picsart":
        assert first.content == second.content


@pytest.mark.parametrize("name", [name for name in VENDORS if name != "clipdrop cleanup"])
def test_the_configured_quality_holds(alice, name, settings, monkeypatch, tmp_path):
    settings.MODELS_DIR = tmp_path / "models"
    catalogue = install_graphs(settings.MODELS_DIR, "u2netp", "isnet")
    config = partial(InferenceConfig, catalogue=catalogue)
    monkeypatch.setattr(engines_module, "InferenceConfig", config)
    settings.QUALITY = "best"
    engines_module.engines.cache_clear()
    send(alice.api, VENDORS[name])
    assert Job.objects.get().engine == "isnet"


# Cleanup's mask is of another size than this picture.
@pytest.mark.parametrize("name", [name for name in VENDORS if name != "clipdrop cleanup"])
def test_test_keys_get_small_results(new_customer, name):
    carol = new_customer("carol@example.com", 0, mode="test")
    send(carol.api, VENDORS[name], picture(width=1600, height=400))
    assert Job.objects.get(state="completed").output_width == 512


@EVERY
def test_a_body_that_is_no_json_object_is_a_client_error(alice, name):
    for text in ("[1]", "{", "nul", "[" * 3000, '{"image_url": {"a": 1}}'):
        response = alice.api.post(VENDORS[name].path, text, content_type="application/json")
        assert 400 <= response.status_code < 500, text


texts = st.text(max_size=12) | st.sampled_from(
    ["true", "10%", "50px", "1 2 3 4", "auto", "-1", "1e9", "#fff", "rgb(1,2,3)", "hsl(1,2%,3%)"]
)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data(), name=st.sampled_from(list(VENDORS)))
def test_no_value_of_any_option_is_a_server_error(alice, data, name):
    vendor = VENDORS[name]
    options = data.draw(st.dictionaries(st.sampled_from(list(vendor.wrong)), texts, max_size=4))
    cleaned = {key: text.replace("\x00", "") for key, text in options.items()}
    assert send(alice.api, vendor, **cleaned).status_code in (200, 400)


def test_a_chunk_of_base64_larger_than_the_limit_is_refused_early(alice):
    body = json.dumps({"image_base64": "A" * (50 * 2**20)})
    response = alice.api.post("/v2", body, content_type="application/json")
    assert response.status_code == 413
