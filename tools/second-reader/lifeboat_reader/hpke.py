"""HPKE (RFC 9180), base mode: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM, one message, no AAD."""

import hashlib
import hmac

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

KEM = b"KEM\x00\x20"
SUITE = b"HPKE\x00\x20\x00\x01\x00\x02"
BASE_MODE = b"\x00"
ENCAPSULATED = 32


def open_message(private_key, info, message):
    """Opens encapsulated key ‖ ciphertext. Raises InvalidTag or ValueError when it was not sealed to this key."""
    encapsulated, ciphertext = message[:ENCAPSULATED], message[ENCAPSULATED:]
    key = X25519PrivateKey.from_private_bytes(private_key)
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    agreed = key.exchange(X25519PublicKey.from_public_bytes(encapsulated))
    prk = labeled_extract(KEM, b"", b"eae_prk", agreed)
    shared = labeled_expand(KEM, prk, b"shared_secret", encapsulated + public, 32)
    context = BASE_MODE + labeled_extract(SUITE, b"", b"psk_id_hash", b"") + labeled_extract(SUITE, b"", b"info_hash", info)
    secret = labeled_extract(SUITE, shared, b"secret", b"")
    nonce = labeled_expand(SUITE, secret, b"base_nonce", context, 12)
    return AESGCM(labeled_expand(SUITE, secret, b"key", context, 32)).decrypt(nonce, ciphertext, None)


def labeled_extract(suite, salt, label, material):
    return hkdf_extract(salt, b"HPKE-v1" + suite + label + material)


def labeled_expand(suite, prk, label, info, length):
    return hkdf_expand(prk, length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info, length)


def hkdf_extract(salt, material):
    return hmac.digest(salt, material, hashlib.sha256)


def hkdf_expand(prk, info, length):
    """RFC 5869 for at most 32 bytes: one block is enough for all that is derived here."""
    return hmac.digest(prk, info + b"\x01", hashlib.sha256)[:length]
