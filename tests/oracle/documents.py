"""Input files to documents: which records there are, their ids, fields and quarantine reasons."""

import gzip
import io
import json
import re

import h5py
import numpy
import zstandard

from hashes import hash128_hex, utf8

JSON_SPACE = " \t\n\r"
DECODER = json.JSONDecoder(parse_constant=lambda name: _refuse(name))
RESERVED = ("id", "source", "text")


def _refuse(name):
    raise ValueError(name)


class FileFailure(Exception):
    """A file that cannot be read as a whole: nothing of it counts."""


def decode(raw):
    """The decoded stream of a file, compressed or not (by content, not by name)."""
    try:
        if raw[:2] == b"\x1f\x8b":
            return gzip.decompress(raw)
        if raw[:4] == b"\x28\xb5\x2f\xfd":
            reader = zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True)
            return reader.read()
    except Exception as error:
        raise FileFailure(str(error)) from error
    return raw


def top_level(line):
    """(name, raw JSON text, value) of each member of the object in `line`; ValueError if none."""
    json.loads(line, parse_constant=_refuse)  # the whole line must be one JSON value

    def skip(i):
        while line[i] in JSON_SPACE:
            i += 1
        return i

    i = skip(0)
    if line[i] != "{":
        raise ValueError("not an object")
    members, i = [], skip(i + 1)
    while line[i] != "}":
        name, i = DECODER.raw_decode(line, i)
        start = skip(skip(i) + 1)  # over the colon
        value, end = DECODER.raw_decode(line, start)
        members.append((name, line[start:end], value))
        i = skip(end)
        if line[i] == ",":
            i = skip(i + 1)
    return members


def number_fits(raw):
    if re.fullmatch(r"-?\d+", raw):
        return -(2**63) <= int(raw) < 2**64
    return float(raw) not in (float("inf"), float("-inf"))


def readable(value):
    """No lone surrogates, no numbers outside what int64, uint64 and float64 hold."""
    if isinstance(value, str):
        value.encode("utf-8")
    elif isinstance(value, dict):
        return all(readable(k) and readable(v) for k, v in value.items())
    elif isinstance(value, list):
        return all(readable(v) for v in value)
    elif isinstance(value, int) and not isinstance(value, bool):
        return -(2**63) <= value < 2**64
    elif isinstance(value, float):
        return value not in (float("inf"), float("-inf"))
    return True


def parse_record(line, columns):
    """(id or None, text, fields) of one record, or raises ValueError(reason)."""
    try:
        members = top_level(line)
        if not all(readable(name) and readable(value) for name, _, value in members):
            raise ValueError("number out of range")
    except (ValueError, RecursionError) as error:
        raise ValueError("invalid_json") from error
    column_of = {field: column for column, field in columns.items()}
    found = {}
    for name, raw, value in members:
        if name in column_of:
            column = column_of[name]
        elif name in RESERVED and (name == "source" or name in columns):
            column = "field." + name
        else:
            column = name
        found[column] = (raw, value)  # the last one wins
    found = {column: pair for column, pair in found.items() if pair[1] is not None}
    if "text" not in found:
        raise ValueError("missing_text")
    text = found.pop("text")[1]
    if not isinstance(text, str):
        raise ValueError("text_not_string")
    raw, value = found.pop("id", (None, None))
    id_ = value if isinstance(value, str) else raw
    return id_, text, {column: pair[0] for column, pair in found.items()}


def csv_records(stream, separator):
    """(offset, bytes, values, whether quoting is right) of each record of RFC 4180; a value is
    (bytes, whether it was in quotes). Records may end with LF too; empty lines are none."""
    value = re.compile(rb'(?:"((?:[^"]|"")*)"(?!"))?([^%s\n]*)(%s|\n|\Z)' % (separator, separator))
    at = 3 if stream.startswith(b"\xef\xbb\xbf") else 0
    begin, values, right = at, [], True
    while at < len(stream) or values:
        found = value.match(stream, at)
        quoted, rest, end = found.groups()
        if quoted is None and rest.startswith(b'"'):
            raise FileFailure("a quote is not closed")
        if end != separator and rest.endswith(b"\r"):
            rest = rest[:-1]
        right = right and (quoted is None or not rest)
        values.append((rest if quoted is None else quoted.replace(b'""', b'"'), quoted is not None))
        at = found.end()
        if end != separator:
            if values != [(b"", False)]:
                yield begin, at - begin - len(end), values, right
            begin, values, right = at, [], True


