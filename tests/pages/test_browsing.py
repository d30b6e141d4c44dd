"""The watch over pages sees what it is there for."""

import pytest

from tests.browsing import Complaints

pytestmark = pytest.mark.browser
LOGIN = "/accounts/login/"


@pytest.fixture
def page(browse, transactional_db):
    page = browse()
    page.goto(LOGIN)
    return page


@pytest.fixture
def caught(complaints):
    """What was complained of; the test expects it."""
    yield complaints
    complaints.clear()


def test_a_sound_page_draws_no_complaint(page, complaints):
    assert complaints == []


def test_an_error_on_the_console_is_a_complaint(page, caught):
    page.evaluate("console.error('something broke')")
    assert "something broke" in caught[0]


def test_a_request_to_another_host_is_a_complaint(page, caught):
    page.evaluate(
        "new Promise(r => { const i = new Image(); i.onerror = r; i.src = 'http://127.0.0.2:9/x.png' })"
    )
    assert any("another host: http://127.0.0.2:9/x.png" in text for text in caught)


def test_an_inline_script_breaks_the_policy_and_is_a_complaint(page, caught):
    page.evaluate(
        "document.body.append(Object.assign(document.createElement('script'), {text: '1'}))"
    )
    assert any("Content Security Policy" in text for text in caught)


def test_an_inline_style_breaks_the_policy_and_is_a_complaint(page, caught):
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<p style=\"color: red\">x</p>')")
    assert any("Content Security Policy" in text for text in caught)


def test_a_field_without_a_label_is_found(page, axe):
    page.evaluate("document.querySelector('label[for=id_login]').remove()")
    page.evaluate("document.querySelector('#id_login').removeAttribute('placeholder')")
    assert any("id_login" in finding for finding in axe(page))


def test_too_little_contrast_is_found(page, axe):
    page.evaluate("document.querySelector('h1').style.color = 'rgb(230, 230, 230)'")
    assert any("contrast" in finding for finding in axe(page, "color-contrast"))


def test_what_is_forgiven_fails_nothing():
    complaints = Complaints("http://localhost:1")
    complaints.append("console: status of 404")
    complaints.forgives.append("status of 404")
    assert complaints.unforgiven() == []
