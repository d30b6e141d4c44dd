"""Signatures of partners who scan for keys in public: ECDSA with P-256 and SHA-256, in base64."""

import base64
import binascii

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key


def public_key(pem: str) -> EllipticCurvePublicKey:
    """Raises ValueError for what is no public key on the curve P-256."""
    try:
        key = load_pem_public_key(pem.encode())
    except UnsupportedAlgorithm as error:
        raise ValueError(str(error)) from error
    if not isinstance(key, EllipticCurvePublicKey) or key.curve.name != "secp256r1":
        raise ValueError("not a public key on the curve P-256")
    return key


def is_signed(body: bytes, signature: str, pem: str) -> bool:
    try:
        decoded = base64.b64decode(signature, validate=True)
        public_key(pem).verify(decoded, body, ECDSA(SHA256()))
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True
