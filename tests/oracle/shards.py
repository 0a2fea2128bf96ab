"""From decided documents to published tables: order, tries, bytes, digests."""

import hashlib
import json
import struct

from hashes import place, utf8

LEDGER_COLUMNS = {"cluster": "utf8", "detector": "utf8", "fate": "utf8", "id": "utf8", "key": "utf8",
                  "reason": "utf8", "score_den": "int64", "score_num": "int64", "source": "utf8",
                  "span_begin": "int64", "span_end": "int64", "step": "utf8", "witness": "utf8",
                  "witness_key": "utf8"}


def ledger_columns(with_groups):
    """`group` is there when the job ties documents by columns."""
    return dict(sorted((LEDGER_COLUMNS | ({"group": "utf8"} if with_groups else {})).items()))


CLUSTER_COLUMNS = {"cluster": "utf8", "id": "utf8", "kept": "int64", "size": "int64", "sources": "json"}


def typed(raw, column_type):
    """The published value of a field that was `raw` JSON text in the input."""
    if raw is None:
        return None
    if column_type in ("json", "vector"):
        return raw
    value = json.loads(raw)
    return float(value) if column_type == "float64" else value


def shards(rows, seed, shard_size):
    """{prefix: rows in order}: leaves of the binary trie over the bits of place(id).

    rows: [(id, order, {column: value}, bytes)], `order` breaking ties of one id; with a column `copy` by place(id, copy).
    """
    placed = sorted(((place(seed, row[0], row[2].get("copy") or 0), utf8(row[0]), row[1]), row) for row in rows)
    leaves = {}

    def split(members, depth):
        places = {key[0] for key, _ in members}
        if len(places) > 1 and sum(row[3] for _, row in members) > shard_size:
            for bit in (0, 1):
                split([m for m in members if m[0][0] >> (63 - depth) & 1 == bit], depth + 1)
        elif members:
            prefix = format(members[0][0][0], "064b")[:depth] or "r"
            leaves[prefix] = [row[2] for _, row in members]

    split(placed, 0)
    return leaves


def size_of(value):
    return len(value if isinstance(value, bytes) else utf8(value))


def value_bytes(value, column_type):
    if value is None:
        return b""
    if column_type == "vector":
        return value
    if column_type in ("utf8", "json"):
        return value if isinstance(value, bytes) else utf8(value)
    return {"int64": lambda: struct.pack("<q", value), "float64": lambda: struct.pack("<d", value),
            "bool": lambda: bytes([value])}[column_type]()


def row_bytes(row, columns):
    return sum(len(value_bytes(row.get(name), t)) for name, t in columns.items())


def logical_digest(rows, columns):
    digest = hashlib.sha256()
    for row in rows:
        for name in sorted(columns, key=utf8):
            value = row.get(name)
            for field in (utf8(name), utf8(columns[name]), bytes([value is not None]),
                          value_bytes(value, columns[name])):
                digest.update(struct.pack("<Q", len(field)) + field)
    return digest.hexdigest()


def dataset_digest(digest_of_path):
    lines = [utf8(path) + b"\0" + utf8(digest) + b"\n" for path, digest in digest_of_path.items()]
    return hashlib.sha256(b"".join(sorted(lines))).hexdigest()
