"""The hashes and the counter-based randomness of shardmill (DESIGN: same bytes)."""

import xxhash

MASK64 = (1 << 64) - 1


def utf8(text):
    return text.encode("utf-8")


def hash64(data, seed=0):
    return xxhash.xxh3_64_intdigest(data, seed=seed)


def hash128_hex(data):
    return xxhash.xxh3_128_hexdigest(data)


def seed_for(purpose, seed):
    """The seed of one use of randomness."""
    return hash64(utf8(purpose), seed)


def place(seed, id_, copy=0):
    """Where a document (in token shards: a copy of it) stands in the global shuffle of its split and epoch."""
    return hash64(utf8(id_), (seed_for("shuffle", seed) + copy) & MASK64)


def mix64(x):
    """Stafford's mix 13, the finaliser of SplitMix64."""
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & MASK64
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & MASK64
    return x ^ (x >> 31)
