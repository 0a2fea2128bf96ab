"""Token shards: ids of the published texts, each document closed by the end token; as one stream (layout corpus) or in
samples of max_sequence_length positions, each an input and its label (layout sample)."""

import functools
import json
import struct
from fractions import Fraction
from pathlib import Path

import h5py
import tokenizer
from hashes import hash64, seed_for, utf8
from published import read_table, text_of

COLUMNS = {"copy": "int64", "id": "utf8", "key": "utf8", "source": "utf8", "tokens": "utf8"}


def refused(steps):
    """Ids are of the text as it is published, and there is one kind of them."""
    names = [name for name, _ in steps]
    where = names.index("tokenize") if "tokenize" in names else len(names)
    return names.count("tokenize") > 1 or "normalize" in names[where:]


# A small vocabulary, whose ids need four bytes nevertheless.
MERGES = "t|h th|e _|the i|n _|w o|r e|r w|or wor|d _w|ord a|n an|d d|o do|c e|s 0|1 x|t te|xt t|e _|te"
END = 70_000


@functools.cache
def small():
    pairs = [tuple(part.replace("_", " ").encode() for part in pair.split("|")) for pair in MERGES.split(" ")]
    ids = {bytes([byte]): byte for byte in range(256)}
    for left, right in pairs:
        for token in (left, right, left + right):
            ids.setdefault(token, len(ids))
    return tokenizer.Merges(ids, pairs)


def small_file():
    """The same as a tokenizer.json. It does not call the end token special; that is no token in a text nevertheless."""
    return tokenizer.tokenizer_json(small(), "cl100k", [("<|endoftext|>", END, False)])


def encode(text, settings):
    """Ids, the end token and how many ids there are; encoding `bytes`, or small_file()."""
    if "tokenizer" not in settings:
        assert settings["encoding"] == "bytes"
        return list(text), 256, 257
    return tokenizer.encode(text, tokenizer.compiled(tokenizer.PATTERNS["cl100k"]), small()), END, END + 1


def width(settings):
    return 2 if encode(b"", settings)[2] <= 65536 else 4


def row(document, text, key, settings):
    """A document of a token shard, and how much of its size it takes. `text`: bytes."""
    ids, end, vocabulary = encode(text, settings)
    form = {2: "<H", 4: "<i"}[width(settings)]
    tokens = b"".join(struct.pack(form, token) for token in [*ids, end])
    return {"copy": 0, "id": document["id"], "key": key, "source": document["source"], "tokens": tokens}, len(tokens)


class NothingWeighted(Exception):
    """No document has a share, or all have weight 0."""


def fixed(part, whole):
    """In units of 2^-32."""
    return (part << 32) // whole


def micro(number):
    return int(Fraction(str(number)) * 10**6)


def weighs(settings):
    return any(settings.get(name) for name in ("epochs", "shares", "cluster_epochs"))


def weighs_nothing(settings, sources):
    """What a job file alone says of it."""
    epochs, shares, clusters = (settings.get(name, {}) for name in ("epochs", "shares", "cluster_epochs"))
    by_source = settings.get("weights_by", "source") == "source"
    return (shares and not any(shares.values())
            or by_source and len(epochs) == len(sources) and not any(epochs.values())
            or 1 in map(int, clusters) and not any(clusters.values()))


def value_of(document, settings):
    by = settings.get("weights_by", "source")
    if by == "source":
        return document["source"]
    raw = document["fields"].get(by)
    value = json.loads(raw) if raw else None
    return value if isinstance(value, str) or value is None else raw


def of_clusters(settings, size):
    """What cluster_epochs say of a cluster of this size, in units of 2^-32."""
    reached = [least for least in map(int, settings.get("cluster_epochs", {})) if least <= size]
    return fixed(micro(settings["cluster_epochs"][max(reached)]), 10**6) if reached else 1 << 32


