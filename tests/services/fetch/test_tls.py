"""https: the certificate must be good for the name that was asked, on the address that was judged."""

import datetime
import ssl
import time
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from services.fetch import FetchFailed, dialing, fetch
from tests.services.fetch.internet import OTHER, PUBLIC, PUBLIC_V6
from tests.services.fetch.test_working import PICTURE, WHOLE, redirect

NOW = datetime.datetime.now(datetime.UTC)
DAY = datetime.timedelta(days=1)


class Authority:
    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self._issued = 0
        constraints = x509.BasicConstraints(ca=True, path_length=0)
        builder = self._certificate(self._name, self._key, NOW + DAY)
        certificate = builder.add_extension(constraints, critical=True).sign(
            self._key, hashes.SHA256()
        )
        self.file = folder / f"{name}.pem"
        self.file.write_bytes(certificate.public_bytes(Encoding.PEM))

    def server(self, *names: str, until: datetime.datetime = NOW + DAY) -> ssl.SSLContext:
        """A server's side with a certificate for these names and addresses."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
        alternatives = x509.SubjectAlternativeName(
            x509.DNSName(name) if name[-1].isalpha() else x509.IPAddress(ip_address(name))
            for name in names
        )
        builder = self._certificate(subject, key, until).add_extension(alternatives, critical=False)
        certificate = builder.sign(self._key, hashes.SHA256())
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        self._issued += 1
        file = self._folder / f"{self.file.stem}-{self._issued}.pem"
        file.write_bytes(private + certificate.public_bytes(Encoding.PEM))
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(file)
        return context

    def _certificate(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, until: datetime.datetime
    ) -> x509.CertificateBuilder:
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(self._name)
        builder = builder.public_key(key.public_key()).serial_number(x509.random_serial_number())
        return builder.not_valid_before(until - 30 * DAY).not_valid_after(until)


@pytest.fixture
def authority(tmp_path, monkeypatch):
    """Whom the fetcher trusts."""
    trusted = Authority(tmp_path, "trusted")
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted.file))
    dialing.tls_context.cache_clear()
    yield trusted
    dialing.tls_context.cache_clear()


def get(url: str) -> bytes:
    return fetch(url, max_bytes=len(PICTURE))


@pytest.mark.parametrize("port", [443, 8443])
def test_a_certificate_for_the_name_is_accepted(net, authority, port):
    net.serve(WHOLE, port=port, tls=authority.server("pictures.example"))
    assert get(f"https://pictures.example:{port}/a.png") == PICTURE
    assert net.dials == [(PUBLIC, port)]


def test_the_server_is_told_the_name_and_not_the_address(net, authority):
    told = []
    tls = authority.server("xn--bcher-kva.example")
    tls.sni_callback = lambda _socket, name, _context: told.append(name)
    net.names["xn--bcher-kva.example"] = [PUBLIC]
    net.serve(WHOLE, port=443, tls=tls)
    assert get("https://bücher.example/") == PICTURE
    assert told == ["xn--bcher-kva.example"]


@pytest.mark.parametrize("address", [PUBLIC, PUBLIC_V6])
def test_a_certificate_for_the_address_is_accepted(net, authority, address):
    net.serve(WHOLE, address, 443, tls=authority.server(address))
    assert get(f"https://[{address}]/" if ":" in address else f"https://{address}/") == PICTURE


@pytest.mark.parametrize(
    "names", [("other.example",), (PUBLIC,), ("a.pictures.example", "localhost")]
)
def test_a_certificate_for_others_is_refused(net, authority, names):
    net.serve(WHOLE, port=443, tls=authority.server(*names))
    with pytest.raises(FetchFailed):
        get("https://pictures.example/")
    assert net.requests == []


def test_a_certificate_from_elsewhere_is_refused(net, authority, tmp_path):
    net.serve(WHOLE, port=443, tls=Authority(tmp_path, "unknown").server("pictures.example"))
    with pytest.raises(FetchFailed):
        get("https://pictures.example/")
    assert net.requests == []


def test_an_expired_certificate_is_refused(net, authority):
    net.serve(WHOLE, port=443, tls=authority.server("pictures.example", until=NOW - DAY))
    with pytest.raises(FetchFailed):
        get("https://pictures.example/")
    assert net.requests == []


def test_plain_http_on_the_port_of_https_is_a_failure(net, authority):
    net.serve(WHOLE, port=443)
    with pytest.raises(FetchFailed):
        fetch("https://pictures.example/", max_bytes=100, deadline_s=0.2)


def test_a_handshake_that_hangs_ends_with_the_deadline(net, authority):
    net.serve(lambda talk: talk.ended.wait(30), port=443)
    start = time.monotonic()
    with pytest.raises(FetchFailed):
        fetch("https://pictures.example/", max_bytes=100, deadline_s=0.2)
    assert time.monotonic() - start < 10  # of the thirty that it hangs


def test_a_redirect_from_http_to_https_is_followed(net, authority):
    net.serve(redirect("https://other.example/b.png"))
    net.serve(WHOLE, OTHER, 443, tls=authority.server("other.example"))
    assert get("http://pictures.example/") == PICTURE


@pytest.mark.parametrize("location", ["http://other.example/", "http://pictures.example:443/"])
def test_a_redirect_from_https_to_http_is_not_followed(net, authority, location):
    net.serve(redirect(location), port=443, tls=authority.server("pictures.example"))
    with pytest.raises(FetchFailed):
        get("https://pictures.example/")
    assert net.dials == [(PUBLIC, 443)]


def test_a_relative_redirect_stays_on_https(net, authority):
    answers = iter([redirect("//other.example/b.png"), WHOLE])
    tls = authority.server("pictures.example", "other.example")
    net.names["other.example"] = [PUBLIC]
    net.serve(lambda talk: talk.send(next(answers)), port=443, tls=tls)
    assert get("https://pictures.example/") == PICTURE
    assert net.dials == [(PUBLIC, 443)] * 2


def test_slow_bytes_over_tls_end_with_the_deadline(net, authority):
    tls = authority.server("pictures.example")
    net.serve(lambda talk: talk.drip(WHOLE), port=443, tls=tls)
    with pytest.raises(FetchFailed):
        fetch("https://pictures.example/", max_bytes=10_000, deadline_s=0.3)
