"""The documents as a customer of a live server sees them."""

from collections.abc import Callable

import pytest
from django.test import RequestFactory

from maskr_site.docs import contents, facts, rendering
from maskr_site.docs.rendering import Rendered


@pytest.fixture
def document(db) -> Callable[..., Rendered]:
    """Renders a page by its slug, with the address of the server in it."""

    def render(slug: str, host: str = "testserver") -> Rendered:
        request = RequestFactory().get("/docs", headers={"host": host})
        return rendering.render(contents.PAGES[slug].text, facts.of(request))

    return render
