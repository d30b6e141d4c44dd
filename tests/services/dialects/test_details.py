"""What single vendors promise beside the common: headers, JSON answers, ZIPs, accounts, prices."""

import base64
import io
import json
import time
import zipfile
from typing import Any

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError
from PIL import Image
from rest_framework.test import APIClient

from accounts import keys
from billing import credits
from tests.pictures import disc, encoded, opened, picture
from tests.services.dialects.vendors import VENDORS, send

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("worker", "books")]

REMOVEBG = VENDORS["removebg"]
V2 = VENDORS["backgrounderase"]
FORM = "application/x-www-form-urlencoded"


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def alpha(data: bytes) -> np.ndarray:
    return np.asarray(opened(data).getchannel("A"))


class TestRemoveBg:
    def test_a_preview_costs_a_quarter_and_says_so(self, alice):
        response = send(alice.api, REMOVEBG, size="preview")
        assert (response["X-Credits-Charged"], alice.balance) == ("0.25", 10_000 - 25)

    def test_a_full_picture_costs_one_without_a_fraction(self, alice):
        assert send(alice.api, REMOVEBG, size="full")["X-Credits-Charged"] == "1"

    def test_auto_is_a_preview_for_small_pictures(self, alice):
        assert send(alice.api, REMOVEBG, size="auto")["X-Credits-Charged"] == "0.25"

    def test_auto_is_full_for_large_ones(self, alice):
        response = send(alice.api, REMOVEBG, picture(width=800, height=600), size="auto")
        assert (response["X-Width"], response["X-Credits-Charged"]) == ("800", "1")

    def test_auto_is_a_preview_where_credits_allow_no_more(self, new_customer):
        carol = new_customer("carol@example.com", 50)
        response = send(carol.api, REMOVEBG, picture(width=800, height=600), size="auto")
        assert (response["X-Width"], response["X-Credits-Charged"]) == ("577", "0.25")

    def test_auto_is_a_preview_where_the_cap_of_the_key_allows_no_more(self, alice):
        alice.key.monthly_credit_cap_hundredths = 50
        alice.key.save()
        response = send(alice.api, REMOVEBG, picture(width=800, height=600), size="auto")
        assert (response.status_code, response["X-Credits-Charged"]) == (200, "0.25")

    def test_a_png_has_at_most_ten_megapixels(self, alice):
        large = encoded(Image.new("RGB", (4000, 3000), "white"))
        response = send(alice.api, REMOVEBG, large, size="full", format="png")
        assert int(response["X-Width"]) * int(response["X-Height"]) <= 10_000_000

    def test_tells_where_the_subject_lies(self, alice):
        response = send(alice.api, REMOVEBG)
        box = [int(response[f"X-Foreground-{name}"]) for name in ("Left", "Top", "Width", "Height")]
        left, top, right, bottom = disc().getbbox() or (0, 0, 0, 0)
        assert box == pytest.approx([left, top, right - left, bottom - top], abs=2)

    def test_answers_json_where_that_is_accepted(self, alice):
        headers = {"Accept": "application/json"}
        data = send(alice.api, REMOVEBG, headers=headers).json()["data"]
        shown = alpha(base64.b64decode(data["result_b64"]))
        assert shown.shape == (64, 96) and data["foreground_width"] > 20

    def test_sends_the_same_headers_with_json(self, alice):
        response = send(alice.api, REMOVEBG, headers={"Accept": "application/json"})
        assert (response["X-Width"], response["X-Type"]) == ("96", "other")

    def test_repeats_the_hint_as_the_type(self, alice):
        assert send(alice.api, REMOVEBG, type="car")["X-Type"] == "car"

    def test_leaves_the_type_out_when_asked_to(self, alice):
        assert "X-Type" not in send(alice.api, REMOVEBG, type_level="none")

    def test_a_zip_composes_to_the_png(self, alice):
        png = np.asarray(opened(send(alice.api, REMOVEBG, format="png").content))
        response = send(alice.api, REMOVEBG, format="zip")
        archive = zipfile.ZipFile(io.BytesIO(response.content))
        colour = np.asarray(Image.open(archive.open("color.jpg")))
        opacity = np.asarray(Image.open(archive.open("alpha.png")))[..., None] / 255
        expected = png[..., :3] * (png[..., 3:] / 255)
        assert np.abs(colour * opacity - expected).mean() < 3

    def test_a_zip_is_called_one(self, alice):
        assert send(alice.api, REMOVEBG, format="zip")["Content-Type"] == "application/zip"

    def test_auto_format_is_jpeg_with_a_background_colour(self, alice):
        assert send(alice.api, REMOVEBG, bg_color="ff0000")["Content-Type"] == "image/jpeg"

    @pytest.mark.parametrize(
        ("roi", "code"),
        [
            ("0 0 200px 10px", "roi_exceeds_bounds"),
            ("10px 0 10px 9px", "roi_region_empty"),
            ("1 2 3", "invalid_roi"),
        ],
    )
    def test_regions_that_are_none_have_their_own_codes(self, alice, roi, code):
        assert send(alice.api, REMOVEBG, roi=roi).json()["errors"][0]["code"] == code

    def test_nothing_in_the_picture_is_unknown_foreground(self, alice):
        black = encoded(Image.new("RGB", (50, 50)))
        response = send(alice.api, REMOVEBG, black)
        code = response.json()["errors"][0]["code"]
        assert (response.status_code, code, alice.balance) == (400, "unknown_foreground", 10_000)

    def test_two_backgrounds_are_refused(self, alice):
        response = send(
            alice.api, REMOVEBG, bg_color="red", bg_image_url="http://example.com/a.png"
        )
        assert response.json()["errors"][0]["code"] == "multiple_bg_sources"

    def test_the_account_has_exactly_the_keys_that_clients_unpack(self, alice):
        attributes = alice.api.get("/v1.0/account").json()["data"]["attributes"]
        assert attributes == {
            "credits": {"total": 100, "subscription": 0, "payg": 100, "enterprise": 0},
            "api": {"free_calls": 0, "sizes": "all"},
        }

    def test_a_wrong_and_a_missing_key_have_their_titles(self, transactional_db):
        wrong = send(APIClient(headers={"X-Api-Key": "x"}), REMOVEBG).json()["errors"][0]
        missing = send(APIClient(), REMOVEBG).json()["errors"][0]
        assert (wrong["title"], wrong["code"], missing["title"]) == (
            *("API Key invalid", "auth_failed"),
            "Missing API Key",
        )

    def test_too_many_requests_say_when_to_come_back(self, alice, monkeypatch):
        monkeypatch.setattr("services.dialects.removebg.RemoveView.rate_per_minute", 1)
        answers = [send(alice.api, REMOVEBG) for _ in range(2)]
        assert answers[1].status_code == 429 and int(answers[1]["Retry-After"]) > 0

    def test_too_many_requests_say_where_the_limit_stands(self, alice, monkeypatch):
        monkeypatch.setattr("services.dialects.removebg.RemoveView.rate_per_minute", 1)
        refused = [send(alice.api, REMOVEBG) for _ in range(2)][1]
        waits = int(refused["X-RateLimit-Reset"]) - time.time()
        limits = refused["X-RateLimit-Limit"], refused["X-RateLimit-Remaining"]
        assert (*limits, 0 < waits <= 61) == ("1", "0", True)

    def test_any_page_may_call_it(self, alice):
        assert send(alice.api, REMOVEBG)["Access-Control-Allow-Origin"] == "*"


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


