"""Reports of keys found in public, as GitHub's secret scanning partner programme sends them."""

import base64
import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.contrib.admin.models import LogEntry

from accounts import keys, leaks, partners

PATH = "/partners/leaked-keys"
URL = "https://github.com/octocat/hello/blob/main/config.py"
PARTNER = ec.generate_private_key(ec.SECP256R1())

pytestmark = pytest.mark.django_db


def pem(private) -> str:
    public = private.public_key()
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@pytest.fixture(autouse=True)
def partner(settings) -> None:
    settings.LEAK_PARTNER_KEYS = {"key-1": pem(PARTNER)}


@pytest.fixture
def plaintext(new_key) -> str:
    return new_key[1]


def signed(body: bytes, private=PARTNER) -> str:
    return base64.b64encode(private.sign(body, ec.ECDSA(SHA256()))).decode()


def finding(token: str, **fields) -> dict[str, str]:
    return {"token": token, "type": "maskr_api_key", "url": URL, "source": "content"} | fields


@pytest.fixture
def report(client):
    """Posts findings; the named parts replace what is right."""

    def post(found, *, body: bytes | None = None, signature: str | None = None, name="key-1"):
        right = json.dumps(found).encode()
        return client.post(
            PATH,
            right if body is None else body,
            content_type="application/json",
            headers={
                "Github-Public-Key-Identifier": name,
                "Github-Public-Key-Signature": signed(right) if signature is None else signature,
            },
        )

    return post


def test_a_key_of_ours_is_a_true_positive(report, plaintext):
    answer = {"token_raw": plaintext, "token_type": "maskr_api_key", "label": "true_positive"}
    assert report([finding(plaintext)]).json() == [answer]


def test_a_key_of_ours_is_revoked(report, plaintext):
    report([finding(plaintext)])
    assert keys.find(plaintext) is None


def test_what_is_no_key_of_ours_is_a_false_positive(report, plaintext):
    other = plaintext[:-1] + ("a" if plaintext[-1] != "a" else "b")
    labels = [row["label"] for row in report([finding(other), finding("ghp_x")]).json()]
    assert labels == ["false_positive", "false_positive"]


def test_the_owner_is_told_where_it_was_found(report, plaintext, mailoutbox):
    report([finding(plaintext)])
    assert (mailoutbox[0].to, URL in mailoutbox[0].body) == (["alice@example.com"], True)


def test_the_owner_is_told_also_without_wanting_mails_about_keys(
    report, plaintext, alice, mailoutbox
):
    alice.notify_by_mail = False
    alice.save()
    report([finding(plaintext)])
    assert len(mailoutbox) == 1


def test_nobody_is_told_whose_account_is_closed(report, plaintext, alice, mailoutbox):
    type(alice).objects.filter(pk=alice.pk).update(is_active=False)
    labels = [row["label"] for row in report([finding(plaintext)]).json()]
    assert (labels, mailoutbox) == (["true_positive"], [])


def test_neither_mail_nor_history_holds_the_key(report, plaintext, mailoutbox):
    report([finding(plaintext)])
    told = mailoutbox[0].body + LogEntry.objects.get().change_message
    assert plaintext[12:-4] not in told


def test_a_key_found_twice_is_told_of_once(report, plaintext, mailoutbox):
    labels = [report([finding(plaintext)] * 2).json()[1]["label"] for _ in range(2)]
    assert (labels, len(mailoutbox)) == (["true_positive"] * 2, 1)


def test_the_history_of_the_key_says_what_happened(report, plaintext, key):
    report([finding(plaintext)])
    line = LogEntry.objects.get(object_id=str(key.pk))
    assert line.change_message == f"A scanning partner found this key at {URL} (content). Revoked."


def test_a_finding_without_a_place_counts_too(report, plaintext):
    assert report([{"token": plaintext, "type": "x", "url": None}]).status_code == 200


