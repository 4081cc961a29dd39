"""Records: signed and sealed JSON (§8), and vault.json (§9)."""

import base64
import binascii

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from . import canonical_json, zstd
from .damage import Damaged, Refused, Unsupported
from .keys import first_that_opens

RECORD_PREFIX = b"lifeboat/v1/record\n"
MAX_CONTENTS = 64 << 20
MAX_RECORD = 2 * MAX_CONTENTS


def open_record(data, keys, seal_keys, kind, vault, name):
    """The contents of the record that lies under `name`, once everything about it was verified, and the key of `seal_keys` that opened it."""
    if len(data) > MAX_RECORD:
        raise Damaged(f"{name}: a record of {len(data)} bytes")
    record = _object(data, name)
    if record.get("format") != "lifeboat/record":
        raise Damaged(f"{name}: this is no record")
    _check_features(record, name)
    _verify(record, RECORD_PREFIX, keys, name)
    for member, wanted in (("kind", kind), ("vault", str(vault)), ("name", name)):
        if record.get(member) != wanted:
            raise Damaged(f"{name}: its {member} is {record.get(member)!r}, not {wanted!r}")
    length, nonce, body = record.get("length"), _base64(record, "nonce", name), _base64(record, "body", name)
    if type(length) is not int or not 1 <= length <= MAX_CONTENTS or len(nonce) != 12:
        raise Damaged(f"{name}: length or nonce are out of bounds")
    aad = canonical_json.encode({key: record[key] for key in record if key not in ("signature", "body")})
    try:
        compressed, key = first_that_opens(seal_keys, lambda key: (AESGCM(key).decrypt(nonce, body, aad), key))
    except InvalidTag as error:
        raise Damaged(f"{name}: no key opens the seal, of {len(seal_keys)} epochs: a newer kit may") from error
    return canonical_json.decode(zstd.decompress(compressed, length, name), name), key


def open_vault_json(data, keys):
    """The id of the vault, as text. Refuses a key that is not this vault's."""
    what = "vault.json"
    if not data.endswith(b"\n"):
        raise Damaged(f"{what}: does not end in a line feed")
    vault = _object(data[:-1], what)
    _check_features(vault, what)
    if _base64(vault, "publicKey", what) != keys.public_bytes():
        raise Refused("this key belongs to another vault: its fingerprint is not that of vault.json")
    _verify(vault, b"", keys, what)
    return vault["id"]


def _object(data, what):
    value = canonical_json.decode(data, what)
    if not isinstance(value, dict):
        raise Damaged(f"{what}: this is no JSON object")
    return value


def _check_features(value, what):
    if value.get("version") != 1 or value.get("requires") != []:
        raise Unsupported(f"{what}: version {value.get('version')} with {value.get('requires')} needs a newer reader")


def _verify(value, prefix, keys, what):
    unsigned = canonical_json.encode({key: value[key] for key in value if key != "signature"})
    try:
        keys.verify_key.verify(_base64(value, "signature", what), prefix + unsigned)
    except InvalidSignature as error:
        raise Damaged(f"{what}: the signature is not that of this vault's key") from error


def _base64(value, member, what):
    try:
        return base64.b64decode(value[member], validate=True)
    except (KeyError, TypeError, ValueError, binascii.Error) as error:
        raise Damaged(f"{what}: {member} is no base64") from error
