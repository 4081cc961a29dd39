"""Where the root secret comes from: the key file, or the text of a recovery kit (§11)."""

import base64
import hashlib
import json
import os
import re

from .damage import Refused
from .keys import Keys

MAX_FILE = 65536
LINE = re.compile(r"^[ \t]*([1-4])[ \t]*:((?:[ \t]*[0-9a-foil]){20})\s*?$", re.MULTILINE | re.IGNORECASE)
FINGERPRINT = re.compile(r"^[ \t]*fingerprint[ \t]*:((?:[ \t]*[0-9a-foil]){16})\s*?$", re.MULTILINE | re.IGNORECASE)
MISREAD = str.maketrans("oOiIlL", "001111")


def read_key_file(path):
    try:
        value = json.loads(_read_private(path))
        secret = base64.b64decode(value["root"], validate=True)
        if value["version"] == 1 and len(secret) == 32:
            return secret
    except (ValueError, KeyError, TypeError):
        pass
    raise Refused(f"{path}: this is no key file")


def read_kit(path):
    return parse_kit(_read_private(path))


def parse_kit(text):
    lines = {int(number): _digits(digits) for number, digits in LINE.findall(text)}
    for number in range(1, 5):
        line = lines.get(number)
        if line is None:
            raise Refused(f"the recovery kit has no line {number} of 20 hexadecimal digits")
        if line[8:] != hashlib.sha256(b"lifeboat/v1/recovery-line/%d\n" % number + line[:8]).digest()[:2]:
            raise Refused(f"line {number} of the recovery kit has a typing mistake: its check does not fit")
    secret = b"".join(lines[number][:8] for number in range(1, 5))
    fingerprint = FINGERPRINT.search(text)
    if fingerprint is None or _digits(fingerprint[1]) != Keys(secret).fingerprint():
        raise Refused("the fingerprint of the recovery kit is absent, or is not that of its lines")
    return secret


def _digits(text):
    return bytes.fromhex("".join(text.split()).translate(MISREAD))


def _read_private(path):
    """A secret that others may read is none."""
    with open(path, "rb") as file:
        if os.fstat(file.fileno()).st_mode & 0o077:
            raise Refused(f"{path}: others may read this secret; chmod 600 it first")
        data = file.read(MAX_FILE)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refused(f"{path}: this is no text") from error
