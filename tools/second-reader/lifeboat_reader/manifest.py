"""Manifest roots and segments: the entries of a tree, in path order (§6, §7)."""

from collections import namedtuple

from . import frame
from .cursor import Cursor
from .damage import Damaged

FILE, DIRECTORY, SYMLINK = 1, 2, 3
USER, GROUP, LINK_GROUP, TARGET, ATTRIBUTES = 4, 8, 16, 32, 64
UNKNOWN_FLAG = 128
HOLE = None

Entry = namedtuple("Entry", "path type mode uid gid user group seconds nanoseconds size link_group target attributes parts")
SegmentRow = namedtuple("SegmentRow", "id first_path entries content_bytes length")


def read_root(data, what):
    """(entries, content bytes, rows of the segments)."""
    cursor = Cursor(data, what)
    more = cursor.envelope(b"Root")
    cursor.take(2)
    entries, content_bytes, count = cursor.unsigned(8), cursor.unsigned(8), cursor.unsigned(4)
    rows = []
    for _ in range(count):
        row = SegmentRow(cursor.take(33), cursor.blob(), cursor.varint(), cursor.varint(), cursor.varint())
        if rows and not order(rows[-1].first_path) < order(row.first_path):
            raise cursor.damaged("the segments are out of order")
        rows.append(row)
    if not more:
        cursor.end()
    if (entries, content_bytes) != (sum(row.entries for row in rows), sum(row.content_bytes for row in rows)):
        raise Damaged(f"{what}: the sums do not agree")
    return entries, content_bytes, rows


def read_segment(data, row, what):
    """The entries of a segment, checked against its row in the root."""
    cursor = Cursor(data, what)
    more = cursor.envelope(b"Segm")
    cursor.take(2)
    count, content_bytes = cursor.unsigned(4), cursor.unsigned(8)
    if (count, content_bytes, len(data)) != (row.entries, row.content_bytes, row.length):
        raise Damaged(f"{what}: the segment is not the one that its root describes")
    entries, names, before = [], [], None
    for _ in range(count):
        inner = Cursor(cursor.blob(), what)
        entry = _read_entry(inner, before, names)
        if not more:
            inner.end()
        entries.append(entry)
        before = entry.path
    cursor.end()
    if entries and entries[0].path != row.first_path or sum(e.size for e in entries if e.type == FILE) != content_bytes:
        raise Damaged(f"{what}: the segment is not the one that its root describes")
    return entries


def _read_entry(cursor, before, names):
    path = _read_path(cursor, before)
    flags = cursor.unsigned(1)
    type_ = flags & 3
    if type_ == 0 or flags & UNKNOWN_FLAG or (flags & TARGET != 0) != (type_ == SYMLINK):
        raise cursor.damaged("an entry has impossible flags")
    mode, uid, gid = cursor.varint(), cursor.varint(), cursor.varint()
    if mode > 0o7777 or max(uid, gid) > 0xFFFFFFFF:
        raise cursor.damaged("mode or owner are out of bounds")
    user = _read_name(cursor, names) if flags & USER else None
    group = _read_name(cursor, names) if flags & GROUP else None
    seconds, nanoseconds = _read_time(cursor)
    _read_time(cursor)
    size = cursor.varint()
    cursor.take(8)
    link_group = cursor.unsigned(8) if flags & LINK_GROUP else None
    target = cursor.blob() if flags & TARGET else None
    if target is not None and (target == b"" or 0 in target):
        raise cursor.damaged("an impossible link target")
    attributes = _read_attributes(cursor) if flags & ATTRIBUTES else []
    parts = _read_parts(cursor, size) if type_ == FILE else []
    return Entry(
        path, type_, mode, uid, gid, user, group, seconds, nanoseconds, size, link_group, target, attributes, parts
    )  # fmt: skip


def _read_path(cursor, before):
    shared = cursor.varint()
    if shared > len(before or b""):
        raise cursor.damaged("a path shares more than the one before has")
    path = (before or b"")[:shared] + cursor.blob()
    if path and any(part in (b"", b".", b"..") or 0 in part for part in path.split(b"/")):
        raise cursor.damaged("a path that no tree may have")
    if before is not None and not order(before) < order(path):
        raise cursor.damaged("the paths are out of order")
    return path


def _read_name(cursor, names):
    number = cursor.varint()
    if number == 0:
        names.append(cursor.blob())
        return names[-1]
    if number > len(names):
        raise cursor.damaged("a name that was not said before")
    return names[number - 1]


def _read_time(cursor):
    seconds, nanoseconds = cursor.signed(6), cursor.unsigned(4)
    if nanoseconds >= 1_000_000_000:
        raise cursor.damaged("a time with too many nanoseconds")
    return seconds, nanoseconds


def _read_attributes(cursor):
    attributes = [(cursor.blob(), cursor.blob()) for _ in range(cursor.varint())]
    if any(a[0] >= b[0] for a, b in zip(attributes, attributes[1:])):
        raise cursor.damaged("the attributes are out of order")
    return attributes


def _read_parts(cursor, size):
    """(length, chunk id), or (length, HOLE) for zeros."""
    parts = []
    for _ in range(cursor.varint()):
        number = cursor.varint()
        length, hole = number >> 1, number & 1
        if length < 1 or not hole and length > frame.MAX_CHUNK:
            raise cursor.damaged("a part's length is out of bounds")
        parts.append((length, HOLE if hole else cursor.take(33)))
    if sum(length for length, _ in parts) != size:
        raise cursor.damaged("the parts do not add up to the size")
    return parts


def order(path):
    """Path order: `/` before every other byte."""
    return path.split(b"/")
