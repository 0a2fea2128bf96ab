"""For tests of embed: a folder with documents, and the vectors that a run published."""

import json
import subprocess

import h5py
import numpy

from program import BINARY, ENVIRONMENT, InFolder, run


def shards(folder, snapshot="current"):
    return sorted((folder / "out" / snapshot / "text").rglob("*.h5"))


def vectors(folder, name):
    """{id: vector, or None}, with h5py alone."""
    found = {}
    for path in shards(folder):
        with h5py.File(path) as file:
            columns = file["columns"]
            matrix, ends, data = columns[name][:], columns["id/offsets"][:], columns["id/bytes"][:].tobytes()
            assert columns[name].attrs["type"] == b"vector" and matrix.dtype == "<f4", columns[name]
            valid = columns[name + ".valid"][:] if name + ".valid" in columns else numpy.ones(len(matrix))
            for i, row in enumerate(matrix):
                assert valid[i] or not row.any()
                found[data[ends[i] : ends[i + 1]].decode()] = row if valid[i] else None
    return found


class Embed(InFolder):
    def documents(self, rows, name="in.jsonl"):
        self.put(name, "".join(json.dumps(row) + "\n" for row in rows).encode())

    def fails(self, *says, code=4, **options):
        done = run(self.folder, **options)
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertEqual(len(done.stderr.strip().splitlines()[-1:]), 1)
        for words in says:
            self.assertIn(words, done.stderr)

    def program(self, *arguments):
        done = subprocess.run([BINARY, *arguments], cwd=self.folder, env=ENVIRONMENT, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout
