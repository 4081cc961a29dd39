"""Writes the entries of a tree below a directory that nothing else is in."""

import errno
import os

from . import frame, manifest
from .damage import Damaged, Refused

DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
PAGE = 4096
ZERO_PAGE = bytes(PAGE)
NOT_OURS = (errno.EPERM, errno.EACCES, errno.ENOTSUP, errno.EINVAL)


def empty_directory(path):
    """Makes the directory, or takes it when it is there and empty; it stays closed to others until all is written."""
    try:
        os.makedirs(path, mode=0o700, exist_ok=True)
    except FileExistsError as error:
        raise Refused(f"{path}: this is no directory") from error
    if os.listdir(path):
        raise Refused(f"{path}: the directory is not empty")


def extract_tree(chunks, root_id, target, warn):
    """
    Restores a tree into `target`, which must not exist. Every name is used relative to the descriptor of a
    directory that this very run has made, and never follows a link: no entry can lead out of the target.
    Returns the number of entries.
    """
    os.mkdir(target, 0o700)
    tree = _Tree(chunks, target, warn)
    try:
        for entry in chunks.entries(root_id):
            tree.add(entry)
    finally:
        tree.close()
    return tree.count


class _Tree:
    def __init__(self, chunks, target, warn):
        self.chunks = chunks
        self.warn = warn
        self.target = target
        self.count = 0
        self.links = {}
        self.open = []  # (path, descriptor, entry) of the directories from the root to where we are

    def add(self, entry):
        self.count += 1
        if entry.path == b"":
            self._add_root(entry)
            return
        parent, _, name = entry.path.rpartition(b"/")
        at = self._descend_to(parent)
        if entry.link_group is not None and entry.link_group in self.links:
            os.link(self.links[entry.link_group], name, src_dir_fd=self.open[0][1], dst_dir_fd=at, follow_symlinks=False)
            return
        if entry.type == manifest.DIRECTORY:
            self._make_directory(entry.path, name, at, entry)
            return
        if entry.type == manifest.SYMLINK:
            self._add_symlink(entry, name, at)
        else:
            self._add_file(entry, name, at)
        if entry.link_group is not None:
            self.links[entry.link_group] = entry.path

    def close(self):
        """Directories get their metadata last: their children would move the times."""
        while self.open:
            self._leave()

    def _add_root(self, entry):
        if entry.type != manifest.DIRECTORY:
            raise Damaged("the root of a tree is no directory")
        self.open.append((b"", os.open(self.target, DIRECTORY), entry))

    def _descend_to(self, parent):
        """The descriptor of the directory; those that the manifest leaves out are made."""
        if not self.open:
            raise Damaged("a tree does not begin with its root")
        while not is_within(parent, self.open[-1][0]):
            self._leave()
        while self.open[-1][0] != parent:
            above, at, _ = self.open[-1]
            path = parent[: (parent + b"/").index(b"/", len(above) + 1)] if above else parent.split(b"/")[0]
            self._make_directory(path, path.rpartition(b"/")[2], at, None)
        return self.open[-1][1]

    def _make_directory(self, path, name, at, entry):
        try:
            os.mkdir(name, 0o700, dir_fd=at)
        except FileExistsError as error:
            raise Damaged(f"{path!r} lies below something that is no directory, or comes twice") from error
        self.open.append((path, os.open(name, DIRECTORY, dir_fd=at), entry))

    def _leave(self):
        _, descriptor, entry = self.open.pop()
        try:
            if entry is None:
                os.chmod(descriptor, 0o755)
            else:
                self._apply(entry, descriptor)
        finally:
            os.close(descriptor)

    def _add_file(self, entry, name, at):
        descriptor = os.open(name, NEW_FILE, 0o600, dir_fd=at)
        try:
            os.ftruncate(descriptor, entry.size)
            offset = 0
            for length, chunk_id in entry.parts:
                if chunk_id is not manifest.HOLE:
                    self._write(descriptor, self.chunks.read(chunk_id, frame.DATA, length), offset)
                offset += length
            self._apply(entry, descriptor)
        finally:
            os.close(descriptor)

    def _write(self, descriptor, content, offset):
        """Pages of zeros inside a chunk become holes too: the file is new, so they are there already."""
        if ZERO_PAGE not in content:
            write_whole(descriptor, content, offset)
            return
        at = 0
        while at < len(content):
            end = min(len(content), at + PAGE - (offset + at) % PAGE)
            if content.count(0, at, end) != end - at:
                write_whole(descriptor, content[at:end], offset + at)
            at = end

    def _add_symlink(self, entry, name, at):
        os.symlink(entry.target, name, dir_fd=at)
        if os.geteuid() == 0:
            os.chown(name, entry.uid, entry.gid, dir_fd=at, follow_symlinks=False)
        self._set_attributes(entry, b"/proc/self/fd/%d/%s" % (at, name), follow_symlinks=False)
        os.utime(name, ns=_times(entry), dir_fd=at, follow_symlinks=False)

    def _apply(self, entry, descriptor):
        """The owner first, since it takes bits of the mode away; the times last, since all the rest moves them."""
        if os.geteuid() == 0:
            os.chown(descriptor, entry.uid, entry.gid)
        self._set_attributes(entry, descriptor)
        stat = os.fstat(descriptor)
        is_owned = (stat.st_uid, stat.st_gid) == (entry.uid, entry.gid)
        # A program that runs as its owner must not run as another one.
        os.chmod(descriptor, entry.mode if is_owned else entry.mode & ~0o6000)
        os.utime(descriptor, ns=_times(entry))

    def _set_attributes(self, entry, place, **how):
        for name, value in entry.attributes:
            try:
                os.setxattr(place, name, value, **how)
            except OSError as error:
                if error.errno not in NOT_OURS:
                    raise
                self.warn(f"{os.fsdecode(entry.path)}: attribute {os.fsdecode(name)} was not set: {error.strerror}")


def write_whole(descriptor, content, offset):
    while content:
        written = os.pwrite(descriptor, content, offset)
        content, offset = content[written:], offset + written


def is_within(path, directory):
    return directory == b"" or path == directory or path.startswith(directory + b"/")


def _times(entry):
    nanoseconds = entry.seconds * 1_000_000_000 + entry.nanoseconds
    return nanoseconds, nanoseconds
