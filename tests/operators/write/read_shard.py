"""Reads a shard with h5py and compares it with the documents it should hold.

usage: read_shard.py SHARD EXPECTED SPLIT

EXPECTED: first line the columns as {name: type}, then a JSON object per document: strings for utf8 and
json columns, absent columns left out. Recomputes the logical digest from the values read. Prints
"ok" and the digest, or says what differs and exits 1. Knows the format from its description only.
"""
import hashlib
import json
import struct
import sys
from urllib.parse import unquote

import h5py


def attribute(thing, name):
    value = thing.attrs[name]
    return value.decode() if isinstance(value, bytes) else value


def field(data):
    return struct.pack("<Q", len(data)) + data


def read_column(columns, name):
    """(exact name, type, value bytes or None for each row)"""
    thing = columns[name]
    kind = attribute(thing, "type")
    if kind in ("utf8", "json"):
        assert isinstance(thing, h5py.Group), name
        data, ends = thing["bytes"][:].tobytes(), thing["offsets"][:]
        assert thing["bytes"].dtype.str == "|u1" and thing["offsets"].dtype.str == "<u8", name
        values = [data[a:b] for a, b in zip(ends[:-1], ends[1:])]
        assert ends[0] == 0 and ends[-1] == len(data), name
        valid = thing["valid"][:] if "valid" in thing else None
        parts = [thing[part] for part in thing]
    else:
        assert thing.dtype.str == {"int64": "<i8", "float64": "<f8", "bool": "|u1", "vector": "<f4"}[kind], name
        assert thing.ndim == (2 if kind == "vector" else 1), name
        values = [value.tobytes() for value in thing[:]]
        valid = columns[name + ".valid"][:] if name + ".valid" in columns else None
        parts = [thing]
    for part in parts:
        assert part.chunks is None and not part.compression, name
    if valid is not None:
        assert len(valid) == len(values) and 0 in valid, name
        values = [value if there else None for value, there in zip(values, valid)]
    exact = attribute(thing, "name") if "name" in thing.attrs else name
    exact = "" if name == "%" else exact
    assert name == "%" or unquote(name) == exact, (name, exact)
    return exact, kind, values


def value_bytes(kind, value):
    if kind in ("utf8", "json"):
        return value.encode()
    if kind == "vector":
        return struct.pack("<%df" % len(value), *value)
    if kind == "bool":
        return b"\1" if value else b"\0"
    return struct.pack("<q", value) if kind == "int64" else struct.pack("<d", float(value))


def main():
    path, expected_path, split = sys.argv[1:]
    with open(expected_path, encoding="utf-8", newline="\n") as lines:
        schema, *documents = [json.loads(line) for line in lines]
    with h5py.File(path, "r") as shard:
        assert list(shard.attrs) == sorted(shard.attrs)
        assert attribute(shard, "format") == "shardmill.text"
        assert shard.attrs["format_version"] == 1
        assert attribute(shard, "split") == split, attribute(shard, "split")
        assert shard.attrs["n_documents"] == len(documents)
        names = [name for name in shard["columns"] if not name.endswith(".valid")]
        columns = sorted(read_column(shard["columns"], name) for name in names)
        stated = attribute(shard, "logical_digest")
    columns.sort(key=lambda column: column[0].encode())
    assert {name: kind for name, kind, _ in columns} == schema, (columns, schema)
    digest = hashlib.sha256()
    for row, document in enumerate(documents):
        for name, kind, values in columns:
            value = values[row]
            wanted = value_bytes(kind, document[name]) if name in document else None
            assert value == wanted, (row, name, value, wanted)
            present = b"\0" if value is None else b"\1"
            for part in (name.encode(), kind.encode(), present, value or b""):
                digest.update(field(part))
    assert digest.hexdigest() == stated, (digest.hexdigest(), stated)
    print("ok", stated)


try:
    main()
except AssertionError as error:
    import traceback

    traceback.print_exc(file=sys.stdout)
    sys.exit(1)
