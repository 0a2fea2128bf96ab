"""aggregate: one row for each key of the documents, in a table of its own."""

from catalogue import kind
from join import as_text, document_value


def columns_of(settings, seen_float):
    """The table's columns: parts of the key as text, and values by what they count."""
    types = {name: "utf8" for name in by(settings)}
    for name, value in settings["values"].items():
        how = value.split(":")[0]
        types[name] = ("int64" if how in ("count", "distinct") or how != "mean" and not seen_float[name]
                       else "float64")
    return dict(sorted(types.items(), key=lambda item: item[0].encode()))


def by(settings):
    return [settings["by"]] if isinstance(settings["by"], str) else settings["by"]


def number(raw):
    """The value of a JSON number, an int where int64 holds it; None for anything else."""
    if raw is None or kind(raw) not in ("int", "float"):
        return None
    return int(raw) if kind(raw) == "int" else float(raw)


def aggregate(documents, settings):
    """(columns, [(id, row)]); documents in the order of their keys. The id places the row."""
    values = {name: (value + ":").split(":")[:2] for name, value in settings["values"].items()}
    numbers = {name: [number(document_value(d, column)) for d in documents]
               for name, (how, column) in values.items() if how in ("sum", "min", "max", "mean")}
    seen_float = {name: any(isinstance(n, float) for n in all_) for name, all_ in numbers.items()}
    groups = {}
    for i, document in enumerate(documents):
        key = tuple(as_text(document_value(document, column)) for column in by(settings))
        groups.setdefault(key, []).append(i)
    rows = []
    for key, members in groups.items():
        row = dict(zip(by(settings), key))
        for name, (how, column) in values.items():
            if how == "count":
                row[name] = len(members)
            elif how == "distinct":
                row[name] = len({as_text(document_value(documents[i], column)) for i in members} - {None})
            else:
                some = [numbers[name][i] for i in members if numbers[name][i] is not None]
                row[name] = folded(how, some, seen_float[name]) if some else None
        rows.append((row_id(key), row))
    return columns_of(settings, seen_float), rows


def row_id(key):
    """By which a row of a made table is placed: the parts of its key."""
    return "".join("-" if part is None else "%d:%s" % (len(part.encode()), part) for part in key)


def folded(how, numbers, as_float):
    """One number at a time, in the order of the documents."""
    if as_float:
        numbers = [float(n) for n in numbers]
    if how in ("min", "max"):
        return min(numbers) if how == "min" else max(numbers)
    total = numbers[0]
    for n in numbers[1:]:
        total += n
    if how == "sum" and not as_float and not -(2**63) <= total < 2**63:
        raise OverflowError
    if total in (float("inf"), float("-inf")):
        raise OverflowError
    return float(total) / float(len(numbers)) if how == "mean" else total
