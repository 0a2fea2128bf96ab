"""What other programs open of token shards: exports, and second names, also where a file system cannot link."""

import csv
import gzip
import json
import os
import struct
import subprocess
import sys
import unittest
from pathlib import Path

from preloaded import preloaded
from program import BINARY, InFolder, digests, lines, run, write_job

sys.path.append(str(Path(__file__).parents[2] / "oracle"))
import tokens  # noqa: E402

STEPS = "\n  - dedup.exact: {}\n  - tokenize: {%s}\n  - split: {train: 0.7, test: 0.2, validation: 0.1}\n"
BYTES, SMALL = "encoding: bytes", "tokenizer: small.json"
WIDTHS = {BYTES: 2, SMALL: 4}
NO_LINKS = "#include <errno.h>\nint link(const char* a, const char* b) { errno = EPERM; return -1; }\n"
NO_SYMBOLIC_LINKS = """
#include <string.h>
#include <fcntl.h>
#include <unistd.h>
int symlink(const char* a, const char* b) { /* but `current` */
  if (!strstr(b, ".bin")) return symlinkat(a, AT_FDCWD, b);
  errno = EPERM;
  return -1;
}
"""


class InTokens(InFolder):
    def setUp(self):
        super().setUp()
        self.put("a.jsonl", lines(100))
        (self.folder / "small.json").write_text(json.dumps(tokens.small_file()))

    def publish(self, tokenize=BYTES, environment=()):
        write_job(self.folder, steps=STEPS % tokenize, extra="write: {tokens: {shard_size: 16KiB}}")
        self.succeeds(run(self.folder, "--memory", "512MiB", environment=environment))

    def verify(self):
        return subprocess.run([BINARY, "verify", "out"], cwd=self.folder, capture_output=True, text=True)

    def export(self, name, environment=()):
        done = subprocess.run([BINARY, "export", "out", "--format", name, "--to", name], cwd=self.folder,
                              capture_output=True, text=True, env={**os.environ, **dict(environment)})
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)
        return self.folder / name

    def shards(self):
        """Name -> rows, of all splits' shards in order."""
        current = self.folder / "out/current/tokens"
        return {str(path.relative_to(current))[:-3]: tokens.read_shard(path)[1] for path in sorted(current.rglob("*.h5"))}


