"""Reads everything: that the vault is what its names, seals and signatures say, and that sets miss nothing."""

from . import frame
from .damage import Damaged
from .vault import ClusterChunks


def verify(vault, say):
    """The findings, in words; says what it is at."""
    findings = []
    sets = _collect(findings, lambda: list(vault.sets())) or []
    for name in vault.packs():
        say(f"reading {name}")
        _collect(findings, lambda name=name: _verify_pack(vault, name, findings))
    for cluster in sorted({found.cluster for found in sets}):
        chunks = ClusterChunks(vault, cluster, findings.append)
        for found in (found for found in sets if found.cluster == cluster):
            say(f"following {found.name}")
            for capture in found.document["captures"]:
                where = f"{found.name}, {capture['tree']}"
                _collect(findings, lambda capture=capture: _verify_tree(chunks, capture), where)
    return list(dict.fromkeys(findings))


def _collect(findings, act, where=None):
    try:
        return act()
    except Damaged as damage:
        findings.append(f"{where}: {damage}" if where else str(damage))
        return None


def _verify_pack(vault, name, findings):
    with vault.open_pack(name) as pack:
        _collect(findings, pack.check_sum)
        cluster = pack.cluster()
        keys = vault.keys.of_cluster(cluster)
        session_keys = {}
        for row in pack.table(cluster, keys.tables):
            _collect(findings, lambda row=row: _verify_frame(pack, row, cluster, keys, session_keys))


def _verify_frame(pack, row, cluster, keys, session_keys):
    header = pack.header(row, cluster)
    what = pack.at(row.offset)
    if header.kind == frame.KEY:
        if frame.key_id(pack.body(row)) != header.key_id:
            raise Damaged(f"{what}: the key is not what its id says")
        session_keys[header.key_id] = keys.unwrap(pack.body(row), what)
    elif header.key_id not in session_keys:
        raise Damaged(f"{what}: no key frame stands before it")
    else:
        frame.open_chunk(header, pack.body(row), session_keys[header.key_id], keys, what)


def _verify_tree(chunks, capture):
    entries = content_bytes = 0
    for entry in chunks.entries(bytes.fromhex(capture["root"])):
        entries += 1
        content_bytes += entry.size
        for length, chunk_id in entry.parts:
            if chunk_id is not None and not chunks.has(chunk_id, length):
                raise Damaged(f"{entry.path!r}: chunk {chunk_id.hex()} is in no pack of the vault")
    if (entries, content_bytes) != (capture["entries"], capture["bytes"]):
        raise Damaged("the tree is not as large as the set document says")
