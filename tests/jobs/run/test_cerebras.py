"""The rules of Cerebras Model Zoo's readers of HDF5, restated over published shards of both layouts."""

import json
import sys
import tempfile
import unittest
from pathlib import Path

import h5py
import numpy
from program import InFolder, lines, manifest, run, write_job

sys.path.append(str(Path(__file__).parents[2] / "oracle"))
import tokens  # noqa: E402
from published import read_table  # noqa: E402

LENGTH = 48
TOKENIZERS = {"encoding: bytes": 257, "tokenizer: small.json": tokens.END + 1}


class MapReader:
    """The map-style reader: all *.h5 of a folder, in the order of their names, as one virtual dataset `data` that is
    read a sample at a time and cast to int32."""

    def __init__(self, folder, max_sequence_length=None):
        self.files = sorted(Path(folder).glob("*.h5"))  # a name that begins with a dot matches too
        shapes, kinds = [], set()
        for path in self.files:
            with h5py.File(path, "r") as file:
                shapes.append(file["data"].shape)
                kinds.add((file["data"].dtype, file["data"].shape[1:]))
        if len(kinds) != 1:
            raise ValueError("files of different types or shapes: %s" % kinds)
        [(dtype, rest)] = kinds
        if dtype.kind not in "iu":
            raise ValueError("no integers: %s" % dtype)
        if rest and max_sequence_length not in (None, rest[0]):
            raise ValueError("max_sequence_length is %s, the data has %s" % (max_sequence_length, rest[0]))
        self.corpus, self.length = not rest, max_sequence_length
        layout, at = h5py.VirtualLayout((sum(shape[0] for shape in shapes), *rest), dtype), 0
        for path, shape in zip(self.files, shapes):
            layout[at:at + shape[0]] = h5py.VirtualSource(str(path), "data", shape)
            at += shape[0]
        self.view = tempfile.NamedTemporaryFile(suffix=".h5")
        with h5py.File(self.view.name, "w") as file:
            file.create_virtual_dataset("data", layout)
        self.data = h5py.File(self.view.name, "r")["data"]

    def __len__(self):
        return (len(self.data) - 1) // self.length if self.corpus else len(self.data)

    def __getitem__(self, i):
        if not self.corpus:
            return self.data[i].astype(numpy.int32)
        return self.data[i * self.length:(i + 1) * self.length + 1].astype(numpy.int32)


