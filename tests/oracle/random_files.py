"""Random catalogues for the main test, and the tables that steps read: small, nasty, reproducible from a
seed."""

import gzip
import io
import json
import random

import h5py
import numpy
import zstandard

from join import table_of

LETTERS = ["a", "é", "e\u0301", "ß", "Ω", "中", "文", "ก", "́", "—", "“", "1", "٣", "İ", "ﬁ", "\u00ad", "\u200d"]


class RandomFiles:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.vocabulary = [self._word() for _ in range(self.random.randint(5, 60))]
        self.vocabulary += ["<|endoftext|>"] * (self.random.random() < 0.3)
        self.texts, self.serial = [], 0
        self.vectors, self.dimensions = [], self.random.randint(1, 4)

    # -- documents -----------------------------------------------------------------------------
    def _word(self):
        r = self.random
        if r.random() < 0.8:
            return "".join(r.choice("abcdefgXYZ") for _ in range(r.randint(1, 5)))
        return "".join(r.choice(LETTERS) for _ in range(r.randint(1, 3)))

    def text(self):
        r = self.random
        if self.texts and r.random() < 0.25:
            return r.choice(self.texts)
        if self.texts and r.random() < 0.45:
            words = r.choice(self.texts).split(" ")
            for _ in range(r.randint(1, 3)):
                words[r.randrange(len(words))] = r.choice(self.vocabulary)
            text = " ".join(words)
        else:
            separator = r.choice([" ", " ", " ", "\n", "  ", "\t", ", "])
            text = separator.join(r.choice(self.vocabulary) for _ in range(r.choice([0, 1, 3, 8, 30, 60])))
        self.texts.append(text)
        return text

    def value(self):
        r = self.random
        return r.choice([lambda: r.randint(-5, 5), lambda: r.randint(-5, 5), lambda: r.random(),
                         lambda: r.choice(["x", "é\n", "2024-01-0%d" % r.randint(1, 9)]),
                         lambda: r.random() < 0.5, lambda: None, lambda: {"b": [1, "x"]},
                         lambda: 2**63 + r.randint(0, 9), lambda: -(2**63), lambda: 1e300])()

    def vector(self):
        """Many are near others. Now and then a value that is no vector."""
        r, n = self.random, self.dimensions
        if r.random() < 0.002:
            return r.choice(["x", 7, [], [1, "y"], [True], [1, [2]], [1, None], {"a": 1}, [1e39] * n, [1] * (n + 1)])
        if r.random() < 0.08:
            return r.choice([None, [0] * n, [-0.0] * n, [1e-46] * n, [1e-40] + [0] * (n - 1),
                             [3e38] * n, [2**63 + 1] + [0.1] * (n - 1)])
        if self.vectors and r.random() < 0.7:
            scale, far = r.choice([1, 1, 2, 1e-30]), r.choice([0, 0.01, 0.2])
            return [scale * (x + r.uniform(-far, far)) for x in r.choice(self.vectors)]
        self.vectors.append([r.choice([r.randint(-2, 2), round(r.uniform(-1, 1), 2)]) for _ in range(n)])
        return self.vectors[-1]

    def record(self):
        r = self.random
        fields = [("text", self.text())]
        self.serial += 1
        if r.random() < 0.8:
            fields.append(("id", r.choice([str(self.serial), "same", self.serial, "d/%d" % self.serial])))
        for name in ("stars", "lang", "source", "when"):
            if r.random() < 0.4:
                kind = {"stars": lambda: r.randint(0, 9), "lang": lambda: r.choice(["en", "de", "zz"]),
                        "source": lambda: "inner", "when": lambda: "2024-0%d-01" % r.randint(1, 9)}
                fields.append((name, self.value() if r.random() < 0.1 else kind[name]()))
        if r.random() < 0.65:
            fields.append(("vec", self.vector()))
        r.shuffle(fields)
        body = ", ".join("%s:%s%s" % (json.dumps(k), r.choice(["", " "]),
                                      json.dumps(v, ensure_ascii=r.random() < 0.5)) for k, v in fields)
        return ("{%s}" % body).encode()

    def broken(self):
        return self.random.choice([b'{"text": "x"', b"[1]", b'{"id": "q"}', b'{"text": 3}', b"{\xff}",
                                   b'{"text": "\\ud800"}', b'{"text":"x","n":99999999999999999999}'])

    def content(self, broken_share):
        r = self.random
        lines = [self.broken() if r.random() < broken_share else self.record()
                 for _ in range(r.choice([0, 1, 5, 20]))]
        raw = b"".join(line + r.choice([b"\n", b"\n", b"\r\n", b"\n\n"]) for line in lines)
        if r.random() < 0.2:
            raw = b"\xef\xbb\xbf" + raw
        if r.random() < 0.2 and raw:
            raw = raw.rstrip(b"\n")
        return raw

    def csv_line(self, values, separator):
        """Values in quotes where they must be, and now and then where they need not."""
        return separator.join(
            '"%s"' % value.replace('"', '""')
            if self.random.random() < 0.3 or any(c in value for c in separator + '"\n\r') else value
            for value in values).encode()

    def table(self, source, broken_share):
        """A CSV file: a header and records, now and then a wrong one."""
        r = self.random
        separator = "\t" if source["format"] == "tsv" else ","
        names = ["text"] + [name for name in ("id", "stars", "lang", "", "source") if r.random() < 0.6]
        names += [name for name in source.get("types", {}) if name not in names]
        r.shuffle(names)
        rows = [names]
        for _ in range(r.choice([0, 1, 5, 20])):
            self.serial += 1
            kind = {"text": self.text, "id": lambda: r.choice([str(self.serial), "same", "007"]),
                    "stars": lambda: str(r.randint(0, 9)), "lang": lambda: r.choice(["en", "de", "zz"])}
            other = lambda: r.choice(["", "1.5", "-0", "01", "true", "True", "1e999", "NaN", "9" * 20,
                                      str(2**63), str(2**64), "a\\b", 'a"b', "two\nlines", "two\r\n", "\x01é"])
            rows.append([other() if name not in kind or (name != "text" and r.random() < 0.1)
                         else kind[name]() for name in names])
        lines = [self.csv_line(row, separator) for row in rows]
        for i in range(1, len(lines)):
            if r.random() < broken_share:
                lines[i] = r.choice([lines[i] + separator.encode() + b"x", b'"q"z' + lines[i], b"\xff" + lines[i],
                                     b"few", b'5" disk' + lines[i]])
        raw = b"".join(line + r.choice([b"\n", b"\n", b"\r\n", b"\n\n"]) for line in lines)
        if r.random() < 0.2:
            raw = b"\xef\xbb\xbf" + raw
        if broken_share and r.random() < 0.1:
            raw += r.choice([b'"open', b'a"b', b'""', b'"x"""'])
        return raw.rstrip(b"\r\n") if r.random() < 0.2 else raw

    def hdf5(self, source, broken_share):
        """An HDF5 file: datasets of all types, now and then with a value that has no JSON."""
        r, n = self.random, self.random.choice([0, 1, 5, 20])
        text = h5py.string_dtype()

        def bad(good, value):
            return [value if r.random() < broken_share else good() for _ in range(n)]

        columns = {"text": (bad(lambda: self.text().encode(), b"\xff"), text)}
        for name, make, types in (
                ("id", lambda: r.choice(["same", "007", "é", ""]).encode(), [text, "S3"]),
                ("stars", lambda: r.randint(0, 9), ["i1", "<u2", ">i4", "u8"]),
                ("lang", lambda: r.choice([b"en", b"de", b"zz"]), [text, "S2", "S5"]),
                ("source", lambda: r.choice([2**63 + r.randint(0, 9), 1]), ["u8"]),
                ("some", lambda: r.random() < 0.5, ["?"]),
                ("vec", lambda: [r.randint(-9, 9) / 8 for _ in range(3)], ["f2", ">f4", "f8"]),
                ("x", lambda: r.choice([r.randint(-9, 9) / 8, float("nan")]), ["f2", ">f4", "f8"])):
            if r.random() < 0.6:
                columns[name] = bad(make, float("inf")) if name == "x" else bad(make, [0, float("inf"), 1]) if name == "vec" else \
                    [make() for _ in range(n)], r.choice(types)
        if broken_share and r.random() < 0.1:
            columns["longer"] = [0] * (n + 1), "i4"
        with io.BytesIO() as out:
            with h5py.File(out, "w", libver=r.choice(["earliest", "latest"])) as file:
                group = file.create_group(source["group"]) if "group" in source else file
                for name, (values, dtype) in columns.items():
                    stored = {} if n == 0 or r.random() < 0.5 else {"compression": "gzip", "chunks": (r.choice([1, min(3, n)]),) + (r.randint(1, 3),) * (name == "vec")}
                    group.create_dataset(name, data=numpy.array(values, dtype if dtype != text else object)
                                         if n else None, shape=(len(values),) + (3,) * (name == "vec"), dtype=dtype, **stored)
            return out.getvalue()

    # -- tables to join with ----------------------------------------------------------------
    def tables(self, job):
        """{what a table reads: {relative path: bytes}}"""
        made = {}
        for step in job["steps"]:
            for name, settings in step.items():
                if name == "join":
                    table, rows = table_of(settings, job), self._rows
                elif name == "decontaminate":
                    table, rows = table_of(settings, job, "against"), self._items
                    made.update(self._frequencies(settings) if "frequencies" in settings else {})
                    made.update(self._word_vectors(settings) if "vectors" in settings else {})
                elif name == "embed":
                    made.update(self._frequencies(settings) if "frequencies" in settings else {})
                    made.update(self._word_vectors(settings) if settings["from"] == "static" else {})
                    made.update(self._matrix(settings) if settings["from"] == "npy" else {})
                    continue
                else:
                    continue
                made[table["read"]] = {"%d.%s" % (n, table["format"]): rows(settings, table["format"])
                                       for n in range(self.random.randint(1, 3))}
        return made

    def next_tables(self, job, tables):
        fresh = self.tables(job)
        return {name: files if self.random.random() < 0.5 else fresh[name]
                for name, files in tables.items()}

    def _rows(self, settings, form):
        r = self.random
        keys = {"stars": lambda: r.randint(0, 12), "lang": lambda: r.choice(["en", "de", "xx"]),
                "id": lambda: str(r.randint(1, 60)), "source": lambda: r.choice(["web", "docs"]),
                "text": self.text}
        names = ["key", "rank", "label", "stars"]
        r.shuffle(names)
        if r.random() < 0.05:
            names.remove("label")
        on = next(iter(settings["on"]))
        rows = []
        for _ in range(r.choice([0, 3, 10, 30])):
            row = {"key": keys[on](), "rank": r.randint(0, 9), "label": r.choice(["a", "é\n", '"']),
                   "stars": self.value()}
            row = {name: row[name] if r.random() < 0.95 else None for name in names}
            rows.append(row if r.random() < 0.998 else None)
        if form == "csv":
            spelled = lambda v: "" if v is None else v if isinstance(v, str) else json.dumps(v)
            lines = [self.csv_line(names, ",")] + [
                b"a,ragged" if row is None else self.csv_line([spelled(row[n]) for n in names], ",")
                for row in rows]
        else:
            lines = [b"[]" if row is None else json.dumps(row).encode() for row in rows]
        return b"".join(line + b"\n" for line in lines)

    def _frequencies(self, settings):
        r = self.random
        listed = [w for w in self.vocabulary if r.random() < 0.7 and not w.isspace()] or ["a"]
        lines = ["%s%s%d" % (word, r.choice([" ", "\t"]), r.choice([1, r.randint(1, 99), 10**9])) for word in listed]
        if r.random() < 0.03:
            lines[-1] = r.choice(["few", "zero 0", "x 1.5", "x -1", "x 1%d" % 2**53, ""])
        return {settings["frequencies"]: {"": "".join(line + r.choice(["\n", "\r\n"]) for line in lines).encode()}}

    def _matrix(self, settings):
        r = self.random
        listed = ["same"] + [form % n for n in range(1, self.serial + 1) for form in ("%d", "d/%d") if r.random() < 0.6]
        r.shuffle(listed)
        matrix = numpy.array([[r.choice([r.randint(-2, 2), r.gauss(0, 1), 1e-9]) for _ in range(3)] for _ in listed])
        if r.random() < 0.05:
            matrix[0][0] = r.choice([numpy.nan, 1e39, -numpy.inf])
        if r.random() < 0.03:
            listed[r.choice([0, -1])] = "same"
        with io.BytesIO() as file, numpy.errstate(over="ignore"):
            matrix = matrix.astype(r.choice(["<f2", "<f4", "<f8"] + [">f4", "<i4"] * (r.random() < 0.05)))
            numpy.save(file, numpy.asfortranarray(matrix) if r.random() < 0.02 else matrix)
            raw = file.getvalue()[: -1 if r.random() < 0.02 else None]
        return {settings["vectors"]: {"": raw}, settings["ids"]: {"": "".join(id_ + "\n" for id_ in listed).encode()}}

    def _word_vectors(self, settings):
        r = self.random
        listed = [w for w in self.vocabulary if r.random() < 0.7 and not w.isspace()] or ["a"]
        r.shuffle(listed)
        matrix = numpy.array([[r.choice([r.randint(-3, 3), r.gauss(0, 1)]) for _ in range(4)] for _ in listed])
        if "words" in settings:
            dtype = r.choice(["F16", "F32"])
            raw = matrix.astype({"F16": "<f2", "F32": "<f4"}[dtype]).tobytes()
            header = json.dumps({"embeddings": {"dtype": dtype, "shape": matrix.shape, "data_offsets": [0, len(raw)]}}).encode()
            if r.random() < 0.03:
                listed.pop()
            return {settings["vectors"]: {"": len(header).to_bytes(8, "little") + header + raw},
                    settings["words"]: {"": "".join(word + "\n" for word in listed).encode()}}
        lines = [" ".join([word] + [repr(float(x)) for x in row]) for word, row in zip(listed, matrix)]
        if r.random() < 0.03:
            lines[-1] = r.choice([lines[-1] + "x", "few 1 2", "inf 1 2 3 1e99"])
        if r.random() < 0.5:
            lines.insert(0, "%d 4" % (len(listed) + (r.random() < 0.05)))
        return {settings["vectors"]: {"": "".join(line + r.choice(["\n", " \n"]) for line in lines).encode()}}

    def _items(self, settings, _):
        """Benchmark items: documents and parts of them, edited."""
        r, rows, texts = self.random, [], []
        for n in range(r.choice([1, 5, 15, 30]) if r.random() < 0.98 else 0):
            text = r.choice(self.texts) if self.texts and r.random() < 0.8 else self.text()
            words = text.split(" ")
            if r.random() < 0.5:
                begin = r.randrange(len(words))
                words = words[begin : begin + r.choice([r.randint(3, 8), r.randint(5, 25)])]
            for _ in range(r.choice([0, 0, 1, 2])):
                words[r.randrange(len(words))] = r.choice(self.vocabulary + ["7", "8th"])
            text = texts[-1] if texts and r.random() < 0.1 else r.choice([" ", " ", "\n", ", "]).join(words)
            texts.append(text)
            answer = {settings.get("answer", "answer"): r.choice([r.choice(self.vocabulary), 7, ["x"], " ".join(words[-3:])])} if r.random() < 0.3 else {}
            passage = {r.choice(["context", "passage"]): r.choice(["", self.text()])} if r.random() < 0.3 else {}
            row = {**answer, **passage, settings.get("question", r.choice(["question", "text"])): text if r.random() < 0.97 else r.choice([None, None, "", 3])}
            if n > 1 and r.random() < 0.5:  # the first have names to exempt
                row["id"] = r.choice([n + 100, "q%d" % n, 1]) if r.random() < 0.02 else n + 100
            rows.append(row)
        return b"".join(json.dumps(row).encode() + b"\n" for row in rows)

    # -- nights --------------------------------------------------------------------------------
    def files(self, job):
        """{(source name, relative path): bytes} of the first night."""
        share = 0.1 if "tolerate" in job else 0
        return {(s["name"], self._name(s)): self._contents(s, share)
                for s in job["sources"] for _ in range(self.random.randint(1, 4))}

    def _name(self, source):
        return self.random.choice(["", "deep/", "deep/er/"]) + "f%d.%s" % (
            self.random.randint(0, 99), "txt" if source["format"] == "text" else source["format"])

    def _contents(self, source, share):
        r = self.random
        if source["format"] == "hdf5":
            raw = self.hdf5(source, share)
            return raw[:-9] if share and r.random() < share else raw
        if source["format"] == "text":
            raw = self.text().encode()
        else:
            raw = self.content(share) if source["format"] == "jsonl" else self.table(source, share)
        if share and r.random() < share:
            return gzip.compress(raw, mtime=0)[:-5]  # torn: a file that cannot be read
        return r.choice([lambda: raw, lambda: raw, lambda: gzip.compress(raw, mtime=0),
                         lambda: zstandard.compress(raw)])()

    def next_night(self, job, files):
        r, files = self.random, dict(files)
        share = 0.1 if "tolerate" in job else 0
        for key in sorted(files):
            source = next(s for s in job["sources"] if s["name"] == key[0])
            left = sum(k[0] == key[0] for k in files)
            if r.random() < 0.2 and left > 1:
                del files[key]
            elif r.random() < 0.2:
                files[key] = self._contents(source, share)
        for source in job["sources"]:
            if r.random() < 0.5:
                files.setdefault((source["name"], self._name(source)), self._contents(source, share))
        return files
