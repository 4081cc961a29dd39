"""A vault in a directory, read with its secrets alone."""

import hashlib
import os
import re
import sqlite3
import uuid
from collections import OrderedDict, namedtuple

from . import frame, manifest, record
from .damage import Damaged, Refused, Unsupported
from .keys import Keys
from .pack import Pack, Row

OPEN_PACKS = 32
SET_NAME = re.compile(r"(\d{10})-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
PACK_NAME = re.compile(r"[0-9a-f]{64}")

StoredSet = namedtuple("StoredSet", "name cluster sequence id digest document")


class Vault:
    def __init__(self, directory, secrets):
        self.directory = directory
        self.keys = Keys(secrets)
        try:
            vault_json = self._read("vault.json")
        except FileNotFoundError as error:
            raise Refused(f"{directory}: there is no vault.json, so this is no vault") from error
        self.id = uuid.UUID(record.open_vault_json(vault_json, self.keys))

    def _read(self, name):
        with open(os.path.join(self.directory, name), "rb") as file:
            return file.read(record.MAX_RECORD + 1)

    def _names(self, below):
        """Names of the blobs below a directory of the vault, sorted."""
        top = os.path.join(self.directory, below)
        found = (os.path.join(at, name) for at, _, files in os.walk(top) for name in files)
        return sorted(os.path.relpath(path, self.directory) for path in found)

    def sets(self):
        """Every set that is not deleted, by cluster and sequence; the chain of each cluster is checked."""
        before = {}
        deleted = self._deleted()
        for name in self._names("sets"):
            cluster_text, _, last = name.removeprefix("sets/").partition("/")
            match = SET_NAME.fullmatch(last)
            if match is None or match[2] in deleted:
                continue  # a file that was being written when its writer died, or that is about to go
            found = self._read_set(name, uuid.UUID(cluster_text), int(match[1]), match[2])
            previous = before.get(found.cluster)
            if previous and found.document["keyEpoch"] < previous.document["keyEpoch"]:
                raise Damaged(f"{name}: its key epoch was over when {previous.name} was sealed")
            if previous and found.sequence == previous.sequence + 1 and found.document["previous"] != previous.digest:
                raise Damaged(f"{name}: it does not follow {previous.name}")
            before[found.cluster] = found
            yield found

    def _deleted(self):
        """Ids of the sets that were deleted (§12)."""
        ids = set()
        for name in self._names("control/deletions"):
            contents, _ = record.open_record(self._read(name), self.keys, self.keys.control(), "control", str(self.id), name)
            ids.add(contents["set"])
        return ids

    def _read_set(self, name, cluster, sequence, set_id):
        data = self._read(name)
        document, key = record.open_record(data, self.keys, self.keys.of_cluster(cluster).documents, "set", str(self.id), name)
        if document.get("version") != 1 or document.get("requires") != []:
            raise Unsupported(f"{name}: a newer reader is needed")
        said = (document["set"], document["cluster"]["id"], document["sequence"])
        if said != (set_id, str(cluster), sequence):
            raise Damaged(f"{name}: the set inside is another one")
        epoch = document["keyEpoch"]
        if epoch not in self.keys.epochs() or key != self.keys.derive(cluster.bytes, "document", epoch):
            raise Damaged(f"{name}: it is not sealed in the key epoch that it names")
        return StoredSet(name, cluster, sequence, set_id, hashlib.sha256(data).hexdigest(), document)

    def packs(self):
        for name in self._names("packs"):
            if PACK_NAME.fullmatch(name.rsplit("/", 1)[-1]):
                yield name

    def open_pack(self, name):
        return Pack(os.path.join(self.directory, name), name, self.id)


class ClusterChunks:
    """
    Where the chunks of one cluster lie. The index is an SQLite database in a temporary file, made from the tables
    of all packs: memory does not grow with the vault, the disk takes about 100 bytes a chunk.
    """

    def __init__(self, vault, cluster, warn):
        self.vault = vault
        self.cluster = cluster
        self.keys = vault.keys.of_cluster(cluster)
        self.opened = OrderedDict()
        self.session_keys = {}
        self.pack_names = []
        self.index = sqlite3.connect("")
        self.index.execute("create table frame (id blob, kind int, type int, pack int, offset int, length int, raw int)")
        for name in vault.packs():
            self._add(name, warn)
        self.index.execute("create index frame_id on frame (id)")

    def _add(self, name, warn):
        with self.vault.open_pack(name) as pack:
            try:
                if pack.cluster() != self.cluster:
                    return
                rows = pack.table(self.cluster, self.keys.tables)
            except Damaged as damage:
                warn(f"{damage}; its frames are looked for one by one")
                rows = pack.scan(self.cluster)
            number = len(self.pack_names)
            values = ((row.id, row.kind, row.type, number, row.offset, row.length, row.raw_length) for row in rows)
            self.index.executemany("insert into frame values (?, ?, ?, ?, ?, ?, ?)", values)
            self.pack_names.append(name)

    def read(self, chunk_id, type_, length=None):
        """The chunk's bytes, from the first copy that is whole. Raises what is wrong with the last one."""
        trouble = Damaged(f"chunk {chunk_id.hex()} is in no pack of the vault")
        for pack, row in self._copies(chunk_id, frame.CHUNK):
            try:
                if row.type != type_ or length not in (None, row.raw_length):
                    raise Damaged(f"{pack.at(row.offset)}: the chunk has not the type or length that was said")
                return self.open(pack, row)
            except Damaged as damage:
                trouble = damage
        raise trouble

    def has(self, chunk_id, length):
        """Whether some pack says that it holds the chunk of a file."""
        found = "select 1 from frame where id = ? and kind = ? and type = ? and raw = ?"
        return self.index.execute(found, (chunk_id, frame.CHUNK, frame.DATA, length)).fetchone() is not None

    def open(self, pack, row):
        header = pack.header(row, self.cluster)
        key = self._session_key(pack, header.key_id)
        return frame.open_chunk(header, pack.body(row), key, self.keys, pack.at(row.offset))

    def unwrap(self, pack, row):
        """The session key in a key frame, found to be the one that its id says."""
        header, body, what = pack.header(row, self.cluster), pack.body(row), pack.at(row.offset)
        if frame.key_id(body) != header.key_id:
            raise Damaged(f"{what}: the key is not what its id says")
        return self.keys.unwrap(body, what)

    def _session_key(self, pack, key_id):
        if key_id not in self.session_keys:
            trouble = Damaged(f"{pack.name}: the key {key_id.hex()} of a frame is in no pack")
            for other, row in self._copies(key_id + bytes(17), frame.KEY):
                try:
                    self.session_keys[key_id] = self.unwrap(other, row)
                    break
                except Damaged as damage:
                    trouble = damage
            else:
                raise trouble
        return self.session_keys[key_id]

    def _copies(self, id_, kind):
        columns = "pack, kind, type, id, offset, length, raw"
        found = self.index.execute(f"select {columns} from frame where id = ? and kind = ?", (id_, kind)).fetchall()
        return ((self._pack(number), Row(*rest)) for number, *rest in found)

    def _pack(self, number):
        name = self.pack_names[number]
        if name not in self.opened:
            if len(self.opened) == OPEN_PACKS:
                self.opened.popitem(last=False)[1].__exit__()
            self.opened[name] = self.vault.open_pack(name)
        self.opened.move_to_end(name)
        return self.opened[name]

    def entries(self, root_id):
        """The entries of the tree under a manifest root, in path order."""
        what = f"manifest {root_id.hex()}"
        _, _, rows = manifest.read_root(self.read(root_id, frame.ROOT), what)
        last = None
        for row in rows:
            entries = manifest.read_segment(self.read(row.id, frame.SEGMENT, row.length), row, what)
            if last is not None and entries and not manifest.order(last) < manifest.order(entries[0].path):
                raise Damaged(f"{what}: the segments overlap")
            yield from entries
            last = entries[-1].path if entries else last
