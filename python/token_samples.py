"""Samples of a fixed length out of the token shards of one split. Copy this file; it needs h5py and numpy.

    samples = TokenSamples("data/nightly/current/tokens/train", length=2048)
    order = Order(samples, seed=1, rank=rank, ranks=ranks)           # every sample once an epoch, on one rank
    loader = torch.utils.data.DataLoader(samples, batch_size=8, sampler=order, num_workers=4)
    for batch in loader:                                             # input_ids and labels, int64, (8, 2048)
        ...
    state = order.state(consumed=8 * steps)                          # to go on: Order(samples, rank=…, ranks=…, **state)

Hold `current` while you train: `flock --shared data/nightly/current/_SUCCESS python train.py`.
"""

import hashlib
from pathlib import Path

import h5py
import numpy as np

ROWS = ("input_ids", "loss_mask", "labels", "attention_span", "position_ids")  # of a packed sample, 3 or all 5


class TokenSamples:
    """Sample i holds the tokens [i * length, i * length + length + 1) of all shards one after the other: inputs are
    all but the last, labels all but the first. Shards of `layout: sample` have samples of their own length, all rows of
    which are given: labels count where loss_mask is 1. A map-style dataset; each worker opens the shards by itself."""

    def __init__(self, folder, length=None):
        self.paths, self.opened = sorted(Path(folder).glob("*.h5")), None
        if not self.paths:
            raise FileNotFoundError("%s: no token shards (*.h5)" % folder)
        self.places, digest = [], hashlib.sha256()  # of `data` in each file: where it begins, its type and shape
        for path in self.paths:
            with h5py.File(path, "r") as file:
                data = file["data"]
                self.places.append((data.id.get_offset(), data.dtype, data.shape))
                digest.update(file.attrs["logical_digest"])
                if data.chunks:
                    raise ValueError("%s: `data` is not stored in one piece, as it was published" % path)
        self.ends = np.cumsum([shape[0] for _, _, shape in self.places])  # in tokens, or in packed samples
        packed = self.places[0][2][1:]  # rows and length of a packed sample
        if any(shape[1:] != packed for _, _, shape in self.places):
            raise ValueError("%s: shards of different layouts" % folder)
        if packed and length not in (None, packed[1]):
            raise ValueError("%s: its samples (layout: sample) have %d tokens, not %d" % (folder, packed[1], length))
        if not packed and (length is None or length < 1):
            raise ValueError("%s: a sample has at least one token, not %s" % (folder, length))
        self.packed, self.length = bool(packed), packed[1] if packed else length
        self.identity = {"samples": len(self), "length": self.length, "digest": digest.hexdigest()}

    def __len__(self):
        return int(self.ends[-1]) if self.packed else max(int(self.ends[-1]) - 1, 0) // self.length

    def __getitem__(self, i):
        if not 0 <= i < len(self):
            raise IndexError(i)
        if self.packed:
            return dict(zip(ROWS, self.read(i, i + 1)[0]))
        tokens = self.read(i * self.length, (i + 1) * self.length + 1)
        return {"input_ids": tokens[:-1], "labels": tokens[1:]}

    def read(self, begin, end):
        if self.opened is None:
            self.opened = [np.memmap(path, dtype, "r", offset, shape) if shape[0] else np.empty(shape, dtype)
                           for path, (offset, dtype, shape) in zip(self.paths, self.places)]
        parts, shard = [], int(np.searchsorted(self.ends, begin, "right"))
        while begin < end:
            first = int(self.ends[shard]) - self.places[shard][2][0]
            stop = min(end, int(self.ends[shard]))
            parts.append(self.opened[shard][begin - first:stop - first])
            begin, shard = stop, shard + 1
        return np.concatenate(parts).astype(np.int64)

    def __getstate__(self):  # for workers that are not forked
        return dict(self.__dict__, opened=None)


class Order:
    """The samples of one rank in a random order that is a function of seed and epoch alone: a permutation by four
    rounds of a Feistel network, so it takes no memory. With `ranks` that do not divide the samples the last few are
    left out, so that all ranks have as many."""

    def __init__(self, samples, seed=0, epoch=0, rank=0, ranks=1, consumed=0, dataset=None):
        self.dataset, self.samples, self.seed, self.epoch = samples.identity, len(samples), seed, epoch
        self.rank, self.ranks, self.consumed = rank, ranks, consumed  # consumed: by all ranks
        if dataset not in (None, self.dataset):
            raise ValueError("this is the state of training on %s, not on %s" % (dataset, self.dataset))
        if not 0 <= rank < ranks:
            raise ValueError("ranks count from 0: there is no rank %d of %d" % (rank, ranks))
        self.half = (max(self.samples - 1, 1).bit_length() + 1) // 2

    def __len__(self):
        return (self.samples - self.consumed) // self.ranks

    def __iter__(self):
        for at in range(len(self)):
            yield self.permuted(self.consumed + at * self.ranks + self.rank)

    def state(self, consumed):
        """What goes on after each rank has consumed so many samples, on any number of ranks and the same dataset."""
        return {"seed": self.seed, "epoch": self.epoch, "consumed": self.consumed + consumed * self.ranks,
                "dataset": self.dataset}

    def permuted(self, i):
        mask = (1 << self.half) - 1
        while True:
            left, right = i >> self.half, i & mask
            for turn in range(4):
                left, right = right, left ^ self._mixed(right, turn) & mask
            i = left << self.half | right
            if i < self.samples:  # else walk on along the cycle
                return i

    def _mixed(self, value, turn):  # splitmix64
        x = (value + ((self.seed * 0x1000003 + self.epoch) * 4 + turn + 1) * 0x9E3779B97F4A7C15) & (1 << 64) - 1
        x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9 & (1 << 64) - 1
        x = (x ^ x >> 27) * 0x94D049BB133111EB & (1 << 64) - 1
        return x ^ x >> 31
