"""Documents and tables: what a join adds, keeps and drops, and what it refuses."""

import gzip
import json
import random
import shutil
import subprocess
import unittest

import h5py
import numpy

from program import BINARY, ENVIRONMENT, InFolder, digests, manifest, run, write_job


def lines(rows):
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


class Join(InFolder):
    def job(self, *joins, more=""):
        write_job(self.folder, steps="\n" + "".join(f"  - join: {join}\n" for join in joins) + more)

    def documents(self):
        done = subprocess.run([BINARY, "export", "out", "--to", "-"], cwd=self.folder,
                              env=ENVIRONMENT, capture_output=True, text=True)
        return {row["id"]: row for row in map(json.loads, self.succeeds(done).stdout.splitlines())}

    def table(self, name, content):
        (self.folder / name).parent.mkdir(exist_ok=True)
        (self.folder / name).write_bytes(content)

    def input(self, *rows):
        self.put("in.jsonl", lines({"id": str(i), "text": f"text {i}", **row} for i, row in enumerate(rows)))

    def test_explain_tells_that_a_witness_was_dropped_itself(self):
        text = "the very same text"
        self.put("in.jsonl", lines([{"id": "first", "text": text, "host": "bad"},
                                    {"id": "second", "text": text, "host": "good"},
                                    {"id": "third", "text": "another text", "host": "good"},
                                    {"id": "fourth", "text": "another text", "host": "good"}]))
        self.table("hosts.jsonl", lines([{"host": "bad"}]))
        write_job(self.folder, steps="""
  - dedup.exact: {}
  - join: {with: hosts.jsonl, on: host, kind: anti}
""")
        self.succeeds(run(self.folder))
        told = "which was itself dropped by join"
        for asked, gone in (("first", None), ("second", "join"), ("third", None), ("fourth", None)):
            with self.subTest(asked):
                def explained(*options):
                    return self.succeeds(subprocess.run(
                        [BINARY, "explain", "out", asked, *options], cwd=self.folder,
                        env=ENVIRONMENT, capture_output=True, text=True)).stdout
                self.assertEqual(told in explained(), gone is not None)
                [document] = json.loads(explained("--json"))["documents"]
                self.assertEqual(document["witness_dropped_by"], gone)

    def test_kinds(self):
        self.input({"key": "a"}, {"key": 5}, {"key": None}, {}, {"key": "x"})
        self.table("table.csv", b"key,value\na,1.5\n5,true\n,none\n")
        for kind, kept in (("left", "01234"), ("inner", "01"), ("semi", "01"), ("anti", "234")):
            with self.subTest(kind):
                columns = ", columns: value" if kind in ("left", "inner") else ""
                self.job("{with: table.csv, format: csv, on: key, kind: %s%s}" % (kind, columns))
                self.succeeds(run(self.folder, ranks=2))
                documents = self.documents()
                self.assertEqual(sorted(documents), sorted(kept))
                if columns:
                    self.assertEqual({k: d.get("value") for k, d in documents.items()},
                                     {k: {"0": 1.5, "1": True}.get(k) for k in kept})
                dropped = {"no_match": 3} if kind in ("inner", "semi") else {"match": 2}
                self.assertEqual(manifest(self.folder)["dropped"], {} if kind == "left" else {"join": dropped})
                verified = subprocess.run([BINARY, "verify", "out"], cwd=self.folder, env=ENVIRONMENT,
                                          capture_output=True, text=True)
                self.succeeds(verified)

    def test_several_rows(self):
        self.input({"key": "a"}, {"key": "b"})
        self.table("t/1.jsonl", lines([{"k": "a", "v": 1}, {"k": "b", "v": "x"}]))
        self.table("t/2.jsonl", lines([{"k": "a"}, {"k": "a", "v": [2]}]))
        self.job("{with: t/*, on: {key: k}, columns: {v: v}, multiplicity: first}")
        self.succeeds(run(self.folder, ranks=2))
        self.assertEqual({k: d["v"] for k, d in self.documents().items()}, {"0": 1, "1": "x"})
        self.job("{with: t/*, on: {key: k}, columns: {v: v}, multiplicity: all}")
        self.succeeds(run(self.folder, ranks=3))
        self.assertEqual({k: d["v"] for k, d in self.documents().items()},
                         {"0": [1, None, [2]], "1": ["x"]})
        self.assertEqual(manifest(self.folder)["joined"],
                         {"join": {"documents": 2, "with_several_rows": 1}})
        self.job("{with: t/*, on: {key: k}, columns: {v: v}}")
        done = run(self.folder, ranks=2)
        self.assertEqual(done.returncode, 4)
        self.assertIn("document 0:0 meets several rows", done.stderr)
        self.assertIn("t/1.jsonl at offset 0", done.stderr)
        self.assertIn("t/2.jsonl at offset 0", done.stderr)
        self.table("many.jsonl", lines([{"k": "a", "v": "0123456789"}] * 4))
        self.job("{with: many.jsonl, on: {key: k}, columns: {v: v}, multiplicity: all, max_record: 40}")
        done = run(self.folder)
        self.assertEqual(done.returncode, 4)
        self.assertIn("more than 40 bytes of values", done.stderr)

    def test_hdf5_tables(self):
        """One that h5py writes, and the published shards of another dataset."""
        self.input({"key": 7}, {"key": 8})
        with h5py.File(self.folder / "t.h5", "w") as file:
            file["t/key"], file["t/value"], file["t/image"] = [8, 9], [0.5, 1.5], numpy.zeros((2, 2))
        self.job("{with: t.h5, format: hdf5, group: t, on: key, columns: value}")
        self.succeeds(run(self.folder))
        self.assertEqual({k: d.get("value") for k, d in self.documents().items()}, {"0": None, "1": 0.5})
        self.job("{with: t.h5, format: hdf5, group: t, on: key, columns: valu}")
        done = run(self.folder)
        self.assertEqual(done.returncode, 4)
        self.assertIn("valu", done.stderr)
        self.job("{with: t.h5, format: hdf5, group: t, on: key, columns: value}")
        self.succeeds(run(self.folder))
        shutil.copytree(self.folder / "out/current/text", self.folder / "published")
        self.job("{with: published/train/*.h5, format: hdf5, on: {id: id}, columns: {old: value, was: text}}")
        self.succeeds(run(self.folder))
        self.assertEqual({k: (d.get("old"), d["was"]) for k, d in self.documents().items()},
                         {"0": (None, "text 0"), "1": (0.5, "text 1")})

    def test_keys_of_several_columns(self):
        self.input({"a": "x", "b": "yz"}, {"a": "xy", "b": "z"}, {"a": "x"})
        self.table("t.jsonl", lines([{"a": "x", "b": "yz", "n": 1}, {"a": "xy", "b": "z", "n": 2},
                                   {"a": "x", "b": None, "n": 3}]))
        self.job("{with: t.jsonl, on: [a, b], columns: n}")
        self.succeeds(run(self.folder))
        self.assertEqual({k: d.get("n") for k, d in self.documents().items()}, {"0": 1, "1": 2, "2": None})

    def test_conflicts(self):
        self.input({"n": 1}, {"n": 1}, {})
        self.table("t.jsonl", lines([{"id": "1", "n": 2}, {"id": "2", "n": "three"}]))
        self.job("{with: t.jsonl, on: id, columns: n}")
        done = run(self.folder)
        self.assertEqual(done.returncode, 2)
        self.assertIn("`n`, which documents have already", done.stderr)
        for rule, values in (("left", [1, 1, "three"]), ("right", [1, 2, "three"])):
            self.job("{with: t.jsonl, on: id, columns: n, on_conflict: %s}" % rule)
            self.succeeds(run(self.folder))
            self.assertEqual([d["n"] for _, d in sorted(self.documents().items())], values)

    def test_what_is_refused(self):
        self.input({"key": "a", "b": 1})
        self.table("t.jsonl", lines([{"key": "a", "value": 1}]))
        self.table("torn.jsonl", b'{"key": "a"}\n{"key"\n')
        self.table("ragged.csv", b"key,value\na,1\nb\n")
        self.table("empty.csv", b"key,value\n")
        self.table("halves.jsonl", lines([{"key": "a"}, {"b": 1}]))
        self.table("cut.jsonl.gz", gzip.compress(lines([{"key": "a"}] * 1000))[:-9])
        for join, code, *words in (
                ("{with: t.jsonl, on: kee, columns: value}", 4, "job.yaml:6:31: join: no document has the column `kee`; did you mean `key`?"),
                ("{with: t.jsonl, on: {key: kye}, columns: value}", 4, "job.yaml:6:31: join: no row of ", "column `kye`; did you mean `key`?"),
                ("{with: t.jsonl, on: key, columns: valu}", 4, "job.yaml:6:45: join: no row of ", "column `valu`; did you mean `value`?"),
                ("{with: no.jsonl, on: key, columns: value}", 4, "job.yaml:6:18: join: no file /"),
                ("{with: no*.jsonl, on: key, columns: value}", 4, "job.yaml:6:18: join: no file matches"),
                ("{with: torn.jsonl, on: key, kind: semi}", 4, "torn.jsonl: offset 13: invalid_json"),
                ("{with: cut.jsonl.gz, on: key, kind: semi}", 4, "join: "),
                ("{with: cut.jsonl.gz, on: key, kind: anti}", 4, "cut.jsonl.gz"),
                ("{with: empty.csv, format: csv, on: key, kind: semi}", 4, "job.yaml:6:46: join: no row of ", "has a key, so every document"),
                ("{with: empty.csv, format: csv, on: key, columns: value, kind: inner}", 4, "no row of "),
                ("{with: halves.jsonl, on: [key, b], kind: semi}", 4, "halves.jsonl has a key, so every"),
                ("{with: empty.csv, format: csv, on: key, kind: anti}", 0, ""),
                ("{with: empty.csv, format: csv, on: key, columns: value}", 0, ""),
                ("{with: ragged.csv, format: csv, on: key, kind: semi}", 4, "ragged.csv: offset 14: ragged: 1 values"),
                ("{with: t.jsonl, on: key}", 2, "name them in `columns`"),
                ("{with: t.jsonl, on: key, kind: semi, columns: value}", 2, "adds no columns"),
                ("{with: t.jsonl, on: key, columns: {text: value}}", 2, "the document's own"),
                ("{with: t.jsonl, on: [], columns: value}", 2, "at least one name"),
                ("{with: t.jsonl, on: [key, key], columns: value}", 2, "`key` is repeated"),
                ("{with: t.jsonl, on: key, columns: value, types: {value: utf8}}", 2, "csv or tsv only"),
                ("{with: t.jsonl, on: key, columns: value, kind: outer}", 2, "expected one of left")):
            with self.subTest(join):
                self.job(join)
                done = run(self.folder, ranks=2)
                self.assertEqual(done.returncode, code, done.stderr)
                for part in words:
                    self.assertIn(part, done.stderr)
        self.job("{with: t.jsonl, on: key, columns: value}", more="  - filter: {where: value > 0}\n")
        done = run(self.folder)
        self.assertEqual(done.returncode, 2)
        self.assertIn("filter reads the column `value`, which join at", done.stderr)

    def test_a_table_by_its_name(self):
        self.input({"key": "a"}, {"key": "b"}, {"key": "c"})
        self.table("t/1.csv", b"key,mark,good\na,007,1\nb,08,\n")
        self.table("named", lines([{"key": "b"}]))
        tables = "tables:\n  marks: {read: t/*.csv, format: csv, types: {mark: utf8}}\n"
        use = "\n  - join: {with: marks, on: key, columns: %s}\n  - join: {with: marks, on: key, kind: semi}\n"
        write_job(self.folder, tables, steps=use % "mark")
        self.succeeds(run(self.folder, ranks=2))
        self.assertEqual({k: d["mark"] for k, d in self.documents().items()}, {"0": "007", "1": "08"})
        write_job(self.folder, steps=(use % "mark").replace("with: marks", "with: t/*.csv, format: csv, types: {mark: utf8}"))
        self.assertIn("nothing changed since", self.succeeds(run(self.folder)).stderr)
        self.succeeds(run(self.folder, "--set", "write.text.shard_size=1MiB"))
        self.assertEqual(manifest(self.folder, "run.json")["steps_computed"], 0)  # a name is in no fingerprint
        write_job(self.folder, tables, steps=use % "mark")
        self.succeeds(run(self.folder, "--set", "tables.marks.read=t/1.csv", "--set", "steps.1.columns=good"))
        self.assertEqual({k: d.get("good") for k, d in self.documents().items()}, {"0": 1, "1": None})
        for join, code, words in (
                ("{with: marks, on: key, kind: anti, format: csv}", 2, "`format` stands with the table `marks` at"),
                ("{with: mark, on: key, kind: anti}", 2, "no table `mark`; did you mean `marks`? (write a file of that name as ./mark)"),
                ("{with: named, on: key, kind: anti}", 0, ""),  # a file
                ("{with: nothing, on: key, kind: anti}", 4, "no file")):
            with self.subTest(join):
                write_job(self.folder, tables, steps=f"\n  - join: {join}\n")
                done = run(self.folder)
                self.assertEqual(done.returncode, code, done.stderr)
                self.assertIn(words, done.stderr)
        self.assertEqual(sorted(self.documents()), ["0", "2"])

    def test_its_rows_count_in_the_memory_that_a_run_needs(self):
        self.input({"key": "a"})
        self.table("t.jsonl", lines([{"key": "a"}]))
        self.job("{with: t.jsonl, on: key, kind: semi, max_record: 32MiB}")
        done = run(self.folder, "--memory", "256MiB")
        self.assertEqual(done.returncode, 2)
        self.assertIn("13 times max_record of join: 416MiB", done.stderr)

    def test_a_changed_table_reads_no_document_again(self):
        self.input({"key": "a"}, {"key": "b"})
        self.table("t.jsonl", lines([{"key": "a", "v": 1}]))
        self.job("{with: t.jsonl, on: key, columns: v}", "{with: t.jsonl, on: key, kind: semi}")
        self.succeeds(run(self.folder, ranks=3))
        first = digests(self.folder)
        self.assertIn("nothing changed", self.succeeds(run(self.folder)).stderr)
        record = json.loads((self.folder / "out/current/run.json").read_text())
        self.assertEqual((record["fragments_read"], record["steps_computed"]), (1, 2))
        self.table("t.jsonl", lines([{"key": "a", "v": 2}]))
        self.succeeds(run(self.folder))
        self.assertNotEqual(digests(self.folder), first)
        self.assertEqual(self.documents()["0"]["v"], 2)
        record = json.loads((self.folder / "out/current/run.json").read_text())
        self.assertEqual((record["fragments_read"], record["steps_computed"]), (0, 2))

    def test_a_small_table_goes_to_the_documents(self):
        large = "x" * 12_000  # some fragments, so that each rank has documents
        for n in range(6):
            self.put(f"{n}.jsonl", lines({"id": str(i), "text": f"text {i} {large}", "key": f"k{i % 7}"}
                                         for i in range(1000 * n, 1000 * (n + 1))))
        self.table("t.jsonl", lines([{"key": f"k{i}", "v": i} for i in range(5)]))
        self.job("{with: t.jsonl, on: key, columns: v}")
        self.succeeds(run(self.folder, ranks=2))
        documents = self.documents()
        self.assertEqual([documents[str(i)].get("v") for i in range(6000)],
                         [i % 7 if i % 7 < 5 else None for i in range(6000)])
        sent = {one["name"]: one["rows"] for one in manifest(self.folder, "run.json")["exchanges"]}
        self.assertEqual((sent.get("join.left"), sent["join.right"]), (None, 10))

    def test_tables_and_keys_larger_than_memory(self):
        """A third of the documents has one key; the table's rows are long and many; all of it spills."""
        choose = random.Random(1)
        keys = ["hot" if choose.random() < 0.3 else f"k{choose.randrange(40000)}" for _ in range(20000)]
        self.input(*({"key": key} for key in keys))
        rows = {f"k{i}": f"{i}" + "v" * choose.randrange(3000) for i in range(0, 40000, 2)} | {"hot": "hot" * 100}
        order = list(rows)
        choose.shuffle(order)
        for n in range(4):
            self.table(f"t/{n}.jsonl", lines({"key": key, "v": rows[key]} for key in order[n::4]))
        self.job("{with: t/*, on: key, columns: v}")
        all_digests = []
        for ranks, more in ((1, {}), (3, {}), (2, {"SHARDMILL_FORCE_SPILL": "1"})):
            shutil.rmtree(self.folder / "out", ignore_errors=True)
            self.succeeds(run(self.folder, ranks=ranks, environment=more))
            all_digests.append(digests(self.folder))
        self.assertEqual(all_digests[0], all_digests[1])
        self.assertEqual(all_digests[0], all_digests[2])
        documents = self.documents()
        self.assertEqual([documents[str(i)].get("v") for i in range(20000)], [rows.get(key) for key in keys])


if __name__ == "__main__":
    unittest.main()
