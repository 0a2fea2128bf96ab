"""What differs between two snapshots, from their published rows alone.

Documents of one id are told apart by what they hold, not by where they were read: those that both
snapshots have, in source and values, are taken away first. What is left is paired in order; a pair
has changed, and what has no partner was added or removed.
"""

import json
from collections import Counter

from hashes import hash128_hex, utf8


def plain(kind, value):
    """A value whatever the type that its epoch gave the column: 1 is the same as 1.0."""
    if kind == "float64" and value == int(value) and abs(value) < 2**53:
        return str(int(value))
    return value if kind in ("json", "vector") else json.dumps(value, ensure_ascii=False)


def documents(tables):
    """{id: [(source, split, values)]}; absent values are none, whatever the columns."""
    found = {}
    for path, (columns, rows) in tables.items():
        if path.startswith("text/"):
            for row in rows:
                values = tuple((name, plain(columns[name], value)) for name, value in sorted(row.items())
                               if value is not None and name != "source")
                found.setdefault(row["id"], []).append((row["source"], path.split("/")[1], values))
    return found


def drops(tables):
    """{id: [(key, step, reason)]} in the order of keys; ids of excluded documents are hashes."""
    found = {}
    for path, (_, rows) in tables.items():
        if path.startswith("ledger/"):
            for row in rows:
                if row["fate"] == "dropped":
                    key = tuple(map(int, row["key"].split(":")))
                    found.setdefault(row["id"], Counter())[key, row["step"], row["reason"]] += 1
    return found


def reasons(id_, here, there):
    """Why documents of an id were dropped here that were not there, first keys first."""
    of = lambda tables: tables.get(id_, Counter()) + Counter(
        {drop: n for drop, n in tables.get(hash128_hex(utf8(id_)), Counter()).items() if drop[1] == "exclude"})
    return [step + ": " + reason for _, step, reason in sorted((of(here) - of(there)).elements())]


def difference(before, after):
    """Of added and removed documents {source: {reason: n}}, of changed ones {source: n}, of those that
    moved {split before: {split after: n}}."""
    found = {"added": {}, "removed": {}, "changed": {}, "moved": {}}

    def count(what, group, reason):
        counts = found[what].setdefault(group, {})
        counts[reason] = counts.get(reason, 0) + 1

    old, new, dropped_before, dropped_after = documents(before), documents(after), drops(before), drops(after)
    for id_ in sorted(set(old) | set(new)):
        a, b = Counter(old.get(id_, ())), Counter(new.get(id_, ()))
        a, b = sorted((a - b).elements()), sorted((b - a).elements())
        # The same document in another split comes before another document in the same place.
        for document in list(a):
            same = next((d for d in b if (d[0], d[2]) == (document[0], document[2])), None)
            if same:
                a.remove(document), b.remove(same)
                count("moved", document[1], same[1])
        pairs = list(zip(a, b))
        for document, other in pairs:
            found["changed"][other[0]] = found["changed"].get(other[0], 0) + 1
            if document[1] != other[1]:
                count("moved", document[1], other[1])
        gone = reasons(id_, dropped_after, dropped_before)
        for i, document in enumerate(a[len(pairs):]):
            count("removed", document[0], gone[i] if i < len(gone) else "not in the input")
        come = reasons(id_, dropped_before, dropped_after)
        for i, document in enumerate(b[len(pairs):]):
            count("added", document[0], come[i] if i < len(come) else "new")
    return found
