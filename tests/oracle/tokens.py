"""Token shards: ids of the published texts, each document closed by the end token."""

import functools
import struct
from pathlib import Path

import h5py
import tokenizer

COLUMNS = {"id": "utf8", "key": "utf8", "source": "utf8", "tokens": "utf8"}


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
    """The same as a tokenizer.json."""
    return tokenizer.tokenizer_json(small(), "cl100k", [("<|endoftext|>", END, True)])


def encode(text, settings):
    """Ids, the end token and how many ids there are; encoding `bytes`, or small_file()."""
    if "tokenizer" not in settings:
        assert settings["encoding"] == "bytes"
        return list(text), 256, 257
    return tokenizer.encode(text, tokenizer.compiled(tokenizer.PATTERNS["cl100k"]), small()), END, END + 1


def row(document, text, key, settings):
    """A document of a token shard, and how much of its size it takes. `text`: bytes."""
    ids, end, vocabulary = encode(text, settings)
    form = "<H" if vocabulary <= 65536 else "<i"
    tokens = b"".join(struct.pack(form, token) for token in [*ids, end])
    return {"id": document["id"], "key": key, "source": document["source"], "tokens": tokens}, len(tokens)


def read_shard(path):
    """The same from the files: `data` as Cerebras reads it, and as Megatron's index says it lies in .bin."""
    with h5py.File(path, "r") as file:
        data, ids, offset = file["data"], file["data"][:], file["data"].id.get_offset()
        assert data.chunks is None and data.compression is None and data.ndim == 1 and offset % 4096 == 0
        assert list(file) == ["data"] and data.dtype.str == ("<u2" if file.attrs["vocabulary_size"] <= 65536 else "<i4")
        n, width, end = int(file.attrs["n_documents"]), data.dtype.itemsize, int(file.attrs["eos_id"])
        assert len(ids) == file.attrs["n_tokens"]
    with h5py.File(str(path).replace("/tokens/", "/token_documents/")) as file:
        assert int(file.attrs["n_documents"]) == n
        columns = file["columns"]
        numbers = {name: columns[name][:].tolist() for name in ("begin", "tokens")}
        texts = {}
        for name in ("id", "key", "source"):
            ends, content = columns[name]["offsets"][:], columns[name]["bytes"][:].tobytes()
            texts[name] = [content[ends[i]:ends[i + 1]].decode() for i in range(n)]
    rows = []
    for i in range(n):
        begin, length = numbers["begin"][i], numbers["tokens"][i]
        assert begin == sum(numbers["tokens"][:i]) and ids[begin + length - 1] == end
        rows.append({**{name: texts[name][i] for name in texts}, "tokens": ids[begin:begin + length].tobytes()})
    assert sum(numbers["tokens"]) == len(ids)
    assert by_megatron(path, width) == [row["tokens"] for row in rows]
    return COLUMNS, rows


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
