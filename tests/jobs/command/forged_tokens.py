"""Token shards of layout corpus with lies in them and every digest right again, for the tests of verify."""

import json
import os

import h5py
import numpy
import published
from published import documents_path
from small_dataset import JOB, SmallDataset


class Shard:
    """A token shard of a copied snapshot as rows; `write()` makes all of its files say what the rows say now."""

    def __init__(self, copy, path):
        self.copy, self.path, self.documents = copy, path, documents_path(path)
        self.index = path.replace(".h5", ".idx")
        _, self.rows = published.read(copy / self.documents)
        with h5py.File(copy / path) as shard:
            data = shard["data"][:]
        for row in self.rows:
            row["ids"] = data[row.pop("begin"):][:row.pop("tokens")].tolist()

    def write(self):
        with h5py.File(self.copy / self.path, "r+") as shard:
            ids = sum((row["ids"] for row in self.rows), [])
            dtype = shard["data"].dtype
            del shard["data"]
            at = shard.create_dataset("data", data=numpy.array(ids, dtype)).id.get_offset()
            shard.attrs.modify("n_tokens", len(ids))
            shard.attrs.modify("n_documents", len(self.rows))
        lengths = [len(row["ids"]) for row in self.rows]
        ends = [sum(lengths[:n]) for n in range(len(lengths) + 1)]
        with h5py.File(self.copy / self.documents, "r+") as shard:
            shard.attrs.modify("n_documents", len(self.rows))
            numbers = {"begin": ends[:-1], "tokens": lengths, "copy": [row["copy"] for row in self.rows]}
            for name, values in numbers.items():
                kind = shard["columns"][name].attrs["type"]
                del shard["columns"][name]
                shard["columns"][name] = numpy.array(values, "<i8")
                shard["columns"][name].attrs["type"] = kind
            for name in ("id", "key", "source"):
                values, group = [row[name].encode() for row in self.rows], shard["columns"][name]
                del group["bytes"], group["offsets"]
                group["bytes"] = numpy.frombuffer(b"".join(values), "u1")
                group["offsets"] = numpy.array([len(b"".join(values[:n])) for n in range(len(values) + 1)], "<u8")
        n = len(lengths)
        (self.copy / self.index).write_bytes(
            b"MMIDIDX\0\0" + numpy.uint64(1).tobytes() + (b"\x08" if dtype.itemsize == 2 else b"\x04")
            + numpy.array([n, n + 1], "<u8").tobytes()
            + numpy.array(lengths, "<i4").tobytes() + (at + dtype.itemsize * numpy.array(ends[:-1], "<i8")).tobytes()
            + numpy.arange(n + 1, dtype="<i8").tobytes())
        self.sign()

    def sign(self):
        """Digests, the second name, and the counts of the manifest."""
        binary = (self.copy / self.path).with_suffix(".bin")
        binary.unlink()
        os.link(self.copy / self.path, binary)
        published.sign(self.copy, self.path)
        manifest = json.loads((self.copy / "manifest.json").read_text())
        manifest["tokens"], sources = {}, {}
        for record in manifest["shards"]:
            if record["path"].startswith("tokens/"):
                shard = Shard(self.copy, record["path"])
                record["documents"] = len(shard.rows)
                for row in shard.rows:
                    manifest["tokens"][record["split"]] = manifest["tokens"].get(record["split"], 0) + len(row["ids"])
                    sources[row["source"]] = sources.get(row["source"], 0) + len(row["ids"])
        for name, sums in manifest["source_tokens"].items():
            sums["tokens"] = sources.get(name, 0)
        (self.copy / "manifest.json").write_text(json.dumps(manifest))
        published.sign(self.copy)


class ForgedTokens(SmallDataset):
    job = (JOB.replace("dedup.minhash: {preset: bigcode}", "tokenize: {encoding: bytes}")  # so documents of both sources are kept
           .replace("shard_size: 6KiB}", "shard_size: 1MiB}\n  tokens: {shard_size: 12KiB}"))

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tokens = {str(path.relative_to(cls.snapshot)): Shard(cls.snapshot, str(path.relative_to(cls.snapshot))).rows
                      for path in sorted((cls.snapshot / "tokens").rglob("*.h5"))}
        cls.path = max(cls.tokens, key=lambda path: len(cls.tokens[path]))

    def forged(self, change, *expected):
        """`change(rows)` of a shard, and all of its files, digests and counts made to agree."""
        def damage(copy):
            shard = Shard(copy, self.path)
            change(shard.rows)
            shard.write()

        return self.damaged(damage, *expected)

    def edited(self, change, *expected):
        """`change(shard, documents)`, the HDF5 files; of the others only digests are made right again."""
        def damage(copy):
            with h5py.File(copy / self.path, "r+") as file, h5py.File(copy / documents_path(self.path), "r+") as documents:
                change(file, documents)
            binary = (copy / self.path).with_suffix(".bin")
            binary.unlink()
            os.link(copy / self.path, binary)
            published.sign(copy, self.path)

        return self.damaged(damage, *expected)