def copies(documents, settings, seed):
    """How often each document of the weighted split is in its shards, and per value tokens before and after.
    `documents`: [(id, value of weights_by or None, size of its cluster, tokens)]."""
    names, shares, total = settings.get("epochs", {}), settings.get("shares", {}), sum(d[3] for d in documents)
    # What a share is a part of: tokens as cluster_epochs leave them, whole ones, rounded up.
    tokens_of = {name: -(-sum(d[3] * of_clusters(settings, d[2]) for d in documents if d[1] == name) >> 32) for name in shares}
    there = sum(micro(share) for name, share in shares.items() if tokens_of[name])
    if shares and total and not there:
        raise NothingWeighted
    factor = {name: fixed(micro(epochs), 10**6) for name, epochs in names.items()}
    factor |= {name: fixed(micro(share) * total, there * tokens_of[name]) if tokens_of[name] else 0
               for name, share in shares.items()}
    weights = [factor.get(value, 0 if shares else 1 << 32) * of_clusters(settings, size) >> 32 for _, value, size, _ in documents]
    if documents and not any(weights):
        raise NothingWeighted
    rest = "other"  # of the values that are not named
    while rest in factor:
        rest = f"({rest})"
    found, mixture = [], {}
    for (id_, value, _, tokens), weight in zip(documents, weights):
        drawn = hash64(utf8(id_), seed_for("weights", seed)) >> 32 < weight & 0xFFFFFFFF
        found.append((weight >> 32) + drawn)
        counts = mixture.setdefault(value if value in factor else rest,
                                    {"documents": 0, "tokens": 0, "published_documents": 0, "published_tokens": 0})
        counts["documents"] += 1
        counts["tokens"] += tokens
        counts["published_documents"] += found[-1]
        counts["published_tokens"] += tokens * found[-1]
    return found, mixture


WINDOW = 512  # samples; but at most
MOST = 1 << 22  # positions, where a piece counts as
LEAST = 32  # at least


