"""Frames: the header in the clear, the body sealed under it (§5)."""

import hashlib
import uuid
from collections import namedtuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from . import zstd
from .cursor import Cursor, check_crc
from .damage import Damaged

HEADER = 120
MAGIC = b"\x89LBFram\n"
TAG = 16
CHUNK, KEY = 1, 2
DATA, SEGMENT, ROOT = 1, 2, 3
RAW, ZSTD = 0, 1
MAX_CHUNK = 4 << 20
MAX_WRAPPED_KEY = 1024

FrameHeader = namedtuple("FrameHeader", "kind type key_id chunk_id codec raw_length body_length counter bytes")


def read_header(data, vault, cluster, what):
    """The header in the first 120 bytes of `data`, every field within its bounds."""
    data = bytes(data[:HEADER])
    if len(data) < HEADER:
        raise Damaged(f"{what}: a frame header is cut off")
    check_crc(data, what)
    cursor = Cursor(data, what)
    cursor.envelope(b"Fram")
    kind, type_ = cursor.unsigned(1), cursor.unsigned(1)
    if uuid.UUID(bytes=cursor.take(16)) != vault or uuid.UUID(bytes=cursor.take(16)) != cluster:
        raise cursor.damaged("the frame belongs to another vault or cluster")
    key_id, chunk_id, codec, zero = cursor.take(16), cursor.take(33), cursor.unsigned(1), cursor.unsigned(2)
    header = FrameHeader(
        kind, type_, key_id, chunk_id, codec, cursor.unsigned(4), cursor.unsigned(4), cursor.unsigned(8), data
    )
    if zero != 0 or not _in_bounds(header):
        raise cursor.damaged("a frame header has fields out of bounds")
    return header


def _in_bounds(header):
    if header.kind == KEY:
        plain = header.type == 0 and header.codec == RAW and header.counter == 0 and header.chunk_id == bytes(33)
        return plain and 1 <= header.body_length <= MAX_WRAPPED_KEY and header.raw_length == header.body_length
    if header.kind != CHUNK or header.type not in (DATA, SEGMENT, ROOT) or header.raw_length > MAX_CHUNK:
        return False
    if header.chunk_id[0] != 1 or header.counter >= 1 << 32:
        return False
    if header.codec == RAW:
        return header.body_length == header.raw_length + TAG
    return header.codec == ZSTD and TAG < header.body_length < header.raw_length + TAG


def key_id(wrapped):
    return hashlib.sha256(wrapped).digest()[:16]


def open_chunk(header, body, session_key, cluster_keys, what):
    """The chunk's bytes: unsealed, unpacked, and found to be what their id says."""
    nonce = bytes(4) + header.counter.to_bytes(8, "big")
    try:
        content = AESGCM(session_key).decrypt(nonce, body, header.bytes)
    except InvalidTag as error:
        raise Damaged(f"{what}: the chunk does not open") from error
    if header.codec == ZSTD:
        content = zstd.decompress(content, header.raw_length, what)
    if cluster_keys.chunk_id(header.type, content) != header.chunk_id:
        raise Damaged(f"{what}: the chunk is not what its id says")
    return content
