"""What a client says of its body may make no sense: it is no failure of ours."""

import pytest
from werkzeug.test import Client

from maskr_site.wsgi import application
from tests.conftest import SERVICE
from tests.pictures import picture

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("worker", "books")]

NONSENSE = pytest.mark.parametrize(
    "parameter", ["charset=base64", 'Charset="idna"', "charset=undefined", "charset*=nowhere''x"]
)
FORM = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n%s\r\n--x--\r\n'


def post(customer, path, data, content_type):
    headers = {"X-Api-Key": customer.plaintext}
    client = Client(application)
    return client.post(path, data=data, content_type=content_type, headers=headers)


@NONSENSE
def test_a_picture_whose_charset_is_none_is_a_picture(alice, parameter):
    response = post(alice, "/v2?size=preview&.=1", picture(), f"image/png; {parameter}")
    assert response.status_code == 200


@NONSENSE
def test_a_form_whose_charset_is_none_is_a_form(alice, parameter):
    kind = f"multipart/form-data; {parameter}; boundary=x"
    assert post(alice, f"{SERVICE}?quality=fast&.=1", FORM % picture(), kind).status_code == 200


def test_a_boundary_that_is_coded_as_nothing_is_is_a_client_error(alice):
    kind = "multipart/form-data; boundary*=nowhere''x"
    assert post(alice, SERVICE, FORM % picture(), kind).status_code == 400


@pytest.mark.parametrize(
    "kind", ["Multipart/Form-Data; Boundary=x", "MULTIPART/FORM-DATA;boundary=x"]
)
@pytest.mark.parametrize(("path", "field"), [(SERVICE, b"file"), ("/v2", b"image_file")])
def test_the_type_of_a_form_may_be_in_any_case(alice, path, field, kind):
    body = FORM.replace(b"file", field, 1) % picture()
    assert post(alice, path, body, kind).status_code == 200


def test_another_charset_is_as_good_as_none(alice):
    kind = "multipart/form-data; boundary=x; charset=ISO-8859-1"
    assert post(alice, SERVICE, FORM % picture(), kind).status_code == 200


def test_an_address_is_read_as_utf_8_whatever_charset_is_named():
    kind = {"Content-Type": "text/plain; charset=utf-7"}
    assert Client(application).get("/docs/search?q=%2B2AA-", headers=kind).status_code == 200
