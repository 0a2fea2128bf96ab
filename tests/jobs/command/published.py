"""Published shards read, and forged, with h5py: links no code of ours.

Knows the format from its description: docs of a shard are `/columns/<name>`, numbers as datasets,
texts as groups of bytes and offsets.
"""

import hashlib
import json
import struct

import h5py
import numpy


def attribute(thing, name):
    value = thing.attrs[name]
    return value.decode() if isinstance(value, bytes) else value


def columns_of(shard):
    """[(name, type, [value bytes or None])], by name."""
    columns, found = shard["columns"], []
    for name in columns:
        if name.endswith(".valid"):
            continue
        thing = columns[name]
        kind = attribute(thing, "type")
        if isinstance(thing, h5py.Group):
            data, ends = thing["bytes"][:].tobytes(), thing["offsets"][:]
            values = [data[a:b] for a, b in zip(ends[:-1], ends[1:])]
            valid = thing.get("valid")
        else:
            values = [value.tobytes() for value in thing[:]]
            valid = columns.get(name + ".valid")
        if valid is not None:
            values = [value if there else None for value, there in zip(values, valid[:])]
        found.append((attribute(thing, "name") if "name" in thing.attrs else name, kind, values))
    return sorted(found, key=lambda column: column[0].encode())


def decoded(kind, value):
    if value is None:
        return None
    if kind in ("utf8", "json"):
        return value.decode()
    if kind == "bool":
        return value == b"\1"
    return struct.unpack("<q" if kind == "int64" else "<d", value)[0]


def read(path):
    """(split, [row as a dict; json columns as JSON text; absent columns left out])"""
    with h5py.File(path, "r") as shard:
        columns = columns_of(shard)
        rows = [{name: decoded(kind, values[i]) for name, kind, values in columns
                 if values[i] is not None} for i in range(shard.attrs["n_documents"])]
        return attribute(shard, "split"), rows


def logical_digest(shard):
    return digest_of(columns_of(shard), shard.attrs["n_documents"])


def digest_of(columns, n):
    digest = hashlib.sha256()
    for row in range(n):
        for name, kind, values in columns:
            value = values[row]
            for part in (name.encode(), kind.encode(), bytes([value is not None]), value or b""):
                digest.update(struct.pack("<Q", len(part)) + part)
    return digest.hexdigest()


def tables(snapshot, folder):
    """{path: (split, rows)} of all shards below a folder, by path."""
    paths = sorted(str(p.relative_to(snapshot)) for p in (snapshot / folder).rglob("*.h5"))
    return {path: read(snapshot / path) for path in paths}


def set_text(shard, column, row, value):
    """Overwrites a text of the same length."""
    group = shard["columns"][column]
    begin, end = (int(x) for x in group["offsets"][row : row + 2])
    assert end - begin == len(value.encode()), (column, row, end - begin, value)
    group["bytes"][begin:end] = list(value.encode())


def take_text(shard, column, row):
    """Makes a text absent, in a column where another one is."""
    group = shard["columns"][column]
    begin, end = (int(x) for x in group["offsets"][row : row + 2])
    data = group["bytes"][:]
    del group["bytes"]
    group["bytes"] = numpy.delete(data, range(begin, end))
    group["offsets"][row + 1 :] -= end - begin
    group["valid"][row] = 0


def set_number(shard, column, row, value):
    shard["columns"][column][row] = value


def state_digest(shard, digest):
    kept_type = shard.attrs.get_id("logical_digest").dtype
    shard.attrs.modify("logical_digest", digest.encode())
    assert shard.attrs.get_id("logical_digest").dtype == kept_type
    return digest


def documents_path(path):
    return "token_documents" + path.removeprefix("tokens")


def token_columns(shard, documents):
    """What the logical digest of a token shard is over, of either layout."""
    columns, data = {name: (name, kind, values) for name, kind, values in columns_of(documents)}, shard["data"][:]
    begins, lengths = ([struct.unpack("<q", value)[0] for value in columns[name][2]] for name in ("begin", "tokens"))
    if data.ndim == 1:
        ids = [data[begin:begin + n].tobytes() for begin, n in zip(begins, lengths)]
        return [columns[name] for name in ("copy", "id", "key", "source")] + [("tokens", "utf8", ids)]
    length = data.shape[2]
    cells = [data[begin // length, :, begin % length:][:, :n].tobytes() if n else b"" for begin, n in zip(begins, lengths)]
    return sorted([*columns.values(), ("cells", "utf8", cells)])


def sign(snapshot, path=None):
    """Makes the digests of a changed shard and of the dataset right again; of a token shard also those of its files."""
    manifest = json.loads((snapshot / "manifest.json").read_text())
    for record in manifest["shards"]:
        if record["path"] == path:
            with h5py.File(snapshot / path, "r+") as shard:
                digest = logical_digest(shard) if "columns" in shard else None
                if digest is None:
                    with h5py.File(snapshot / documents_path(path), "r+") as documents:
                        state_digest(documents, logical_digest(documents))
                        digest = digest_of(token_columns(shard, documents), documents.attrs["n_documents"])
                record["logical_digest"] = state_digest(shard, digest)
            for file in [record, *record.get("files", [])]:
                raw = (snapshot / file["path"]).read_bytes()
                file.update(bytes=len(raw), sha256=hashlib.sha256(raw).hexdigest())
    lines = sorted((r["path"] + "\0" + r["logical_digest"] + "\n").encode()
                   for r in manifest["shards"])
    manifest["logical_digest"] = hashlib.sha256(b"".join(lines)).hexdigest()
    (snapshot / "_SUCCESS").write_text(manifest["logical_digest"] + "\n")
    (snapshot / "manifest.json").write_text(json.dumps(manifest))