def pieces(lengths, longest, packing):
    """Which positions of which document stand where: (sample, offset, document, first, positions) in that order, and
    how many samples. Position i of a document has its token i as input and token i + 1 as label: one less than tokens,
    except that with `concat` the label of an end token is the next document's first token."""
    if packing == "concat":
        found, at = [], 0
        for d, n in enumerate(lengths):
            left, first = n - (d == len(lengths) - 1), 0
            while True:
                part = min(left, longest - at % longest)
                found.append((at // longest, at % longest, d, first, part))
                at, first, left = at + part, first + part, left - part
                if not left:
                    break
        return found, -(-at // longest)
    cut = [[(d, first, min(longest, n - 1 - first)) for first in range(0, max(n - 1, 1), longest)] for d, n in enumerate(lengths)]
    found, sample = [], 0
    if packing == "greedy":
        offset = longest  # of the sample before the first
        for d, first, n in sum(cut, []):
            if n > longest - offset:
                sample, offset = sample + 1, 0
            found.append((sample - 1 if sample else 0, offset if sample else 0, d, first, n))
            offset += n
        return found, sample
    window = []
    for d, document in enumerate(cut):
        window += document
        if d < len(cut) - 1 and sum(max(n, LEAST) for _, _, n in window) < min(WINDOW * longest, MOST):
            continue
        found += [(sample, 0, *piece) for piece in window if not piece[2]]
        bins = []  # the largest first, each where it leaves the least room
        for n, order in sorted((-piece[2], i) for i, piece in enumerate(window) if piece[2]):
            fits = [(longest - sum(window[i][2] for i in b), k) for k, b in enumerate(bins)]
            fits = [(room, k) for room, k in fits if room >= -n]
            bins[min(fits)[1]].append(order) if fits else bins.append([order])
        for order in sorted(map(sorted, bins)):
            offset = 0
            for i in order:
                found.append((sample, offset, *window[i]))
                offset += window[i][2]
            sample += 1
        window = []
    return found, sample


PIECES = {"begin": "int64", "cells": "utf8", "copy": "int64", "id": "utf8", "key": "utf8", "source": "utf8", "token": "int64", "tokens": "int64"}


def samples(documents, tokenize, settings):
    """The pieces of a shard, from documents as row() makes them; cells: of each row of the sample those of the piece."""
    form = {2: "H", 4: "i"}[width(tokenize)]
    ids = [struct.unpack("<%d%s" % (len(d["tokens"]) // width(tokenize), form), d["tokens"]) for d in documents]
    longest, spans = settings["max_sequence_length"], settings.get("attention_spans", False)
    rows = []
    for sample, offset, d, first, n in pieces([len(i) for i in ids], longest, settings.get("packing", "concat"))[0]:
        following = ids[d] + (ids[d + 1][:1] if d + 1 < len(ids) else ())
        cells = [following[first:first + n], [1] * n, following[first + 1:first + n + 1]]
        if spans:
            cells += [range(n - 1, -1, -1), range(n)]
        rows.append({"begin": sample * longest + offset, "cells": b"".join(struct.pack("<%di" % n, *row) for row in cells),
                     "copy": documents[d]["copy"], "id": documents[d]["id"], "key": documents[d]["key"], "source": documents[d]["source"],
                     "token": first, "tokens": n})
    return rows


def read_shard(path):
    """The same from the files: `data` as Cerebras reads it, and as Megatron's index says it lies in .bin."""
    with h5py.File(path, "r") as file:
        if text_of(file.attrs["layout"]) == "sample":
            return PIECES, read_samples(path, file)
        data, ids, offset = file["data"], file["data"][:], file["data"].id.get_offset()
        assert data.chunks is None and data.compression is None and data.ndim == 1 and offset % 4096 == 0
        assert list(file) == ["data"] and data.dtype.str == ("<u2" if file.attrs["vocabulary_size"] <= 65536 else "<i4")
        n, width, end = int(file.attrs["n_documents"]), data.dtype.itemsize, int(file.attrs["eos_id"])
        assert len(ids) == file.attrs["n_tokens"]
    with h5py.File(str(path).replace("/tokens/", "/token_documents/")) as file:
        assert int(file.attrs["n_documents"]) == n
        columns = file["columns"]
        numbers = {name: columns[name][:].tolist() for name in ("begin", "copy", "tokens")}
        texts = {}
        for name in ("id", "key", "source"):
            ends, content = columns[name]["offsets"][:], columns[name]["bytes"][:].tobytes()
            texts[name] = [content[ends[i]:ends[i + 1]].decode() for i in range(n)]
    rows = []
    for i in range(n):
        begin, length = numbers["begin"][i], numbers["tokens"][i]
        assert begin == sum(numbers["tokens"][:i]) and ids[begin + length - 1] == end
        rows.append({**{name: texts[name][i] for name in texts}, "copy": numbers["copy"][i], "tokens": ids[begin:begin + length].tobytes()})
    assert sum(numbers["tokens"]) == len(ids)
    assert by_megatron(path, width) == [row["tokens"] for row in rows]
    return COLUMNS, rows


def read_samples(path, file):
    """Every cell is of a piece or padding: the end token, and zeros."""
    data, end = file["data"], int(file.attrs["eos_id"])
    n, rows, longest = data.shape
    assert data.dtype.str == "<i4" and data.chunks is None and list(file) == ["data"]
    assert (n, end, longest) == tuple(int(file.attrs[a]) for a in ("n_examples", "pad_id", "max_sequence_length"))
    assert rows == (5 if file.attrs["attention_spans"] else 3)
    left = data[:]
    _, found = read_table(str(path).replace("/tokens/", "/token_documents/"))
    for row in found:
        sample, offset = divmod(row["begin"], longest) if row["tokens"] else (0, 0)
        cells = left[sample:sample + 1, :, offset:offset + row["tokens"]]
        row["cells"] = cells.tobytes()
        cells[:] = 0
        cells[:, (0, 2)] = end
    assert (left[:, (0, 2)] == end).all() and not left[:, (1, *range(3, rows))].any()
    assert sum(row["token"] == 0 for row in found) == file.attrs["n_documents"]
    return found


def by_megatron(path, width):
    """Documents as IndexedDataset cuts them out of .bin: magic, version, code of the type, counts, lengths,
    pointers, boundaries."""
    index, payload = Path(path).with_suffix(".idx").read_bytes(), Path(path).with_suffix(".bin").read_bytes()
    magic, version, code, sequences, boundaries = struct.unpack_from("<9sQBQQ", index)
    assert (magic, version, code) == (b"MMIDIDX\0\0", 1, {2: 8, 4: 4}[width]) and boundaries == sequences + 1
    lengths = struct.unpack_from("<%di" % sequences, index, 34)
    pointers = struct.unpack_from("<%dq" % sequences, index, 34 + 4 * sequences)
    documents = struct.unpack_from("<%dq" % boundaries, index, 34 + 12 * sequences)
    assert documents == tuple(range(boundaries)) and len(index) == 34 + 12 * sequences + 8 * boundaries
    return [payload[at:at + length * width] for at, length in zip(pointers, lengths)]
