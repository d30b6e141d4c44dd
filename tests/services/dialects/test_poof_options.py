"""Combinations of /v1/remove's options that the vendor's own client, poofbg 0.4.1, documents."""

import pytest

from tests.services.dialects.vendors import VENDORS, send

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("worker", "books")]

POOF = VENDORS["poof"]


def test_a_width_overrides_the_size(alice):
    response = send(alice.api, POOF, size="preview", width="400")
    assert (response["X-Image-Width"], response.status_code) == ("400", 200)


def test_a_padding_may_be_a_share(alice):
    share, percentage = (
        send(alice.api, POOF, crop="true", padding=text) for text in ("0.25", "25%")
    )
    assert share["X-Image-Width"] == percentage["X-Image-Width"]


def test_a_padding_in_pixels_is_as_many(alice):
    without, padded = (
        int(send(alice.api, POOF, crop="true", **fields)["X-Image-Width"])
        for fields in ({}, {"padding": "24"})
    )
    assert padded == without + 48


def test_a_padding_is_for_cropped_pictures(alice):
    assert send(alice.api, POOF, padding="10%")["X-Image-Width"] == "96"