@pytest.mark.parametrize("odd", ["\0", "\ud800", "\u2028", "\x1b"], ids=ascii)
@pytest.mark.parametrize("field", ["url", "source"])
def test_a_place_with_odd_letters_keeps_no_key_alive(report, alice, field, odd):
    found = [keys.create(alice, "shop")[1] for _ in range(2)]
    answer = report([finding(token, **{field: f"https://x.example/{odd}"}) for token in found])
    labels = [row["label"] for row in answer.json()]
    assert (labels, [keys.find(token) for token in found]) == (["true_positive"] * 2, [None] * 2)


@pytest.mark.parametrize("field", ["token", "type"])
def test_a_finding_with_odd_letters_is_answered_as_it_came(report, field):
    odd = finding("ghp_x") | {field: "\0\ud800"}
    answer = report([odd]).json()[0]
    assert (answer["token_raw"], answer["token_type"]) == (odd["token"], odd["type"])


class TestRefused:
    """Nothing is revoked by what no partner signed."""

    @pytest.fixture(autouse=True)
    def _still_works(self, plaintext):
        yield
        assert keys.find(plaintext) is not None

    def test_a_body_changed_by_one_byte(self, report, plaintext):
        body = json.dumps([finding(plaintext, source="c0ntent")]).encode()
        assert report([finding(plaintext)], body=body).status_code == 400

    def test_an_unknown_key_of_the_partner(self, report, plaintext):
        assert report([finding(plaintext)], name="key-2").status_code == 400

    def test_another_signers_signature(self, report, plaintext):
        found = [finding(plaintext)]
        other = signed(json.dumps(found).encode(), ec.generate_private_key(ec.SECP256R1()))
        assert report(found, signature=other).status_code == 400

    @pytest.mark.parametrize("signature", ["", "x", "!!!!", "AAAA", "é", "A" * 5000])
    def test_what_is_no_signature(self, report, plaintext, signature):
        assert report([finding(plaintext)], signature=signature).status_code == 400

    @pytest.mark.parametrize(
        "body", [b"", b"{", b"{}", b"[1]", b"[{}]", b'[{"token": 1}]', b"\xff", b"[" * 200_000]
    )
    def test_a_signed_body_that_is_no_list_of_findings(self, report, body):
        assert report([], body=body, signature=signed(body)).status_code == 400

    def test_a_body_of_megabytes(self, report, plaintext):
        found = [finding(plaintext, source="x" * leaks.MAX_BYTES)]
        assert report(found).status_code == 400

    def test_more_findings_than_anybody_sends(self, report, plaintext):
        assert report([finding(plaintext)] * (leaks.MOST_AT_ONCE + 1)).status_code == 400

    def test_everything_while_no_partner_is_set(self, report, plaintext, settings):
        settings.LEAK_PARTNER_KEYS = {}
        assert report([finding(plaintext)]).status_code == 404

    def test_a_look_by_get(self, client):
        assert client.get(PATH).status_code == 405


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
        pem(rsa.generate_private_key(65537, 2048)),
        pem(ec.generate_private_key(ec.SECP384R1())),
    ],
)
def test_only_a_public_key_on_p_256_is_one_of_a_partner(text):
    with pytest.raises(ValueError, match=r".+"):
        partners.public_key(text)


def test_a_mail_that_cannot_be_made_keeps_no_later_key_alive(report, alice, bob):
    found = [keys.create(owner, "shop")[1] for owner in (alice, bob)]
    type(alice).objects.filter(pk=alice.pk).update(email="alice\n@example.com")
    assert report([finding(token) for token in found]).status_code == 200
    assert [keys.find(token) for token in found] == [None, None]


def test_a_name_of_several_lines_is_told_in_one(report, alice, mailoutbox):
    report([finding(keys.create(alice, "shop\r\nbackend")[1])])
    assert mailoutbox[0].subject == "A key was found in public and is revoked: shop backend"