class TestPhotoroom:
    def test_json_in_json_out(self, alice):
        response = alice.api.post(
            "/v1/segment",
            {"image_file_b64": b64(picture())},
            format="json",
            headers={"Accept": "application/json"},
        )
        body = response.json()
        assert body["base64img"] == body["result_b64"]

    def test_says_how_unsure_it_is(self, alice):
        score = float(send(alice.api, VENDORS["photoroom"])["x-uncertainty-score"])
        assert 0 <= score <= 1

    def test_a_missing_image_has_the_vendors_words(self, alice):
        assert send(alice.api, VENDORS["photoroom"], b"").json() == {
            "detail": "Please provide an image.",
            "status_code": 400,
            "type": "missing_image",
        }

    def test_the_account_without_a_key_has_the_vendors_words(self, db):
        response = APIClient().get("/v1/account")
        assert (response.status_code, response.json()) == (
            400,
            {"error": {"message": "apiKey: Required"}},
        )

    def test_the_account_with_a_wrong_key_is_403(self, db):
        assert APIClient(headers={"X-Api-Key": "x"}).get("/v1/account").status_code == 403

    def test_the_account_counts_whole_credits(self, alice):
        credits.grant(alice.user, 75, reason="tests")
        assert alice.api.get("/v1/account").json()["credits"]["available"] == 100


