"""Samples of a fixed length out of the token shards of one split. Copy this file; it needs h5py and numpy.

    samples = TokenSamples("data/nightly/current/tokens/train", length=2048)
    order = Order(len(samples), seed=1, rank=rank, ranks=ranks)      # every sample once an epoch, on one rank
    loader = torch.utils.data.DataLoader(samples, batch_size=8, sampler=order, num_workers=4)
    for batch in loader:                                             # input_ids and labels, int64, (8, 2048)
        ...
    state = order.state(consumed=8 * steps)                          # to go on from here: Order(..., **state)

Hold `current` while you train: `flock --shared data/nightly/current/_SUCCESS python train.py`.
"""

from pathlib import Path

import h5py
import numpy as np


class TokenSamples:
    """Sample i holds the tokens [i * length, i * length + length + 1) of all shards one after the other: inputs are
    all but the last, labels all but the first. A map-style dataset; each worker opens the shards by itself."""

    def __init__(self, folder, length):
        self.paths, self.length, self.opened = sorted(Path(folder).glob("*.h5")), length, None
        if length < 1:
            raise ValueError("a sample has at least one token, not %d" % length)
        if not self.paths:
            raise FileNotFoundError("%s: no token shards (*.h5)" % folder)
        self.places = []  # of `data` in each file: where it begins, its type, how many tokens
        for path in self.paths:
            with h5py.File(path, "r") as file:
                self.places.append((file["data"].id.get_offset(), file["data"].dtype, file["data"].shape[0]))
        self.ends = np.cumsum([n for _, _, n in self.places])

    def __len__(self):
        return max(int(self.ends[-1]) - 1, 0) // self.length

    def __getitem__(self, i):
        if not 0 <= i < len(self):
            raise IndexError(i)
        tokens = self.tokens(i * self.length, (i + 1) * self.length + 1)
        return {"input_ids": tokens[:-1], "labels": tokens[1:]}

    def tokens(self, begin, end):
        if self.opened is None:
            self.opened = [np.memmap(path, dtype, "r", offset, (n,)) for path, (offset, dtype, n) in zip(self.paths, self.places)]
        parts, shard = [], int(np.searchsorted(self.ends, begin, "right"))
        while begin < end:
            first = int(self.ends[shard]) - self.places[shard][2]
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

    def __init__(self, samples, seed=0, epoch=0, rank=0, ranks=1, consumed=0):
        self.samples, self.seed, self.epoch, self.rank, self.ranks, self.consumed = samples, seed, epoch, rank, ranks, consumed
        self.half = (max(samples - 1, 1).bit_length() + 1) // 2

    def __len__(self):
        return self.samples // self.ranks - self.consumed

    def __iter__(self):
        for at in range(self.consumed, self.samples // self.ranks):
            yield self.permuted(at * self.ranks + self.rank)

    def state(self, consumed):
        """What continues after this rank has consumed so many samples, on as many ranks."""
        return {"seed": self.seed, "epoch": self.epoch, "consumed": self.consumed + consumed}

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