def csv_json(value, quoted, kind):
    """The JSON of one value, None for null; kind is of `types`, or "text" for the text field."""
    text = value.decode("utf-8", "surrogateescape")
    number = re.fullmatch(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?", text)
    finite = number and float(text) not in (float("inf"), float("-inf"))
    number, whole = number and number_fits(text), number and not (number[2] or number[3])
    boolean = text in ("true", "false")
    if not value and not quoted and kind != "text":
        return None
    if kind in ("text", "utf8") or kind is None and (quoted or not (number or boolean)):
        return json.dumps(text, ensure_ascii=False)
    if not {None: True, "float64": finite, "bool": boolean,
            "int64": number and whole and int(text) < 2**63}[kind]:
        raise ValueError("wrong_type")
    return text + ".0" if kind == "float64" and whole else text


def csv_lines(stream, source, is_table=False):
    """(offset, the record as a line of JSON or the reason why it is none) of each record. Rows of a
    table have no text."""
    records = csv_records(stream, b"\t" if source["format"] == "tsv" else b",")
    limit = source.get("max_record", 16 << 20)
    kinds = dict(source.get("types", {}))
    if not is_table:
        kinds[source.get("columns", {}).get("text", "text")] = "text"
    names = None
    for offset, length, values, right in list(records):  # all: a quote may not be closed
        try:
            if length > (limit if names else min(limit, 1 << 20)):
                raise ValueError("too_long")
            if not right:
                raise ValueError("invalid_csv")
            if names is None:
                header = [valid_utf8(value) or "column.%d" % (i + 1) for i, (value, _) in enumerate(values)]
                if (len(set(header)) < len(header) or any("\r" in name for name in header)
                        or not set(source.get("types", {})) <= set(header)):
                    raise ValueError("names")
                names = header
                continue
            if len(values) != len(names):
                raise ValueError("ragged")
            line, size = [], 1
            for name, (value, quoted) in zip(names, values):
                value = csv_json(value, quoted, kinds.get(name))
                if value is not None:
                    line.append("%s:%s" % (json.dumps(name, ensure_ascii=False), value))
                    size += len(line[-1].encode("utf-8", "surrogateescape")) + 1
                if max(size, 2) > limit:
                    raise ValueError("too_long")
            line = ("{%s}" % ",".join(line)).encode("utf-8", "surrogateescape")
            yield offset, line
        except ValueError as error:
            if names is None:
                raise FileFailure("the header: %s" % error) from error
            yield offset, str(error)


def hdf5_json(value):
    """The JSON of one value, None for null."""
    if isinstance(value, numpy.ndarray):
        if not numpy.isfinite(value).all():
            raise ValueError("wrong_type")
        return "[%s]" % ",".join("%g" % x for x in value)  # as short as it reads back: of few digits
    if isinstance(value, bytes):
        return json.dumps(value.decode("utf-8", "surrogateescape"), ensure_ascii=False)
    if isinstance(value, numpy.bool_):
        return "true" if value else "false"
    if isinstance(value, numpy.floating) and numpy.isinf(value):
        raise ValueError("wrong_type")
    return None if numpy.isnan(value) else repr(value.item())


def hdf5_lines(raw, source):
    """(row, the row as a line of JSON or the reason why it is none): one-dimensional datasets of
    equal length are columns, and floats of two dimensions."""
    limit, wanted = source.get("max_record", 16 << 20), source.get("fields")
    try:
        with h5py.File(io.BytesIO(raw), "r") as file:
            columns = {name: item[:] for name, item in file[source.get("group", "/")].items()
                       if isinstance(item, h5py.Dataset) and (not wanted or name in wanted)}
    except Exception as error:
        raise FileFailure(str(error)) from error
    if (len({len(values) for values in columns.values()}) != 1 or set(wanted or ()) - set(columns)
            or any(values.dtype.kind not in ("SObiuf" if values.ndim == 1 else "f") or values.ndim > 2
                   or values.shape[1:] == (0,) for values in columns.values())):
        raise FileFailure("no table")
    for row in range(len(next(iter(columns.values())))):
        try:
            line, size = [], 1
            for name, values in sorted(columns.items(), key=lambda item: utf8(item[0])):
                value = hdf5_json(values[row])
                if value is not None:
                    line.append("%s:%s" % (json.dumps(name, ensure_ascii=False), value))
                    size += len(line[-1].encode("utf-8", "surrogateescape")) + 1
                if max(size, 2) > limit:
                    raise ValueError("too_long")
            yield row, ("{%s}" % ",".join(line)).encode("utf-8", "surrogateescape")
        except ValueError as error:
            yield row, str(error)


def made_id(source, relative, text):
    return hash128_hex(utf8(source) + b"\0" + utf8(relative) + b"\0" + utf8(text))


def read_file(source, relative, ordinal, raw):
    """All documents of a file and [(offset, reason)] of what could not be read."""
    table = source.get("format") == "hdf5"
    stream, documents, quarantined = raw if table else decode(raw), [], []

    def add(offset, id_, text, fields):
        made = id_ is None
        documents.append({"key": (ordinal, offset), "id": made_id(source["name"], relative, text) if made else id_,
                          "has_id": not made, "source": source["name"], "text": text, "fields": fields})

    skip = 3 if stream.startswith(b"\xef\xbb\xbf") else 0
    limit = source.get("max_record", 16 << 20)
    if source.get("format", "jsonl") == "text":
        body = stream[skip:]
        if not body:
            return documents, quarantined
        try:
            if len(body) > limit:
                raise ValueError("too_long")
            if b"\0" in body[: 8 << 10]:
                raise ValueError("binary")
            if b"\0" in body:
                raise ValueError("invalid_utf8")
            add(0, None, valid_utf8(body), {})
        except ValueError as error:
            quarantined.append((0, str(error)))
        return documents, quarantined

    if table or source.get("format") in ("csv", "tsv"):
        for offset, line in (hdf5_lines if table else csv_lines)(stream, source):
            try:
                if isinstance(line, str):
                    raise ValueError(line)
                add(offset, *parse_record(valid_utf8(line), source.get("columns", {})))
            except ValueError as error:
                quarantined.append((offset, str(error)))
        return documents, quarantined

    offset = 0
    for line in stream.split(b"\n"):
        body = line[skip:] if offset == 0 else line
        if body.strip(JSON_SPACE.encode()):
            try:
                if len(body) > limit:
                    raise ValueError("too_long")
                add(offset, *parse_record(valid_utf8(body), source.get("columns", {})))
            except ValueError as error:
                quarantined.append((offset, str(error)))
        offset += len(line) + 1
    return documents, quarantined


def valid_utf8(data):
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError("invalid_utf8") from error
