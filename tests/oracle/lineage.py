"""group_by of a split: documents that share a value of a column lie in one split."""

import json

import join
from catalogue import kind


def columns(setting):
    return [setting] if isinstance(setting, str) else setting


def added_by_a_join(steps):
    added = set().union(*(join.names(s.get("columns", [])) for n, s in steps if n == "join"))
    return added & {c for n, s in steps if n == "split" for c in columns(s.get("group_by", []))}


def value(raw):
    """What is compared; None ties nothing. The same whether a column is published as text, int64,
    float64 or JSON: a string by its content, a whole number by its digits, another number by its
    float64, and anything else by its JSON text."""
    if raw in (None, "null", '""'):
        return None
    if kind(raw) == "float":
        number = float(raw)
        whole = number.is_integer() and -(2**63) <= number < 2**63
        return str(int(number)) if whole else number
    return str(int(raw)) if kind(raw) == "int" else join.as_text(raw)


def edges(documents, group_by):
    """(first document of a value, each of its documents), by key."""
    first, found = {}, []
    for column in group_by:
        for document in sorted(documents, key=lambda d: d["key"]):
            tie = value(join.document_value(document, column))
            if tie is not None:
                found.append((first.setdefault((column, tie), document["key"]), document["key"]))
    return found
