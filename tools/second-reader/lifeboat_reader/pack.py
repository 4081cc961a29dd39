"""Packs: header, frames, sealed table, footer (§5)."""

import hashlib
import os
import uuid
from collections import namedtuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from . import frame
from .cursor import Cursor, check_crc
from .damage import Damaged
from .keys import first_that_opens

PACK_HEADER = 52
TABLE_HEADER = 32
FOOTER = 36
ROW = 47
MAX_PACK = 4 << 30
SCAN_STEP = 1 << 20

Row = namedtuple("Row", "kind type id offset length raw_length")


class Pack:
    """One pack file, open for reading. `name` is how it is called in messages: packs/<aa>/<sha256>."""

    def __init__(self, path, name, vault):
        self.name = name
        self.vault = vault
        self.file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        self.size = os.fstat(self.file).st_size
        if self.size > MAX_PACK:
            raise Damaged(f"{name}: {self.size} bytes are more than a pack may have")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.file)

    def at(self, offset):
        return f"{self.name}, byte {offset}"

    def read(self, offset, length):
        data = os.pread(self.file, length, offset) if offset + length <= self.size else b""
        if len(data) != length:
            raise Damaged(f"{self.at(offset)}: {length} bytes are wanted, the pack ends before")
        return data

    def check_sum(self):
        digest = hashlib.sha256()
        for offset in range(0, self.size, SCAN_STEP):
            digest.update(self.read(offset, min(SCAN_STEP, self.size - offset)))
        if digest.hexdigest() != self.name.rsplit("/", 1)[-1]:
            raise Damaged(f"{self.name}: its SHA-256 is {digest.hexdigest()}, not its name")

    def cluster(self):
        header = self.read(0, PACK_HEADER)
        check_crc(header, self.at(0))
        cursor = Cursor(header, self.at(0))
        cursor.envelope(b"Pack")
        cursor.take(2)
        if uuid.UUID(bytes=cursor.take(16)) != self.vault:
            raise cursor.damaged("the pack belongs to another vault")
        return uuid.UUID(bytes=cursor.take(16))

    def table(self, cluster, table_keys):
        """The rows of the sealed table; none points outside of the frames."""
        start = self.size - FOOTER
        if start < PACK_HEADER:
            raise Damaged(f"{self.name}: {self.size} bytes are too few for a pack")
        footer = self.read(start, FOOTER)
        check_crc(footer, self.at(start))
        cursor = Cursor(footer, self.at(start))
        cursor.envelope(b"Foot")
        cursor.take(2)
        offset, length, frames = cursor.unsigned(8), cursor.unsigned(4), cursor.unsigned(4)
        if offset < PACK_HEADER or offset + length != start or length != TABLE_HEADER + frames * ROW + frame.TAG:
            raise cursor.damaged("the footer does not fit the pack")
        return self._open_table(self.read(offset, length), offset, cluster, table_keys)

    def _open_table(self, data, offset, cluster, table_keys):
        cursor = Cursor(data, self.at(offset))
        cursor.envelope(b"Tabl")
        cursor.take(2)
        nonce, length = cursor.take(12), cursor.unsigned(4)
        if length != cursor.left:
            raise cursor.damaged("the table does not have the length that its footer says")
        aad = data[:TABLE_HEADER] + self.vault.bytes + cluster.bytes
        try:
            rows = first_that_opens(table_keys, lambda key: AESGCM(key).decrypt(nonce, data[TABLE_HEADER:], aad))
        except InvalidTag as error:
            raise Damaged(f"{self.at(offset)}: the table does not open") from error
        return list(self._rows(Cursor(rows, f"{self.name}, table"), offset))

    def _rows(self, cursor, end):
        free = PACK_HEADER
        while cursor.left:
            row = Row(
                cursor.unsigned(1), cursor.unsigned(1), cursor.take(33),
                cursor.unsigned(4), cursor.unsigned(4), cursor.unsigned(4),
            )  # fmt: skip
            if row.offset != free or row.length < frame.HEADER or row.offset + row.length > end:
                raise cursor.damaged("a row points outside of the frames")
            free = row.offset + row.length
            yield row
        if free != end:
            raise cursor.damaged("the table does not name every frame")

    def header(self, row, cluster):
        what = self.at(row.offset)
        header = frame.read_header(self.read(row.offset, frame.HEADER), self.vault, cluster, what)
        named = header.key_id + bytes(17) if header.kind == frame.KEY else header.chunk_id
        if (header.kind, header.type, named) != (row.kind, row.type, row.id):
            raise Damaged(f"{what}: the frame is not the one that the table names")
        if frame.HEADER + header.body_length != row.length or header.raw_length != row.raw_length:
            raise Damaged(f"{what}: the frame does not have the length that the table says")
        return header

    def body(self, row):
        return self.read(row.offset + frame.HEADER, row.length - frame.HEADER)

    def scan(self, cluster):
        """The rows as the frame headers themselves say them: for a pack whose table is damaged."""
        offset = PACK_HEADER
        while offset + frame.HEADER <= self.size:
            row = self._row_at(offset, cluster)
            if row is not None:
                yield row
                offset += row.length
            else:
                offset = self._next_magic(offset + 1)

    def _row_at(self, offset, cluster):
        try:
            header = frame.read_header(self.read(offset, frame.HEADER), self.vault, cluster, self.at(offset))
        except Damaged:
            return None
        length = frame.HEADER + header.body_length
        if offset + length > self.size:
            return None
        named = header.key_id + bytes(17) if header.kind == frame.KEY else header.chunk_id
        return Row(header.kind, header.type, named, offset, length, header.raw_length)

    def _next_magic(self, offset):
        while offset < self.size:
            step = self.read(offset, min(SCAN_STEP, self.size - offset))
            found = step.find(frame.MAGIC)
            if found >= 0:
                return offset + found
            offset += max(1, len(step) - len(frame.MAGIC) + 1)
        return self.size
