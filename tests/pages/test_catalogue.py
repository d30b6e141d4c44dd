"""No page of the site is forgotten in the list of pages."""

import string
from collections.abc import Iterator

from django.urls import URLPattern, URLResolver, get_resolver, resolve

from tests.pages.catalogue import PAGES

SITE = ("account/", "accounts/", "docs", "status", "studio")
#: Of these parts, what is no page of ours that one can simply open.
NO_PAGES = {
    "account/billing/buy/<int:pack_id>/": "form only",
    "account/billing/plan/<int:plan_id>/": "form only",
    "account/billing/portal/": "form only",
    "account/billing/statement.csv": "a file",
    "account/billing/top-up/": "form only",
    "account/jobs/<id:job_id>/<slug:which>/<slug:size>": "a picture",
    "account/jobs/<id:job_id>/again/": "form only",
    "account/settings/export": "a file",
    "account/webhooks/<id:endpoint_id>/switch/": "form only",
    "account/webhooks/<id:endpoint_id>/test/": "form only",
    "account/webhooks/deliveries/<id:delivery_id>/again/": "form only",
    "account/webhooks/threshold/": "form only",
    "accounts/2fa/authenticate/": "within signing in; tests/pages/test_flows.py goes there",
    "accounts/2fa/reauthenticate/": "the same page as for the password",
    "accounts/2fa/recovery-codes/download/": "a file",
    "accounts/login/code/confirm/": "signing in by code is off",
    "accounts/password/set/": "for accounts without a password, which we have none of",
    "docs/api": "Swagger's page; test_every_page.py tries it",
    "docs/openapi": "a file",
    "docs/": "leads to docs",
    "docs/overview": "leads to docs",
    "status.json": "a file",
    "studio/": "leads to studio",
    "studio/balance": "a piece of a page",
    "studio/preview": "form only",
    "studio/samples/<slug:name>.jpg": "a file",
    "studio/try/background-removal": "form only",
    "studio/try/object-extraction": "form only",
    "studio/try/object-removal": "form only",
}


def routes(patterns: list[URLPattern | URLResolver], before: str = "") -> Iterator[str]:
    for pattern in patterns:
        route = before + str(pattern.pattern).removeprefix("^")
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        elif route.startswith(SITE):
            yield route


def shown() -> set[str]:
    """The routes behind the paths of the list, with any id in the place of each name."""
    any_id = "00000000-0000-4000-8000-000000000000"
    found = set()
    for page in PAGES:
        names = [name for _, name, _, _ in string.Formatter().parse(page.path) if name]
        path = page.path.format(**dict.fromkeys(names, any_id)).partition("?")[0]
        if page.status == 200:
            found.add(resolve(path).route)
    return found


def test_every_page_is_in_the_list():
    every = set(routes(get_resolver().url_patterns))
    assert sorted(every - shown() - set(NO_PAGES)) == []


def test_nothing_is_excused_that_is_gone_or_shown():
    every = set(routes(get_resolver().url_patterns))
    assert sorted(set(NO_PAGES) - every | set(NO_PAGES) & shown()) == []
