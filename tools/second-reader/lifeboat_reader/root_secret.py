"""Where the secrets of the key epochs come from: the key file, or the text of a recovery kit (§11)."""

import base64
import hashlib
import json
import os
import re

from .damage import Refused
from .keys import Keys

MAX_FILE = 65536
LINE = re.compile(r"^[ \t]*([0-9]{1,5})[ \t]*:((?:[ \t]*[0-9a-foil]){20})\s*?$", re.MULTILINE | re.IGNORECASE)
FINGERPRINT = re.compile(r"^[ \t]*fingerprint[ \t]*:((?:[ \t]*[0-9a-foil]){16})\s*?$", re.MULTILINE | re.IGNORECASE)
MISREAD = str.maketrans("oOiIlL", "001111")


def read_key_file(path):
    try:
        value = json.loads(_read_private(path))
        listed = {1: lambda: [value["root"]], 2: lambda: value["secrets"]}[value["version"]]()
        secrets = [base64.b64decode(each, validate=True) for each in listed]
        if secrets and all(len(secret) == 32 for secret in secrets):
            return secrets
    except (ValueError, KeyError, TypeError):
        pass
    raise Refused(f"{path}: this is no key file")


def read_kit(path):
    return parse_kit(_read_private(path))


def parse_kit(text):
    lines = {int(number): _digits(digits) for number, digits in LINE.findall(text)}
    secrets = []
    for first in range(1, max(lines, default=1) + 1, 4):
        root = secrets[0] if secrets else b""
        secrets.append(b"".join(_line(lines, number, root) for number in range(first, first + 4)))
    fingerprint = FINGERPRINT.search(text)
    if fingerprint is None or _digits(fingerprint[1]) != Keys(secrets).fingerprint():
        raise Refused("the fingerprint of the recovery kit is absent, or is not that of its lines")
    return secrets


def _line(lines, number, root):
    """The 8 bytes of a line; `root` is the first epoch's secret in the lines of those behind it."""
    line = lines.get(number)
    if line is None:
        raise Refused(f"the recovery kit has no line {number} of 20 hexadecimal digits")
    if line[8:] != hashlib.sha256(b"lifeboat/v1/recovery-line/%d\n" % number + root + line[:8]).digest()[:2]:
        raise Refused(f"line {number} of the recovery kit has a typing mistake: its check does not fit")
    return line[:8]


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
