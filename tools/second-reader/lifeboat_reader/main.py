"""The command line."""

import argparse
import json
import os
import re
import sys

from .damage import Damaged, Refused, Unsupported
from .extract import empty_directory, extract_tree
from .root_secret import read_key_file, read_kit
from .vault import ClusterChunks, Vault
from .verify import verify

DONE, FAILED = 0, 1
NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
WHOLE_CLUSTER = "cluster"


def main():
    options = parse()
    try:
        secrets = read_kit(options.from_kit) if options.key is None else read_key_file(options.key)
        return options.run(Vault(options.vault, secrets), options)
    except (Damaged, Refused, Unsupported, OSError) as error:
        say(f"{type(error).__name__.lower()}: {error}")
        return FAILED


def parse():
    parser = argparse.ArgumentParser(prog="read_vault.py", description="Reads a Lifeboat vault with nothing but its key.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, run, what in (
        ("list", list_sets, "list the sets"),
        ("verify", verify_vault, "read everything and report what is wrong"),
        ("extract", extract, "write the trees and the database dump of a set to a directory"),
    ):
        command = commands.add_parser(name, help=what)
        command.set_defaults(run=run)
        command.add_argument("--vault", required=True, metavar="DIR")
        secret = command.add_mutually_exclusive_group(required=True)
        secret.add_argument("--key", metavar="FILE", help="the vault's key file")
        secret.add_argument("--from-kit", metavar="FILE", help="the text of the vault's recovery kit instead")
        command.add_argument("--json", action="store_true", help="one JSON value on standard output")
    command.add_argument("--set", metavar="SET", help="id of the set, or its beginning; the newest unless said")
    command.add_argument("--tree", metavar="NODE/TREE", help=f"one tree only; NODE is {WHOLE_CLUSTER} for what belongs to no node")
    command.add_argument("--to", required=True, metavar="DIR", help="a directory that is empty or not there yet")
    return parser.parse_args()


def list_sets(vault, options):
    found = [describe(one) for one in vault.sets()]
    if options.json:
        print(json.dumps(found))
    for one in found if not options.json else ():
        print(f"{one['set']}  {one['cluster']} #{one['sequence']}  {one['sealedAt']}  {one['guarantee']}")
        for tree in one["trees"]:
            print(f"    {tree['tree']}: {tree['entries']} entries, {tree['bytes']} bytes")
    return DONE


def describe(found):
    document = found.document
    return {
        "set": found.id,
        "cluster": document["cluster"]["name"],
        "sequence": found.sequence,
        "sealedAt": document["sealedAt"],
        "guarantee": document["statement"]["guarantee"],
        "trees": [
            {"tree": name_of(capture), "entries": capture["entries"], "bytes": capture["bytes"]}
            for capture in document["captures"]
        ],
    }


def verify_vault(vault, options):
    findings = verify(vault, (lambda _: None) if options.json else say)
    if options.json:
        print(json.dumps({"findings": findings}))
    else:
        print("\n".join(findings or ["nothing is wrong"]))
    return FAILED if findings else DONE


def extract(vault, options):
    found = choose(list(vault.sets()), options.set)
    captures = [c for c in found.document["captures"] if options.tree in (None, name_of(c))]
    if not captures:
        raise Refused(f"set {found.id} has no tree {options.tree}")
    empty_directory(options.to)
    chunks = ClusterChunks(vault, found.cluster, say)
    done = []
    for capture in captures:
        node, tree = name_of(capture).split("/")
        os.makedirs(os.path.join(options.to, node), mode=0o700, exist_ok=True)
        entries = extract_tree(chunks, bytes.fromhex(capture["root"]), os.path.join(options.to, node, tree), say)
        done.append({"tree": f"{node}/{tree}", "entries": entries})
        if not options.json:
            print(f"{node}/{tree}: {entries} entries")
    if options.json:
        print(json.dumps({"set": found.id, "trees": done}))
    return DONE


def choose(sets, wanted):
    """The set with that id, or with an id that begins so; the one sealed last when none is named."""
    if not sets:
        raise Refused("the vault holds no set")
    if wanted is None:
        return max(sets, key=lambda one: one.document["sealedAt"])
    matching = [one for one in sets if one.id.startswith(wanted)]
    if len(matching) != 1:
        raise Refused(f"{len(matching)} sets have an id that begins with {wanted}")
    return matching[0]


def name_of(capture):
    """NODE/TREE, both names that are safe in a path."""
    node, tree = capture["node"], capture["tree"]
    for name in (tree,) if node is None else (node, tree):
        if len(name) > 63 or not NAME.fullmatch(name):
            raise Damaged(f"a tree of the set has the name {name!r}")
    return f"{WHOLE_CLUSTER if node is None else node}/{tree}"


def say(text):
    print(text, file=sys.stderr)
