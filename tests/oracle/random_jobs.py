"""Random catalogues and job files for the main test: small, nasty, reproducible from a seed."""

import gzip
import io
import json
import random

import h5py
import numpy
import yaml
import zstandard

from join import table_of

LETTERS = ["a", "é", "e\u0301", "ß", "Ω", "中", "文", "ก", "́", "—", "“", "1", "٣", "İ", "ﬁ", "\u00ad", "\u200d"]


class Generator:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.vocabulary = [self._word() for _ in range(self.random.randint(5, 60))]
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
                    made.update(self._word_vectors(settings) if "vectors" in settings else {})
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

    # -- jobs ----------------------------------------------------------------------------------
    def job(self):
        r = self.random
        sources = [{"name": name, "read": "%s/**/*" % name, "format": "jsonl"}
                   for name in ["web", "docs", "extra"][: r.randint(1, 3)]]
        if len(sources) > 1 and r.random() < 0.5:
            sources[-1]["format"] = "text"
        if r.random() < 0.3:
            sources[0]["format"] = r.choice(["csv", "csv", "tsv", "hdf5", "hdf5"])
            if sources[0]["format"] == "hdf5" and r.random() < 0.3:
                sources[0]["group"] = r.choice(["data", "/a/b"])
            elif sources[0]["format"] != "hdf5" and r.random() < 0.3:
                sources[0]["types"] = {"stars": r.choice(["int64", "float64", "utf8", "bool"])}
        for source in sources:
            if source["format"] != "text" and r.random() < 0.2:
                source["columns"] = r.choice([{"id": "lang"}, {"rank": "stars"}, {"text": "lang", "body": "text"}])
            if r.random() < 0.2:
                source["max_record"] = 200
        steps = []
        for _ in range(r.randint(1, 4)):
            steps.append(r.choice([self._normalize, lambda: self._embed(len(steps)), self._filter, self._exact, self._minhash,
                                   self._minhash, lambda: self._semantic(len(steps)), lambda: self._nearest(len(steps)), lambda: self._join(len(steps)),
                                   lambda: self._aggregate(len(steps)),
                                   lambda: self._decontaminate(len(steps))])())
        if r.random() < 0.2:
            steps.append(self._decontaminate(len(steps)))
        readers = [s for s in steps if not {"join", "aggregate", "nearest"} & set(s)]
        if readers and "decontaminate" in readers[-1] and r.random() < 0.8:  # no step reads what is cut
            readers[-1]["decontaminate"].update(action="cut_span", margin=r.choice([0, 0, 3]), min_rest=r.choice([1, 1, 5]),
                                                max_cuts=r.choice([1, 3]))
        if r.random() < 0.3:
            steps.insert(r.randint(0, len(steps)), {"exclude": {"ids": "takedown.txt"}})
        steps = [s for i, s in enumerate(steps) if "exclude" not in s or "exclude" not in str(steps[:i])]
        if r.random() < 0.8:
            steps.append({"split": r.choice([
                {"train": 0.8, "validation": 0.1, "test": 0.1}, {"train": 0.5, "test": 0.5},
                {"a": 0.3, "b": 0.333, "c": 0.367, "by": "document"}])})
            if "by" not in steps[-1]["split"] and r.random() < 0.5:
                columns = ["stars", "lang", "when", "id", "source", "field.source"]
                steps[-1]["split"]["group_by"] = r.choice([
                    r.choice(["stars", "lang"]), r.sample(columns, r.randint(1, 3)), "label1" if r.random() < 0.2 else "id"])
                if len(steps) > 1 and r.random() < 0.5 and "dedup" not in str(list(steps[-2])):
                    steps.append(steps.pop(-2))  # dropped documents tie others wherever split stands
        job = {"dataset": "random", "output": "out", "seed": r.randint(0, 3), "sources": sources,
               "steps": steps, "write": {"text": {"shard_size": r.choice([200, 2000, 1 << 20])}}}
        for settings in [step["join"] for step in steps if "join" in step and r.random() < 0.3]:
            # Another join may name the same table.
            name = "t%d" % r.randint(0, 1)
            table = {"read": settings.pop("with"), "format": settings.pop("format")}
            job.setdefault("tables", {}).setdefault(name, table)
            settings["with"] = name
        if r.random() < 0.4:
            job["tolerate"] = {"records": 1, "files": r.choice([0, 1, 3])}
        return job

    def base_job(self):
        """A dataset of its own, for other jobs to compare with."""
        return {"dataset": "base", "output": "base-out", "seed": 1,
                "sources": [{"name": "old", "read": "old/**/*", "format": "jsonl"}],
                "steps": [{"dedup.exact": {}}], "write": {"text": {"shard_size": 500}}}

    def compare_with(self, job, dataset):
        """Adds `against` to some of the job's dedup steps; returns whether there was any."""
        dedups = [settings for step in job["steps"] for name, settings in step.items()
                  if name.startswith("dedup.")]
        for settings in dedups:
            if settings is dedups[0] or self.random.random() < 0.5:
                settings["against"] = [dataset]
        return bool(dedups)

    def _normalize(self):
        r = self.random
        settings = {name: True for name in ("whitespace", "control_characters", "case_fold")
                    if r.random() < 0.4}
        return {"normalize": settings | ({"unicode": "none"} if r.random() < 0.2 else {})}

    def _filter(self):
        r = self.random
        settings = {"min_characters": r.randint(0, 20)} if r.random() < 0.5 else {}
        if r.random() < 0.3:
            settings["max_words"] = r.randint(20, 70)
        if r.random() < 0.2:
            settings.update(min_words=r.randint(0, 3), max_characters=r.randint(60, 300))
        if r.random() < 0.4 or not settings:
            settings["where"] = r.choice(['stars >= 2', 'lang != "zz"', 'source == "web"', "stars < 7.5"])
        return {"filter": settings}

    def _embed(self, number):
        r = self.random
        settings = {"from": "column", "of": "vec", "column": r.choice(["vec", "vec", "unit", "lang"] if r.random() < 0.2 else ["vec", "unit"])}
        if r.random() < 0.4:
            settings = {"from": "hashed", "column": r.choice(["hashed", "hashed", "vec"]), "dimensions": r.choice([1, 3, 8, 100])}
        elif r.random() < 0.4:
            settings = {"from": "static", "column": "mean", "vectors": "tables/%d/v.txt" % number}
            if r.random() < 0.5:
                settings.update(vectors="tables/%d/v.safetensors" % number, words="tables/%d/words.txt" % number)
            if r.random() < 0.3:
                settings["smoothing"] = r.choice([0.5, 0.0001])
            if r.random() < 0.5:
                settings["components"] = r.choice([0, 1, 1, 2, 3, 4] if r.random() < 0.1 else [1, 1, 2])
        if settings["from"] != "column" and r.random() < 0.4:
            settings["frequencies"] = "tables/%d/frequencies.txt" % number
        return {"embed": settings | ({"normalize": False} if r.random() < 0.3 else {})}

    def _join(self, number):
        r = self.random
        kind = r.choice(["left", "left", "inner", "semi", "anti"])
        settings = {"with": "tables/%d/*" % number, "format": r.choice(["jsonl", "csv"]), "kind": kind,
                    "on": {r.choice(["stars", "lang", "id", "source", "text"]): "key"}}
        if kind in ("left", "inner"):
            # Names of their own: no other step writes or reads them.
            columns = {"rank%d" % number: "rank", "label%d" % number: "label", "stars%d" % number: "stars"}
            settings["columns"] = dict(r.sample(sorted(columns.items()), r.randint(1, 3)))
            settings["multiplicity"] = r.choice(["first", "first", "all", "all", "error"])
            if r.random() < 0.3:
                settings["columns"]["field.source"] = "stars"
                settings["on_conflict"] = r.choice(["left", "right"])
        return {"join": settings}

    def _aggregate(self, number):
        r = self.random
        columns = ["stars", "lang", "when", "id", "source", "field.source", "text"]
        values = {"n": "count", "s": "sum:stars", "low": "min:stars", "high": "max:stars",
                  "m": "mean:stars", "d": "distinct:" + r.choice(columns)}
        return {"aggregate": {"name": "t%d" % number, "by": r.choice(columns + [r.sample(columns, 2)]),
                              "values": dict(r.sample(sorted(values.items()), r.randint(1, 6)))}}

    def _decontaminate(self, number):
        r = self.random
        settings = {"against": "tables/%d/*" % number, "format": "jsonl", "name": "items%d" % number,
                    "planted": r.choice([0, 4, 8])}
        if r.random() < 0.5:
            settings["action"] = "report"
        if r.random() < 0.5:
            settings["decide"] = r.sample(["aligned", "part", "short", "ngram", "coverage", "idf"], r.randint(1, 5))
        if r.random() < 0.5:
            settings.update(n=r.randint(3, 8), coverage_n=r.randint(2, 5), part_words=r.randint(2, 6))
        if r.random() < 0.3:
            settings.update(aligned=r.choice([0.55, 0.8]), aligned_short=r.choice([0.6, 1]), part=r.choice([0.3, 0.9]))
        if r.random() < 0.3:
            settings["preset"] = r.choice(["shardmill", "gpt3", "fineweb", "llama3", "decon"])
        if r.random() < 0.3:
            settings["exempt"] = r.choice([["0/1"], ["0/1"], ["0/2"]]) if r.random() < 0.95 else ["0/none"]
        if r.random() < 0.2:
            settings["question"] = "prompt"
        if r.random() < 0.3:
            settings.update(embed="static", vectors="tables/v%d.txt" % number, embedding=r.choice([0.6, 0.85, 0.99]))
            if r.random() < 0.2:
                settings.update(embed="hashed", dimensions=r.choice([8, 64]), planted=0)
                del settings["vectors"]
            elif r.random() < 0.3:
                settings["components"] = r.choice([1, 2])
            if r.random() < 0.2:
                settings["frequencies"] = "tables/f%d.txt" % number
            if r.random() < 0.5:
                settings.setdefault("decide", ["aligned"]).append("embedding")
        if r.random() < 0.1:
            settings["answer"] = "solution"
        return {"decontaminate": settings}

    def _keep(self):
        return self.random.choice([[], [], ["longest"], ["shortest", "source"], ["newest:when"],
                                   ["highest:stars", "longest"], ["lowest:stars"]])

    def _exact(self):
        return {"dedup.exact": {"keep": self._keep()}}

    def _minhash(self):
        r = self.random
        settings = {"preset": r.choice(["fineweb", "dolma3", "nemo", "bigcode", "lee2021"]), "keep": self._keep()}
        if r.random() < 0.5:
            settings.update(bands=r.choice([1, 6, 20]), rows=r.choice([1, 2, 4]),
                            threshold=r.choice([0.2, 0.5, 0.75]), shingle=r.randint(1, 5))
        if r.random() < 0.4:
            settings["bucket_head"] = r.randint(1, 3)
        if r.random() < 0.2:
            settings["measure"] = "containment"
        if r.random() < 0.2:
            settings["verify"] = False
        if r.random() < 0.2:
            settings["cluster"] = "components"
        return {"dedup.minhash": settings}

    def _semantic(self, number):
        r = self.random
        settings = {"name": "same%d" % number, "column": r.choice(["vec", "vec", "unit", "hashed"]), "keep": self._keep(), "threshold": r.choice([0.95, 0.8, 0.999, 1, 0.1234567])}
        if r.random() < 0.7:
            settings.update(clusters=r.randint(1, 4), probes=r.randint(1, 3))
        if r.random() < 0.3:
            settings["iterations"] = r.randint(0, 3)
        if r.random() < 0.4:
            settings["neighbours"] = r.randint(1, 3)
        if r.random() < 0.3:
            settings["cluster"] = "components"
        elif r.random() < 0.3:
            settings["chain"] = True
        if r.random() < 0.3:
            settings["keep"] = [r.choice(["hard", "easy"])]
        if r.random() < 0.2:
            settings["seed"] = r.randint(0, 3)
        return {"dedup.semantic": settings}

    def _nearest(self, number):
        r = self.random
        settings = {"column": r.choice(["vec", "vec", "unit"]), "against": ["base-out"], "name": "near%d" % number}
        if r.random() < 0.7:
            settings.update(k=r.randint(1, 5), clusters=r.randint(1, 4), probes=r.randint(1, 3))
        if r.random() < 0.3:
            settings["iterations"] = r.randint(0, 3)
        return {"nearest": settings}


def as_yaml(job):
    return yaml.safe_dump(job, sort_keys=False, allow_unicode=True)
