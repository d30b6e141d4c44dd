"""What BackgroundErase promises beside what all vendors do: JSON both ways, bare pictures, the account."""

import base64

import numpy as np
import pytest
from PIL import Image
from rest_framework.test import APIClient

from tests.pictures import encoded, opened, picture
from tests.services.dialects.vendors import VENDORS, b64, send

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("worker", "books")]
V2 = VENDORS["backgrounderase"]
FORM = "application/x-www-form-urlencoded"


class TestBackgroundErase:
    def test_the_alpha_channel_is_a_grey_png_whatever_the_format(self, alice):
        response = send(alice.api, V2, channels="alpha", format="jpg")
        assert (opened(response.content).format, opened(response.content).mode) == ("PNG", "L")

    def test_json_with_image_answers_the_mask(self, alice):
        body = alice.api.post("/v2", {"image": b64(picture())}, format="json").json()
        mask = opened(base64.b64decode(body["mask"]))
        assert (mask.mode, mask.size, body["width"], body["height"]) == ("L", (96, 64), 96, 64)

    def test_json_with_base64_answers_the_picture(self, alice):
        body = alice.api.post("/v2", {"image_base64": b64(picture())}, format="json").json()
        assert (opened(base64.b64decode(body["image"])).mode, body["format"]) == ("RGBA", "png")

    def test_a_bare_picture_is_taken_with_options_in_the_address(self, alice):
        response = alice.api.generic("POST", "/v2?format=webp", picture(), content_type="image/png")
        assert opened(response.content).format == "WEBP"

    @pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
    def test_a_bare_picture_may_be_called_a_form(self, alice, format):
        response = alice.api.generic("POST", "/v2?format=gif", picture(format), content_type=FORM)
        assert opened(response.content).format == "GIF"

    def test_a_bare_picture_called_a_form_is_repeated_under_its_key(self, alice):
        headers = {"Idempotency-Key": "one"}
        first, second = (
            alice.api.generic("POST", "/v2", picture(), content_type=FORM, headers=headers)
            for _ in range(2)
        )
        assert (second["Idempotent-Replayed"], second.content) == ("true", first.content)

    def test_another_bare_picture_under_the_same_key_is_422(self, alice):
        headers = {"Idempotency-Key": "one"}
        answers = [
            alice.api.generic("POST", "/v2", data, content_type=FORM, headers=headers)
            for data in (picture(), picture(width=40))
        ]
        assert [answer.status_code for answer in answers] == [200, 422]

    def test_a_bare_picture_beyond_the_limit_is_413_whatever_it_is_called(self, alice):
        data = picture() + bytes(31 * 2**20)
        response = alice.api.generic("POST", "/v2", data, content_type=FORM)
        assert response.status_code == 413

    @pytest.mark.parametrize("form", ["BMW=1", "BMW=1&crop=false&size=preview"])
    def test_a_form_is_a_form_though_its_first_letters_are_those_of_a_picture(self, alice, form):
        response = alice.api.generic("POST", "/v2", form, content_type=FORM)
        assert response.json()["error"]["message"].startswith("No image given.")

    def test_elsewhere_a_form_is_fields_only(self, alice):
        path = VENDORS["removebg"].path
        response = alice.api.generic("POST", path, picture(), content_type=FORM)
        assert response.json()["errors"][0]["code"] == "missing_source"

    def test_options_are_read_in_any_case(self, alice):
        assert opened(send(alice.api, V2, Format="JPEG").content).format == "JPEG"

    @pytest.mark.parametrize("where", ["query", "json"])
    def test_a_key_may_come_elsewhere_on_this_path(self, alice, where):
        body = {"image_base64": b64(picture())}
        query = f"?api_key={alice.plaintext}" if where == "query" else ""
        body |= {"api_key": alice.plaintext} if where == "json" else {}
        assert APIClient().post(f"/v2{query}", body, format="json").status_code == 200

    def test_a_key_in_the_address_leaves_the_body_to_be_told_of(self, alice):
        path = f"/v2?Api_Key={alice.plaintext}"
        error = APIClient().post(path, "{", content_type="application/json").json()["error"]
        assert error["message"] == "The body is not a valid JSON object."

    @pytest.mark.parametrize("kind", ["application/json-seq", "application/jsonlines"])
    def test_a_type_that_only_begins_like_json_is_no_place_for_a_key(self, db, kind):
        response = APIClient().post("/v2", picture(), content_type=kind)
        assert (response.status_code, response.json()["error"]["code"]) == (401, "missing_api_key")

    def test_missing_and_wrong_keys_have_their_own_codes(self, transactional_db):
        missing = send(APIClient(), V2).json()["error"]["code"]
        wrong = send(APIClient(headers={"X-Api-Key": "x"}), V2).json()["error"]["code"]
        assert (missing, wrong) == ("missing_api_key", "invalid_api_key")

    def test_too_many_bytes_and_too_many_pixels_have_their_own_codes(self, alice, settings):
        large = send(alice.api, V2, b"\x89PNG" + bytes(31 * 2**20)).json()["error"]
        settings.MAX_PIXELS = 100
        wide = send(alice.api, V2).json()["error"]
        assert [(error["status"], error["code"]) for error in (large, wide)] == [
            (413, "payload_too_large"),
            (413, "image_too_large"),
        ]

    def test_errors_carry_the_id_of_the_request(self, alice):
        response = send(alice.api, V2, size="huge")
        assert response.json()["error"]["request_id"] == response["X-Request-ID"]

    def test_twenty_megabytes_of_base64_are_taken(self, alice):
        noise = np.random.default_rng(1).integers(0, 256, (1600, 3400, 3), np.uint8)
        data = encoded(Image.fromarray(noise), compress_level=0)
        body = {"image_base64": b64(data), "size": "preview"}
        response = alice.api.post("/v2", body, format="json")
        assert (len(data) > 15 * 2**20, response.status_code) == (True, 200)

    def test_the_account_answers_both_vendors(self, alice):
        body = alice.api.get("/v2/account").json()
        assert body["api_key"] == {
            "valid": True,
            "mode": "live",
            "fingerprint": alice.key.fingerprint,
        }
        assert body["images"] == {"available": 100, "subscription": 100}

    @pytest.mark.parametrize("path", ["/v2/health", "/v2/health/", "/health", "/health/"])
    def test_health_needs_no_key(self, db, path):
        assert APIClient().get(path).json() == {"status": "ok"}
