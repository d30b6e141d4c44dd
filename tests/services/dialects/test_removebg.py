"""What remove.bg promises beside what all vendors do: prices by size, headers, ZIPs, the account."""

import base64
import io
import json
import time
import zipfile

import numpy as np
import pytest
from PIL import Image
from rest_framework.test import APIClient

from accounts.models import User
from tests.pictures import disc, encoded, opened, picture
from tests.services.dialects.vendors import VENDORS, alpha, b64, send

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("worker", "books")]
REMOVEBG = VENDORS["removebg"]


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

    def test_who_has_no_limit_gets_the_headers_that_clients_read_as_numbers(self, alice):
        User.objects.filter(pk=alice.user.pk).update(rate_factor=0)
        answer = send(alice.api, REMOVEBG)
        waits = int(answer["X-RateLimit-Reset"]) - time.time()
        limits = answer["X-RateLimit-Limit"], answer["X-RateLimit-Remaining"]
        assert (*limits, waits <= 1) == ("60", "60", True)

    def test_any_page_may_call_it(self, alice):
        assert send(alice.api, REMOVEBG)["Access-Control-Allow-Origin"] == "*"


def test_a_json_number_or_boolean_is_as_good_as_its_text(alice):
    body = {"image_file_b64": b64(picture()), "crop": True, "size": "full", "shadow_opacity": 50}
    response = alice.api.generic(
        "POST", "/v1.0/removebg", json.dumps(body), content_type="application/json"
    )
    assert int(response["X-Width"]) < 96
