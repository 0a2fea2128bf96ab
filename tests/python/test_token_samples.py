"""The reader in python/: no token read twice or never, by any number of ranks and workers, and from any point on."""

import multiprocessing
import sys
import tempfile
import unittest
from pathlib import Path

import h5py
import numpy as np

sys.path.append(str(Path(__file__).parents[2] / "python"))
from token_samples import Order, TokenSamples  # noqa: E402


class Counted:
    """As many samples, for their order alone."""

    def __init__(self, n):
        self.n, self.identity = n, {"samples": n}

    def __len__(self):
        return self.n


def read(job):
    samples, indices = job
    return [(i, samples[i]["input_ids"].tolist(), samples[i]["labels"].tolist()) for i in indices]


class TokenSamplesTest(unittest.TestCase):
    def setUp(self):
        name = tempfile.TemporaryDirectory()
        self.addCleanup(name.cleanup)
        self.folder = Path(name.name)
        self.all = []
        for shard, n in enumerate((1000, 1, 37, 4000)):
            with h5py.File(self.folder / f"0001-{shard:02}.h5", "w") as file:
                ids = np.arange(len(self.all), len(self.all) + n, dtype="<u2")
                file.create_dataset("data", data=ids)
                file.attrs["logical_digest"] = np.bytes_("%064d" % shard)
                self.all += ids.tolist()

    def test_samples_are_consecutive_tokens_of_all_shards(self):
        for length in (1, 7, 38, 1000, 5036, 5037):
            samples = TokenSamples(self.folder, length)
            self.assertEqual(len(samples), 5037 // length)
            for i in range(len(samples)):
                sample = samples[i]
                self.assertEqual(sample["input_ids"].tolist(), self.all[i * length:(i + 1) * length])
                self.assertEqual(sample["labels"].tolist(), self.all[i * length + 1:(i + 1) * length + 1])
            self.assertRaises(IndexError, samples.__getitem__, len(samples))
        self.assertEqual(len(TokenSamples(self.folder, 5038)), 0)
        for length in (0, None):
            self.assertRaisesRegex(ValueError, "at least one token, not %s" % length, TokenSamples, self.folder, length)
        self.assertRaises(FileNotFoundError, TokenSamples, self.folder / "none", 8)

    def test_each_sample_once_on_one_rank(self):
        for samples in (0, 1, 2, 3, 10, 97, 256, 1000):
            for ranks in (1, 2, 3, 8):
                seen = [i for rank in range(ranks) for i in Order(Counted(samples), 5, 0, rank, ranks)]
                self.assertEqual(len(seen), samples // ranks * ranks)
                self.assertEqual(len(set(seen)), len(seen))
                self.assertTrue(all(0 <= i < samples for i in seen))
        samples = Counted(97)
        self.assertNotEqual(list(Order(samples, 5, 0)), list(Order(samples, 5, 1)))
        self.assertNotEqual(list(Order(samples, 5, 0)), list(Order(samples, 6, 0)))
        self.assertNotEqual(list(Order(samples, 5, 0)), sorted(Order(samples, 5, 0)))
        for rank in (-1, 3):
            self.assertRaisesRegex(ValueError, "no rank %d of 3" % rank, Order, samples, rank=rank, ranks=3)

    def test_it_goes_on_where_it_was(self):
        samples = Counted(1000)
        whole = list(Order(samples, 3, 2, 1, 4))
        for consumed in (0, 1, 100, 250):
            order = Order(samples, 3, 2, 1, 4)
            again = Order(samples, rank=1, ranks=4, **order.state(consumed))
            self.assertEqual(list(again), whole[consumed:])
            self.assertEqual(len(again), 250 - consumed)
            self.assertEqual(list(Order(samples, rank=1, ranks=4, **again.state(0))), whole[consumed:])

    def test_workers_open_the_shards_by_themselves(self):
        for method in ("fork", "spawn"):
            samples = TokenSamples(self.folder, 16)
            _ = samples[0]  # opened before there are workers
            jobs = [(samples, list(Order(samples, 1, 0, rank, 3))) for rank in range(3)]
            with multiprocessing.get_context(method).Pool(3) as pool:
                found = sum(pool.map(read, jobs), [])
            tokens = sorted(token for _, inputs, _ in found for token in inputs)
            self.assertEqual(len(found), len(samples) // 3 * 3)
            self.assertEqual(len(set(tokens)), len(tokens))
            for i, inputs, labels in found:
                self.assertEqual((inputs, labels), (self.all[16 * i:16 * i + 16], self.all[16 * i + 1:16 * i + 17]))


if __name__ == "__main__":
    unittest.main()
