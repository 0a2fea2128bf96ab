"""What the dataset is made of: file versions, ordinals, epochs, and the columns of each epoch."""

import re


class Catalogue:
    """Grows night by night. files[ordinal] = {source, relative, content, epoch, tombstone}."""

    def __init__(self):
        self.files, self.epoch, self.columns = [], 0, {}

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
