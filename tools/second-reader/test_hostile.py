"""What a hostile or damaged vault may try; run by second-reader.spec.ts."""

import os
import tempfile
import unittest

import zstandard
from lifeboat_reader import canonical_json, manifest, zstd
from lifeboat_reader.cursor import Cursor
from lifeboat_reader.damage import Damaged
from lifeboat_reader.extract import empty_directory, extract_tree
from lifeboat_reader.main import name_of
from lifeboat_reader.manifest import DIRECTORY, FILE, SYMLINK, Entry


def entry(path, type_, **more):
    plain = dict(
        path=path, type=type_, mode=0o755, uid=os.getuid(), gid=os.getgid(), user=None, group=None, seconds=1,
        nanoseconds=2, size=0, link_group=None, target=None, attributes=[], parts=[],
    )  # fmt: skip
    return Entry(**(plain | more))


class FakeChunks:
    def __init__(self, *entries):
        self.given = entries

    def entries(self, _):
        return iter(self.given)


class Extracting(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.TemporaryDirectory()
        self.addCleanup(self.dir.cleanup)
        self.outside = os.path.join(self.dir.name, "outside")
        os.mkdir(self.outside)

    def extract(self, *entries):
        warnings = []
        extract_tree(FakeChunks(entry(b"", DIRECTORY), *entries), b"", os.path.join(self.dir.name, "tree"), warnings.append)

    def test_never_goes_through_a_link(self):
        link = entry(b"a", SYMLINK, target=self.outside.encode())
        for below in (entry(b"a/b", FILE), entry(b"a/b", DIRECTORY), entry(b"a/b", SYMLINK, target=b"x")):
            with self.subTest(below), self.assertRaises(Damaged):
                self.extract(link, below)
            self.assertEqual(os.listdir(self.outside), [])
            os.unlink(os.path.join(self.dir.name, "tree", "a"))
            os.rmdir(os.path.join(self.dir.name, "tree"))

    def test_makes_directories_that_are_left_out(self):
        self.extract(entry(b"a/b/c", FILE, size=3, parts=[(3, None)]))
        with open(os.path.join(self.dir.name, "tree", "a/b/c"), "rb") as file:
            self.assertEqual(file.read(), bytes(3))
        self.assertEqual(os.stat(os.path.join(self.dir.name, "tree", "a/b")).st_mode & 0o777, 0o755)

    def test_wants_an_empty_directory(self):
        with self.assertRaisesRegex(Exception, "not empty"):
            empty_directory(self.dir.name)

    def test_takes_safe_names_only(self):
        for name in ("..", ".", "", "a/b", "/etc", "-x", "a\0", "A", "x" * 64):
            for capture in ({"node": name, "tree": "ok"}, {"node": None, "tree": name}):
                with self.subTest(capture), self.assertRaises(Damaged):
                    name_of(capture)


class Decoding(unittest.TestCase):
    def test_paths(self):
        for path in (b"..", b"../x", b"a/../b", b"/a", b"a/", b"a//b", b".", b"a\0b"):
            with self.subTest(path), self.assertRaises(Damaged):
                manifest._read_path(Cursor(bytes([0, len(path)]) + path, "entry"), None)

    def test_lengths(self):
        for data in (b"\xff\xff\xff\x7fabc", b"\xff" * 9, b"\x80\x00", b"\x05abc", b""):
            with self.subTest(data), self.assertRaises(Damaged):
                Cursor(data, "blob").blob()

    def test_a_zstd_bomb_costs_no_more_than_was_promised(self):
        bomb = zstandard.ZstdCompressor(write_content_size=False).compress(bytes(100 << 20))
        with self.assertRaises(Damaged):
            zstd.decompress(bomb, 1000, "bomb")

    def test_one_spelling_of_json(self):
        good = '{"a":[1,1.5,1e+21,1e-7,0.000001,-0.1,100],"b":"\\u001f\\n\\"ü\u2028","\U0001f600":null,"\ufb33":true}'
        self.assertEqual(canonical_json.encode(canonical_json.decode(good.encode(), "x")).decode(), good)
        for bad in ('{"b":1,"a":1}', '{ "a":1}', '{"a":1.0}', '{"a":1e21}', '{"a":"\\u0041"}', '{"a":NaN}', '{"a":1,"a":1}', "["):
            with self.subTest(bad), self.assertRaises(Damaged):
                canonical_json.decode(bad.encode(), "x")


if __name__ == "__main__":
    unittest.main()
