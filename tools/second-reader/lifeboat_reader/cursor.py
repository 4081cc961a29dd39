"""Reads integers and blobs from bytes that nobody trusts (§1)."""

import zlib

from .damage import Damaged, Unsupported

MAX_VARINT = (1 << 53) - 1
VERSION = 1


class Cursor:
    """A position in `data`; whatever would reach past its end is damage of `what`."""

    def __init__(self, data, what):
        self.data = data
        self.what = what
        self.at = 0

    def damaged(self, why):
        return Damaged(f"{self.what}: {why} at byte {self.at}")

    @property
    def left(self):
        return len(self.data) - self.at

    def take(self, length):
        if length > self.left:
            raise self.damaged(f"{length} bytes are wanted, {self.left} are left,")
        self.at += length
        return bytes(self.data[self.at - length : self.at])

    def unsigned(self, length):
        return int.from_bytes(self.take(length), "big")

    def signed(self, length):
        return int.from_bytes(self.take(length), "big", signed=True)

    def varint(self):
        value = 0
        for index in range(8):
            byte = self.unsigned(1)
            value |= (byte & 0x7F) << (7 * index)
            if byte & 0x80 == 0:
                if byte == 0 and index > 0:
                    raise self.damaged("a varint is not in its shortest form")
                if value > MAX_VARINT:
                    raise self.damaged("a varint is too large")
                return value
        raise self.damaged("a varint has more than 8 bytes")

    def blob(self):
        return self.take(self.varint())

    def envelope(self, letters):
        """Checks magic, version and features; returns the bits of `uses`."""
        if self.take(8) != b"\x89LB" + letters + b"\n":
            raise self.damaged(f"this is no {letters.decode()}")
        version, requires, uses = self.unsigned(2), self.unsigned(2), self.unsigned(2)
        if version != VERSION or requires != 0:
            raise Unsupported(f"{self.what}: version {version} with features {requires:#06x} needs a newer reader")
        return uses

    def end(self):
        if self.left != 0:
            raise self.damaged(f"{self.left} bytes too many")


def check_crc(data, what):
    """The last 4 bytes are the CRC-32 of those before (§1: checked before anything else)."""
    if zlib.crc32(data[:-4]) != int.from_bytes(data[-4:], "big"):
        raise Damaged(f"{what}: the checksum does not match")
