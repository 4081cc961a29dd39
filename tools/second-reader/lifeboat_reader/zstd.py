"""One zstd frame whose length is known before it is opened (§1)."""

import io

import zstandard

from .damage import Damaged

MAX_WINDOW = 4 << 20


def decompress(data, length, what):
    """Never makes more than `length` + 1 bytes, whatever the frame says."""
    try:
        reader = zstandard.ZstdDecompressor(max_window_size=MAX_WINDOW).stream_reader(io.BytesIO(data))
        content = reader.read(length + 1)
    except zstandard.ZstdError as error:
        raise Damaged(f"{what}: {error}") from error
    if len(content) != length:
        raise Damaged(f"{what}: {length} bytes were promised, {'more' if len(content) > length else len(content)} came")
    return content