class TestClipdrop:
    @pytest.mark.parametrize(
        ("accept", "format"),
        [("image/webp", "WEBP"), ("image/jpeg", "JPEG"), ("image/jpg", "JPEG"), ("*/*", "PNG")],
    )
    def test_the_format_follows_the_accept_header(self, alice, accept, format):
        response = send(alice.api, VENDORS["clipdrop"], headers={"Accept": accept})
        assert opened(response.content).format == format

    @pytest.mark.parametrize("accept", ["text/html", "image/png; q*=nowhere''1"])
    def test_an_accept_header_without_a_picture_is_406(self, alice, accept):
        response = send(alice.api, VENDORS["clipdrop"], headers={"Accept": accept})
        assert (response.status_code, alice.balance) == (406, 10_000)

    def test_tells_what_it_cost_and_what_is_left(self, alice):
        response = send(alice.api, VENDORS["clipdrop"])
        told = response["x-credits-consumed"], response["x-remaining-credits"]
        assert told == ("1", "99")

    def test_no_accept_header_or_an_empty_one_is_a_png(self, alice):
        response = send(alice.api, VENDORS["clipdrop"], headers={"Accept": ""})
        assert opened(response.content).format == "PNG"

    def test_an_accept_header_that_refuses_everything_is_406(self, alice):
        response = send(alice.api, VENDORS["clipdrop"], headers={"Accept": "*/*;q=0"})
        assert response.status_code == 406

    @pytest.mark.parametrize("name", ["clipdrop", "clipdrop cleanup"])
    def test_a_wrong_key_is_403_and_none_is_401(self, db, name):
        wrong = send(APIClient(headers={"X-Api-Key": "x"}), VENDORS[name])
        missing = send(APIClient(), VENDORS[name])
        assert [(answer.status_code, answer.json()["error"]) for answer in (wrong, missing)] == [
            (403, "Invalid api key"),
            (401, "No api key provided"),
        ]

    def test_a_revoked_key_is_403(self, alice):
        keys.revoke(alice.key)
        assert send(alice.api, VENDORS["clipdrop"]).status_code == 403

    def test_cleanup_without_a_mask_is_refused(self, alice):
        response = send(alice.api, VENDORS["clipdrop cleanup"], mask_file=b"")
        assert response.status_code == 400

    def test_cleanup_with_a_mask_of_another_size_is_refused(self, alice):
        image = picture(width=50, height=50)
        response = send(alice.api, VENDORS["clipdrop cleanup"], image)
        assert (response.status_code, alice.balance) == (400, 10_000)


class TestSlazzer:
    def test_a_preview_is_small_and_cheap(self, alice):
        response = send(
            alice.api, VENDORS["slazzer"], picture(width=1000, height=800), preview="true"
        )
        width, height = opened(response.content).size
        assert (width * height <= 250_000, alice.balance) == (True, 10_000 - 25)

    def test_can_answer_base64(self, alice):
        body = send(alice.api, VENDORS["slazzer"], output_image_format="base64").json()
        assert opened(base64.b64decode(body["output_image_base64"])).size == (96, 64)

    def test_a_missing_picture_and_a_wrong_key_have_the_vendors_words(self, alice):
        missing = send(alice.api, VENDORS["slazzer"], b"").json()
        wrong = send(APIClient(headers={"Api-Key": "x"}), VENDORS["slazzer"]).json()
        assert (missing["error"], wrong["error"]) == (
            "Source image file not found",
            "invalid api key",
        )


