"""The reader in python/ over shards that the program published, of both layouts and both widths of ids."""

import json
import multiprocessing
import os
import random
import shutil
import sys
import time
import unittest
from pathlib import Path

import h5py
import numpy as np

ROOT = Path(__file__).parents[2]
sys.path += [str(ROOT / "python"), str(ROOT / "tests/jobs/run"), str(ROOT / "tests/oracle")]
import tokens  # noqa: E402
from program import InFolder, lines, run, write_job  # noqa: E402
from token_samples import ROWS, Order, TokenSamples  # noqa: E402

SEED = int(os.environ.get("SHARDMILL_SEED", time.time()))
LENGTH, BATCH = 32, 4
PACKED = "layout: sample, max_sequence_length: %d, packing: best_fit, " % LENGTH
KINDS = {"uint16": ("encoding: bytes", ""), "int32": ("tokenizer: small.json", ""),
         "sample": ("encoding: bytes", PACKED), "spans": ("tokenizer: small.json", PACKED + "attention_spans: true, ")}


def read(job):
    samples, indices = job
    return [(i, {name: row.tolist() for name, row in samples[i].items()}) for i in indices]


class PublishedSamples(InFolder):
    def setUp(self):
        super().setUp()
        print("seed", SEED, flush=True)
        self.choose = random.Random(SEED)

    def publish(self, kind, content=lines(80)):
        self.put("a.jsonl", content)
        (self.folder / "small.json").write_text(json.dumps(tokens.small_file()))
        settings, layout = KINDS[kind]
        write_job(self.folder, steps="\n  - tokenize: {%s}\n" % settings,
                  extra="write: {tokens: {%sshard_size: 8KiB}}" % layout)
        self.succeeds(run(self.folder, "--memory", "512MiB"))
        folder = (self.folder / "out/current/tokens/train").resolve()
        data = []
        for path in sorted(folder.glob("*.h5")):
            with h5py.File(path) as file:
                data.append(file["data"][:])
        self.assertGreater(len(data), 2)
        return folder, np.concatenate(data)

    def expected(self, data):
        """What each sample holds, from `data` alone."""
        if data.ndim == 3:
            return [dict(zip(ROWS, sample.tolist())) for sample in data]
        return [{"input_ids": data[at:at + LENGTH].tolist(), "labels": data[at + 1:at + LENGTH + 1].tolist()}
                for at in range(0, len(data) - LENGTH, LENGTH)]

    def epoch(self, samples, ranks, workers, until=None, **state):
        """As a DataLoader on each of `ranks` reads it, up to so many batches: worker w has the batches w, w + workers, ..."""
        jobs = []
        for rank in range(ranks):
            order = list(Order(samples, rank=rank, ranks=ranks, **state))
            batches = [order[at:at + BATCH] for at in range(0, len(order), BATCH)][:until]
            jobs += [(samples, sum(batches[worker::workers], [])) for worker in range(workers)]
        return sum(self.pool.map(read, jobs), [])

    def test_each_token_once_an_epoch(self):
        for kind in ("uint16", "int32", "spans"):
            folder, data = self.publish(kind)
            expected = self.expected(data)
            samples = TokenSamples(folder, None if data.ndim == 3 else LENGTH)
            self.assertEqual((samples.length, len(samples)), (LENGTH, len(expected)))
            with multiprocessing.Pool(3) as self.pool:
                for ranks in (1, 2, 3, 5):
                    for workers in (1, 3):
                        with self.subTest(kind, ranks=ranks, workers=workers):
                            found = self.epoch(samples, ranks, workers, seed=SEED)
                            self.assertEqual(len(found), len(expected) // ranks * ranks)
                            self.assertEqual(len({i for i, _ in found}), len(found))
                            for i, sample in found:
                                self.assertEqual(sample, expected[i])

    def test_it_goes_on_anywhere_on_other_ranks(self):
        folder, data = self.publish("int32")
        samples, whole = TokenSamples(folder, LENGTH), len(self.expected(data))
        with multiprocessing.Pool(3) as self.pool:
            for _ in range(8):
                ranks, others, workers = (self.choose.randrange(1, 6) for _ in range(3))
                epoch, consumed = self.choose.randrange(3), self.choose.randrange(whole // ranks // BATCH + 1)
                with self.subTest(ranks=ranks, others=others, workers=workers, epoch=epoch, consumed=consumed, seed=SEED):
                    before = self.epoch(samples, ranks, workers, consumed, seed=7, epoch=epoch)
                    state = Order(samples, seed=7, epoch=epoch, rank=ranks - 1, ranks=ranks).state(consumed * BATCH)
                    after = self.epoch(samples, others, workers, **json.loads(json.dumps(state)))
                    self.assertEqual(len(before), consumed * BATCH * ranks)
                    self.assertEqual(len(after), (whole - len(before)) // others * others)
                    self.assertEqual(len({i for i, _ in before + after}), len(before) + len(after))

    def test_a_state_of_another_dataset_is_refused(self):
        """More documents, another text of the same length, another length of samples, another layout."""
        first = lines(80)
        folder, _ = self.publish("uint16", first)
        state = Order(TokenSamples(folder, LENGTH)).state(3)
        Order(TokenSamples(folder, LENGTH), **state)
        other = TokenSamples(folder, LENGTH + 1)
        self.assertRaisesRegex(ValueError, "'length': 32,.* not on .*'length': 33", Order, other, **state)
        for kind, content in (("uint16", first + lines(1, seed=2)), ("uint16", first.replace(b"w1", b"v1")), ("sample", first)):
            folder, _ = self.publish(kind, content)
            other = TokenSamples(folder, LENGTH)
            with self.assertRaises(ValueError) as error:
                Order(other, **state)
            self.assertIn("this is the state of training on %s, not on %s" % (state["dataset"], other.identity), str(error.exception))

    def test_other_files_are_refused(self):
        packed, _ = self.publish("sample")
        self.assertRaisesRegex(ValueError, "32 tokens, not 64", TokenSamples, packed, 64)
        self.assertEqual(TokenSamples(packed, 32).identity, TokenSamples(packed).identity)
        folder = self.folder / "mixed"
        folder.mkdir()
        shutil.copy(sorted(packed.glob("*.h5"))[0], folder / "0.h5")
        corpus, _ = self.publish("uint16")
        shutil.copy(sorted(corpus.glob("*.h5"))[0], folder / "1.h5")
        self.assertRaisesRegex(ValueError, "mixed: shards of different layouts", TokenSamples, folder, 32)
        for path in folder.iterdir():
            with h5py.File(path, "r+") as file:
                ids = file["data"][:]
                del file["data"]
                file.create_dataset("data", data=ids, chunks=ids.shape, compression="gzip")
        self.assertRaisesRegex(ValueError, "0.h5: `data` is not stored in one piece", TokenSamples, folder, 32)

    def test_a_shard_without_samples(self):
        self.put("a.jsonl", b'{"id": "none", "text": ""}\n')
        write_job(self.folder, steps="\n  - tokenize: {encoding: bytes}\n", extra="write: {tokens: {%s}}" % PACKED.rstrip(", "))
        self.succeeds(run(self.folder))
        folder = self.folder / "some"
        shutil.copytree(self.folder / "out/current/tokens/train", folder)
        [empty] = folder.glob("*.h5")
        self.assertEqual((len(TokenSamples(folder)), list(Order(TokenSamples(folder)))), (0, []))
        packed, data = self.publish("sample")
        for number, path in enumerate(sorted(packed.glob("*.h5"))):  # one before and the others behind the one that is empty
            shutil.copy(path, folder / path.name if number else folder / "0000-r.h5")
        self.assertEqual(sorted(path.name for path in folder.iterdir())[1], empty.name)
        samples = TokenSamples(folder)
        self.assertEqual([sample for _, sample in read((samples, range(len(samples))))], self.expected(data))


if __name__ == "__main__":
    unittest.main()
