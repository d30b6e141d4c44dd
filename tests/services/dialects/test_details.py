"""What single vendors promise beside the common: headers, JSON answers, options, accounts, prices."""

import base64
from typing import Any

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError
from PIL import Image
from rest_framework.test import APIClient

from accounts import keys
from billing import credits
from tests.pictures import encoded, opened, picture
from tests.services.dialects.vendors import VENDORS, b64, send

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("worker", "books")]


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