class TestPicsart:
    def test_the_address_needs_no_key(self, alice):
        url = send(alice.api, VENDORS["picsart"]).json()["data"]["url"]
        response: Any = APIClient().get(url)
        assert opened(b"".join(response.streaming_content)).mode == "RGBA"

    def test_every_answer_carries_the_five_headers(self, alice):
        names = ["Correlation-Id", "Ratelimit-Available", "Ratelimit-Limit"]
        names += ["Ratelimit-Reset-Time", "Credit-Available"]
        for response in (send(alice.api, VENDORS["picsart"]), alice.api.get("/tools/1.0/balance")):
            assert all(response.has_header(f"X-Picsart-{name}") for name in names)

    def test_tells_for_how_long_to_wait_and_not_until_when(self, alice, monkeypatch):
        monkeypatch.setattr("services.dialects.picsart.RemoveView.rate_per_minute", 1)
        refused = [send(alice.api, VENDORS["picsart"]) for _ in range(2)][1]
        waits = int(refused["X-Picsart-Ratelimit-Reset-Time"])
        assert (refused.status_code, waits) == (429, int(refused["Retry-After"]))

    def test_counts_whole_credits_in_its_header(self, new_customer):
        carol = new_customer("carol@example.com", 1075)
        assert send(carol.api, VENDORS["picsart"])["X-Picsart-Credit-Available"] == "9"

    def test_a_background_is_left_at_its_own_size(self, alice):
        assert self.on_background(alice).size == (200, 50)

    def test_a_background_may_be_told_another_width(self, alice):
        assert self.on_background(alice, bg_width="120").size == (120, 50)

    def test_a_mask_has_the_size_of_the_picture_whatever_the_background(self, alice):
        assert self.on_background(alice, output_type="mask").size == (96, 64)

    def test_the_cut_out_is_fitted_into_its_background(self, alice):
        shown = np.asarray(self.on_background(alice).convert("RGB")).astype(int)
        is_ground = np.abs(shown - (0, 128, 0)).max(axis=2) < 3
        assert is_ground[:, :60].all() and is_ground[:, -60:].all() and not is_ground.all()

    def on_background(self, customer, **fields) -> Image.Image:
        """A picture of 96 x 64 before a green one of 200 x 50."""
        ground = SimpleUploadedFile("ground.png", encoded(Image.new("RGB", (200, 50), "green")))
        url = send(customer.api, VENDORS["picsart"], bg_image=ground, **fields).json()["data"][
            "url"
        ]
        response: Any = APIClient().get(url)
        return opened(b"".join(response.streaming_content))

    def test_tells_the_balance(self, alice):
        assert alice.api.get("/tools/1.0/balance").json() == {"credits": 100}

    @pytest.fixture
    def no_balance(self, monkeypatch) -> None:
        def away(_user):
            raise OperationalError("away")

        monkeypatch.setattr(credits, "balance", away)

    def test_a_finished_picture_is_answered_though_the_balance_is_not_known(
        self, alice, no_balance
    ):
        assert send(alice.api, VENDORS["picsart"]).json()["status"] == "success"

    def test_a_balance_that_is_not_known_is_503_in_its_shape(self, alice, no_balance):
        response = alice.api.get("/tools/1.0/balance")
        assert (response.status_code, response.json()["code"]) == (503, 503)


class TestPoof:
    @pytest.mark.parametrize(("size", "side"), [("preview", 256), ("small", 512), ("medium", 1000)])
    def test_sizes_are_longest_sides(self, alice, size, side):
        image = picture(width=1000, height=500)
        response = send(alice.api, VENDORS["poof"], image, size=size)
        assert (opened(response.content).size[0], response["X-Image-Width"]) == (side, str(side))

    def test_channels_rgb_are_opaque_on_the_colour(self, alice):
        response = send(alice.api, VENDORS["poof"], channels="rgb", bg_color="rgb(255, 0, 0)")
        shown = opened(response.content)
        assert (shown.mode, shown.getpixel((1, 1))) == ("RGB", (255, 0, 0))

    def test_numbers_in_headers_are_whole(self, alice):
        response = send(alice.api, VENDORS["poof"])
        assert int(response["X-Processing-Time-Ms"]) >= 0

    def test_errors_name_the_field(self, alice):
        body = send(alice.api, VENDORS["poof"], crop="maybe").json()
        assert (body["code"], body["details"]) == ("validation_error", {"field": "crop"})

    def test_tells_what_was_used(self, alice):
        send(alice.api, VENDORS["poof"])
        body = alice.api.get("/v1/me").json()
        assert (body["maxCredits"], body["usedCredits"]) == (100, 1)


def test_a_json_number_or_boolean_is_as_good_as_its_text(alice):
    body = {"image_file_b64": b64(picture()), "crop": True, "size": "full", "shadow_opacity": 50}
    response = alice.api.generic(
        "POST", "/v1.0/removebg", json.dumps(body), content_type="application/json"
    )
    assert int(response["X-Width"]) < 96