class Exports(InTokens):
    def test_exports_are_what_their_readers_open(self):
        for tokenize, width in WIDTHS.items():
            with self.subTest(tokenize):
                self.publish(tokenize)
                shards = self.shards()
                self.assertGreater(len(shards), 3)
                self.folder.joinpath("exports").mkdir()
                self.megatron(shards, width)
                self.nanotron(shards, width)
                self.olmo(shards, width)
                (self.nanogpt if width == 2 else self.refused_by_nanogpt)(shards)
                self.folder.joinpath("exports").rename(self.folder / tokenize)

    def export(self, name, environment=()):
        return super().export(name, environment).rename(self.folder / "exports" / name)

    def files(self, folder):
        return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())

    def megatron(self, shards, width):
        made = self.export("megatron")
        self.assertEqual(self.files(made), sorted(name + ending for name in shards for ending in (".bin", ".idx")))
        for name, rows in shards.items():
            self.assertEqual(tokens.by_megatron(made / (name + ".bin"), width), [row["tokens"] for row in rows])
            self.assertTrue(os.path.samefile(made / (name + ".bin"), self.folder / "out/current/tokens" / (name + ".h5")))

    def nanotron(self, shards, width):
        made = self.export("nanotron")
        self.assertEqual(self.files(made), sorted(name + ".ds" + ending for name in shards for ending in ("", ".index", ".metadata")))
        for name, rows in shards.items():
            ids, index = (made / (name + ".ds")).read_bytes(), (made / (name + ".ds.index")).read_bytes()
            ends = [0, *struct.unpack("<%dQ" % len(rows), index)]
            self.assertEqual([ids[width * a:width * b] for a, b in zip(ends, ends[1:])], [row["tokens"] for row in rows])
            self.assertEqual(len(ids), width * ends[-1])
            first, second = (made / (name + ".ds.metadata")).read_text().split("\n")[:2]
            self.assertEqual((first.split("|")[-1], second), (str(width), str(ends[-1])))

    def olmo(self, shards, width):
        made = self.export("olmo")
        self.assertEqual(self.files(made), sorted(name + ending for name in shards for ending in (".npy", ".csv.gz")))
        for name, rows in shards.items():
            ids = (made / (name + ".npy")).read_bytes()
            found = list(csv.reader(gzip.open(made / (name + ".csv.gz"), "rt")))
            self.assertEqual([[line[2], ids[width * int(line[0]):width * int(line[1])]] for line in found],
                             [[row["id"], row["tokens"]] for row in rows])
            self.assertEqual([line[3:] for line in found], [["s", str(n)] for n in range(len(rows))])
            self.assertEqual(ids, b"".join(row["tokens"] for row in rows))

    def nanogpt(self, shards):
        made = self.export("nanogpt")
        self.assertEqual(self.files(made), ["test.bin", "train.bin", "val.bin"])
        for split, name in (("train", "train"), ("test", "test"), ("validation", "val")):
            self.assertEqual((made / (name + ".bin")).read_bytes(),
                             b"".join(row["tokens"] for path, rows in shards.items() if path.startswith(split) for row in rows))

    def refused_by_nanogpt(self, _):
        done = subprocess.run([BINARY, "export", "out", "--format", "nanogpt", "--to", "nanogpt"], cwd=self.folder,
                              capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("nanoGPT reads uint16, and a vocabulary of %d ids has larger ones" % (tokens.END + 1), done.stderr)
        self.assertEqual(self.files(self.folder / "nanogpt"), [])

    def test_an_export_replaces_nothing(self):
        self.publish()
        export = [BINARY, "export", "out", "--format", "olmo", "--to"]
        for to in ("in", "-"):
            done = subprocess.run([*export, to], cwd=self.folder, capture_output=True, text=True)
            self.assertEqual(done.returncode, 2, to)
            self.assertIn("--to names one that is empty or not there yet", done.stderr)
        path = sorted((self.folder / "out/current/tokens/train").resolve().glob("*.h5"))[0]
        path.write_bytes(path.read_bytes()[:-1] + b"?")
        done = subprocess.run([*export, "new"], cwd=self.folder, capture_output=True, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn("this shard is damaged", done.stderr)


class SecondNames(InTokens):
    """A library before libc's refuses links, as a file system does that has none."""

    def nights(self, shim, second_name):
        """Two of them; what they publish is the same as with links."""
        environment = [("LD_PRELOAD", str(preloaded(type(self), shim)))] if shim else []
        for night in (1, 2):
            self.put("%d.jsonl" % night, lines(20, seed=night))
            self.publish(environment=environment)
            paths = list((self.folder / "out/current/tokens").rglob("*.bin"))
            self.assertGreater(len(paths), 3)
            for path in paths:
                self.assertTrue(second_name(path, path.with_suffix(".h5")), path)
            self.assertEqual(self.verify().returncode, 0)
        exported = self.export("megatron", environment)
        for name, rows in self.shards().items():
            path = exported / (name + ".bin")
            self.assertEqual(tokens.by_megatron(path, 2), [row["tokens"] for row in rows])
            self.assertEqual(path.samefile(self.folder / "out/current/tokens" / (name + ".h5")), not shim)
        return digests(self.folder)

    def test_same_bytes_whatever_a_file_system_can(self):
        found = []
        for shim, second_name in (
                ("", lambda path, shard: not path.is_symlink() and path.samefile(shard)),
                (NO_LINKS, lambda path, shard: os.readlink(path) == shard.name),
                (NO_LINKS + NO_SYMBOLIC_LINKS, lambda path, shard: not path.is_symlink() and not path.samefile(shard)
                 and path.read_bytes() == shard.read_bytes())):
            with self.subTest(shim):
                found.append(self.nights(shim, second_name))
            for name in ("out", "megatron"):
                (self.folder / name).rename(self.folder / ("%s %s" % (name, len(found))))
            for name in ("1.jsonl", "2.jsonl"):
                (self.folder / "in" / name).unlink()
        self.assertEqual(found, found[:1] * 3)


if __name__ == "__main__":
    unittest.main()
