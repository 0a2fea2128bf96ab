"""join: documents meet the rows of a table that have the same key."""

import json

from catalogue import KINDS_OF, kind, type_of
from documents import FileFailure, csv_lines, decode, readable, top_level, valid_utf8



class TableFailure(Exception):
    """A table that cannot be read, lacks a column, answers with several rows, or has none and drops all: exit code 4."""


def as_text(raw):
    """How a value is compared: a string by its content, anything else by its JSON text."""
    return None if raw in (None, "null") else json.loads(raw) if raw[0] == '"' else raw


def added_and_read(steps):
    """The columns that aggregates read and joins before them add, which are there only when documents
    are published. (The random jobs let no other step read a name that a join adds.)"""
    added, read = set(), set()
    for name, settings in steps:
        if name == "join":
            added |= set(names(settings.get("columns", [])))
        elif name == "aggregate":
            columns = list(names(settings["by"])) + [v.split(":")[1] for v in settings["values"].values() if ":" in v]
            read |= added & set(columns)
    return read


def table_of(settings, job, reads="with"):
    """What is read: the setting names one of the job's tables or files."""
    return job.get("tables", {}).get(settings[reads]) or {"read": settings[reads], **settings}


def names(setting):
    """{document's: table's}; a name alone stands for both."""
    if isinstance(setting, dict):
        return setting
    return {name: name for name in ([setting] if isinstance(setting, str) else setting)}


def key_of(values):
    """The text of each part; None when a part is absent or null: such a row meets nothing."""
    parts = tuple(map(as_text, values))
    return None if None in parts else parts


def document_value(document, column):
    """JSON text, None when absent."""
    own = column in ("id", "source", "text")
    return json.dumps(document[column]) if own else document["fields"].get(column)


def table_rows(files, settings):
    """The fields (name -> JSON text) of all rows; files: contents in the order of their paths."""
    for content in files:
        try:
            stream, source = decode(content), {"format": "jsonl"} | settings
            if source["format"] == "jsonl":
                lines = [(0, line) for line in stream.removeprefix(b"\xef\xbb\xbf").split(b"\n")]
            else:
                lines = csv_lines(stream, source, is_table=True)
            for _, line in lines:
                if isinstance(line, str):
                    raise ValueError(line)
                if line.strip(b" \t\r\n"):
                    members = top_level(valid_utf8(line))
                    if not all(readable(name) and readable(value) for name, _, value in members):
                        raise ValueError("number out of range")
                    last = {name: raw for name, raw, _ in members}  # of several the last
                    yield {name: raw for name, raw in last.items() if raw != "null"}
        except (FileFailure, ValueError, RecursionError) as error:
            raise TableFailure(str(error)) from error


def join(documents, files, table, settings, known):
    """files: contents of the table's files in the order of their paths; table: how they are read.
    (drops [(document, reason)], {document's key: (rows, {column: JSON text})}, {column: kinds}).
    known: the columns of the documents; {} when there are no documents at all."""
    on, columns = names(settings["on"]), names(settings.get("columns", {}))
    how, several = settings.get("kind", "left"), settings.get("multiplicity", "error")
    table = list(table_rows(files, table))
    for column in on:
        if known and column not in known:
            raise TableFailure("no document has the column %s" % column)
    for column in [*on.values(), *columns.values()]:
        if table and not any(column in row for row in table):
            raise TableFailure("no row has a value in column %s" % column)
    rows_of, kinds = {}, {column: set() for column in columns}
    for row in table:
        key = key_of(map(row.get, on.values()))
        if key is not None:
            rows_of.setdefault(key, []).append(row)
        for column, theirs in columns.items():
            if theirs in row:
                kinds[column].add(kind(row[theirs]) if several != "all" else "other")
    if not rows_of and how in ("inner", "semi"):
        raise TableFailure("no row has a key, so every document would be dropped")
    drops, joined = [], {}
    for document in documents:
        rows = rows_of.get(key_of(document_value(document, column) for column in on), [])
        if how == "anti" and rows:
            drops.append((document, "match"))
        if how in ("inner", "semi") and not rows:
            drops.append((document, "no_match"))
        if how in ("anti", "semi") or not rows:
            continue
        if len(rows) > 1 and several == "error":
            raise TableFailure("several rows have the key of document %s" % document["id"])
        if several == "all":
            found = {column: "[%s]" % ",".join(row.get(theirs, "null") for row in rows)
                     for column, theirs in columns.items()}
        else:
            found = {column: rows[0][theirs] for column, theirs in columns.items()
                     if theirs in rows[0]}
        joined[document["key"]] = (len(rows), found)
    return drops, joined, kinds


def merge_columns(types, kinds, settings):
    """The columns of an epoch with those of the table: a type that holds both."""
    merged = dict(types)
    for column, seen in kinds.items():
        if column in types:
            if settings.get("on_conflict", "error") == "error":
                raise ValueError("column %s is there already" % column)
            seen = seen | {KINDS_OF[types[column]]}
        merged[column] = type_of(seen) if seen else "utf8"
    return dict(sorted(merged.items(), key=lambda item: item[0].encode()))


def merge_fields(fields, joined, settings):
    """left: what the document has stays; right: what the table has comes."""
    return joined | fields if settings.get("on_conflict") == "left" else fields | joined