class Cerebras(InFolder):
    def publish(self, tokenize, layout="", night=1):
        self.put("%d.jsonl" % night, lines(60, seed=night) + b'{"id": "none", "text": ""}\n' * (night == 1))
        (self.folder / "small.json").write_text(json.dumps(tokens.small_file()))
        write_job(self.folder, steps="\n  - dedup.exact: {}\n  - tokenize: {%s}\n  - split: {train: 0.5, test: 0.5}\n" % tokenize,
                  extra="write: {tokens: {%sshard_size: 8KiB}}" % layout)
        self.succeeds(run(self.folder, "--memory", "512MiB"))
        documents = self.documents(tokenize)
        self.assertEqual(manifest(self.folder)["source_tokens"]["s"], {
            "tokens": sum(len(ids) for ids, _ in documents.values()), "text_bytes": sum(size for _, size in documents.values())})
        return self.folder / "out/current/tokens"

    def shards(self, split):
        """As the manifest names them: no other file that a reader could take for one."""
        paths = sorted(record["path"] for record in manifest(self.folder)["shards"])
        paths = [self.folder / "out/current" / path for path in paths if path.startswith("tokens/%s/" % split)]
        self.assertGreater(len(paths), 1)
        return paths

    def documents(self, tokenize):
        """Id -> its tokens, by the oracle, and bytes of its text."""
        settings = {"encoding": "bytes"} if "bytes" in tokenize else {"tokenizer": ""}
        found = {}
        for path in (self.folder / "in").iterdir():
            for line in path.read_text().splitlines():
                text = json.loads(line)["text"].encode()
                ids, end, _ = tokens.encode(text, settings)
                found[json.loads(line)["id"]] = [*ids, end], len(text)
        return found

    def test_layout_corpus(self):
        for tokenize, vocabulary in TOKENIZERS.items():
            for night in (1, 2):  # the second has shards of both
                folder, expected, seen = self.publish(tokenize, night=night), self.documents(tokenize), 0
                for split in ("train", "test"):
                    with self.subTest(tokenize, night=night, split=split):
                        reader = MapReader(folder / split, LENGTH)
                        self.assertEqual(reader.files, self.shards(split))
                        n = manifest(self.folder)["tokens"][split]
                        self.assertEqual((len(reader.data), len(reader)), (n, (n - 1) // LENGTH))
                        stream = reader.data[:].astype(numpy.int32)
                        self.assertTrue(((0 <= stream) & (stream < vocabulary)).all())
                        for i in range(len(reader)):
                            self.assertEqual(reader[i].tolist(), stream[i * LENGTH:(i + 1) * LENGTH + 1].tolist())
                            self.assertEqual(len(reader[i]), LENGTH + 1)
                        # All documents one after the other, each followed by the end token.
                        ends = numpy.flatnonzero(stream == vocabulary - 1) + 1
                        found = [part.tolist() for part in numpy.split(stream, ends)]
                        self.assertEqual(found.pop(), [])
                        ids = [row["id"] for path in reader.files for row in tokens.read_shard(path)[1]]
                        self.assertEqual(found, [expected[i][0] for i in ids])
                        self.assertNotEqual(ids, sorted(ids))  # the loader does not shuffle
                        seen += len(found)
                self.assertEqual(seen, len(expected))

    def test_layout_sample(self):
        for (tokenize, vocabulary), odd in zip(TOKENIZERS.items(), (True, False)):
            for packing, spans in (("concat", odd), ("greedy", not odd), ("best_fit", odd)):
                folder = self.publish(tokenize, "layout: sample, max_sequence_length: %d, packing: %s, attention_spans: %s, "
                                      % (LENGTH, packing, str(spans).lower()))
                for split in ("train", "test"):
                    with self.subTest(tokenize, packing=packing, spans=spans, split=split):
                        reader = MapReader(folder / split)
                        self.assertEqual(reader.files, self.shards(split))
                        self.assertFalse((folder / split / "data_params.json").exists())
                        self.assertRaises(ValueError, MapReader, folder / split, LENGTH)  # that option is to be unset
                        counted = self.samples(reader, vocabulary, spans, packing == "concat")
                        # Of each token but the first of a stream, or of a document, there is a label: nothing is cut off.
                        documents, n = (manifest(self.folder)[name][split] for name in ("splits", "tokens"))
                        self.assertEqual(counted, n - (len(reader.files) if packing == "concat" else documents))

    def samples(self, reader, vocabulary, spans, stream):
        """Returns how many positions count."""
        for path in reader.files:
            with h5py.File(path, "r") as file:
                self.assertEqual(list(file), ["data"])  # all that lies at the root is a column to `datasets`
                data, n = file["data"], file.attrs["n_examples"]
                self.assertIsInstance(n, numpy.integer)
                self.assertEqual((data.dtype.str, data.shape), ("<i4", (n, 5 if spans else 3, LENGTH)))
                self.assertFalse(data.is_virtual or data.external)
                self.assertTrue(((0 <= data[:]) & (data[:] < vocabulary)).all())  # each cell, as its verifier asks
                self.assertEqual(data[:, 1].sum(), file.attrs["n_positions"])
                pieces = read_table(str(path).replace("/tokens/", "/token_documents/"))[1]
                self.assertEqual((len(pieces), sum(row["tokens"] for row in pieces), sum(row["token"] == 0 for row in pieces)),
                                 tuple(file.attrs[name] for name in ("n_pieces", "n_positions", "n_documents")))
        end, counted = vocabulary - 1, 0
        for i in range(len(reader)):
            inputs, mask, labels, *more = reader[i]
            self.assertTrue(set(mask.tolist()) <= {0, 1})
            self.assertEqual((inputs[mask == 0].tolist(), labels[mask == 0].tolist()), ([end] * (mask == 0).sum(),) * 2)
            within = (mask[:-1] == 1) & (mask[1:] == 1)  # this position and the next are of one stream or document
            if not stream:
                within &= labels[:-1] != end
            if spans:  # attention_span counts down to 0 in each piece of a document, position_ids up from 0
                left, position = more
                within &= position[1:] > 0
                self.assertEqual(left[:-1][within].tolist(), (left[1:][within] + 1).tolist())
                self.assertEqual(position[:-1][within].tolist(), (position[1:][within] - 1).tolist())
                last = numpy.append(~within, True) & (mask == 1)
                self.assertEqual((left[last].any(), position[0]), (False, 0))
            self.assertEqual(labels[:-1][within].tolist(), inputs[1:][within].tolist())
            counted += int(mask.sum())
        return counted


if __name__ == "__main__":
    unittest.main()
