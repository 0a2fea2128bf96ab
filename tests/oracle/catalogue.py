"""What the dataset is made of: file versions, ordinals, epochs, and the columns of each epoch."""

import re


class Catalogue:
    """Grows night by night. files[ordinal] = {source, relative, content, epoch, tombstone}."""

    def __init__(self):
        self.files, self.epoch, self.columns, self.compacted = [], 0, {}, 0

    def update(self, listing):
        """listing: [(source name, relative path, content)] in (position of the source, path) order."""
        current = {(f["source"], f["relative"]): f for f in self.files if not f["tombstone"]}
        new = []
        for source, relative, content in listing:
            old = current.pop((source, relative), None)
            if old is not None and old["content"] == content:
                continue
            if old is not None:
                old["tombstone"] = True
            new.append((source, relative, content))
        for vanished in current.values():
            vanished["tombstone"] = True
        if new:
            self.epoch += 1
        for source, relative, content in new:
            self.files.append({"source": source, "relative": relative, "content": content,
                               "epoch": self.epoch, "tombstone": False})

    def decide_columns(self, epoch, documents):
        """Types of an epoch's columns, from all its readable records; decided once."""
        if epoch in self.columns:
            return
        seen = {}
        for document in documents:
            for name, raw in document["fields"].items():
                seen.setdefault(name, set()).add(kind(raw))
        types = {name: type_of(kinds) for name, kinds in seen.items()}
        types.update(id="utf8", source="utf8", text="utf8")
        self.columns[epoch] = dict(sorted(types.items(), key=lambda item: item[0].encode()))


    def shard_epoch(self, epoch):
        """Epochs up to `compacted` are published as one, under its number."""
        return max(epoch, self.compacted)

    def shard_columns(self):
        """{number: columns}; of epochs that are one a type that holds what all have that have files still."""
        alive, merged = {f["epoch"] for f in self.files if not f["tombstone"]}, {}
        for epoch, types in self.columns.items():
            if epoch > self.compacted or epoch in alive:
                for name, type_ in types.items():
                    merged.setdefault(self.shard_epoch(epoch), {}).setdefault(name, set()).add(KINDS_OF[type_])
        return {epoch: {name: type_of(merged[epoch][name]) for name in sorted(merged[epoch], key=str.encode)} for epoch in merged}


KINDS_OF = {"bool": "bool", "int64": "int", "float64": "float", "utf8": "string", "json": "other", "vector": "vector"}


def kind(raw):
    if isinstance(raw, bytes):
        return "vector"
    if raw in ("true", "false"):
        return "bool"
    if raw[0] == '"':
        return "string"
    if re.fullmatch(r"-?\d+", raw):
        return "int" if -(2**63) <= int(raw) < 2**63 else "other"
    return "other" if raw[0] in "[{" else "float"


def type_of(kinds):
    return {frozenset(["bool"]): "bool", frozenset(["int"]): "int64",
            frozenset(["float"]): "float64", frozenset(["int", "float"]): "float64",
            frozenset(["string"]): "utf8", frozenset(["vector"]): "vector"}.get(frozenset(kinds), "json")
