"""Tables that `aggregate` makes: what plain Python computes, whatever the ranks and the memory."""

import json
import random
import shutil
import subprocess
import unittest
from pathlib import Path

from program import BINARY, ENVIRONMENT, InFolder, digests, manifest, run, write_job
from tests.oracle.published import read_table

VALUES = ("{documents: count, total: 'sum:n', low: 'min:x', high: 'max:x', mean: 'mean:n', "
          "different: 'distinct:tag', ids: 'distinct:id'}")


class Aggregate(InFolder):
    def rows(self, name="t"):
        columns, rows = {}, []
        for path in sorted(Path(self.folder / f"out/current/tables/{name}").glob("*.h5")):
            columns, more = read_table(path)
            rows += more
        return columns, rows

    def job(self, *settings, more=""):
        write_job(self.folder, steps="\n" + "".join(f"  - aggregate: {s}\n" for s in settings), extra=more)

    def input(self, rows):
        self.put("in.jsonl", "".join(json.dumps(row) + "\n" for row in rows).encode())

    def test_is_what_python_computes(self):
        """40 % of the documents have one key; a small shard size makes several shards."""
        choose = random.Random(3)
        rows = []
        for i in range(20000):
            row = {"id": str(i), "text": f"t{i}", "n": choose.randrange(-10**9, 10**9),
                   "x": choose.choice([choose.random(), choose.randrange(5), None, "7", 0.1]),
                   "tag": choose.choice(["a", "b", 5, "5", None, [1]]),
                   "key": choose.choice(["hot", "hot", f"k{choose.randrange(4000)}", None, choose.randrange(2)])}
            rows.append({name: value for name, value in row.items() if choose.random() < 0.9 or name in ("id", "text")})
        self.input(rows)
        expected = {}
        for row in rows:
            key = row.get("key")
            group = expected.setdefault(None if key is None else str(key), [])
            group.append(row)
        as_text = lambda value: value if isinstance(value, str) else json.dumps(value)
        for key, group in expected.items():
            ns = [row["n"] for row in group if "n" in row]
            xs = [float(row["x"]) for row in group if isinstance(row.get("x"), (int, float))]
            expected[key] = {
                "key": key, "documents": len(group), "total": sum(ns) if ns else None,
                "mean": sum(ns) / len(ns) if ns else None, "low": min(xs, default=None),
                "high": max(xs, default=None), "ids": len(group),
                "different": len({as_text(row["tag"]) for row in group if row.get("tag") is not None})}
        self.job("{name: t, by: key, values: %s}" % VALUES, more="write: {text: {shard_size: 60KiB}}")
        all_digests = []
        for ranks, more in ((1, {}), (3, {}), (2, {"SHARDMILL_FORCE_SPILL": "1"})):
            shutil.rmtree(self.folder / "out", ignore_errors=True)
            self.succeeds(run(self.folder, ranks=ranks, environment=more))
            all_digests.append(manifest(self.folder)["logical_digest"])
        self.assertEqual(len(set(all_digests)), 1)
        columns, rows = self.rows()
        self.assertEqual(columns, {"documents": "int64", "total": "int64", "mean": "float64", "low": "float64",
                                   "high": "float64", "different": "int64", "ids": "int64", "key": "utf8"})
        self.assertEqual({row["key"]: row for row in rows}, expected)
        self.assertEqual(len(rows), len(expected))
        self.assertGreater(len(list((self.folder / "out/current/tables/t").iterdir())), 3)
        done = subprocess.run([BINARY, "verify", "out"], cwd=self.folder, env=ENVIRONMENT,
                              capture_output=True, text=True)
        self.succeeds(done)

    def test_sees_what_is_left_at_its_place(self):
        self.input([{"id": "1", "text": "same", "s": 1}, {"id": "2", "text": "same", "s": 2.5},
                    {"id": "3", "text": "other", "s": 1}])
        write_job(self.folder, steps="""
  - aggregate: {name: before, by: source, values: {n: count, s: sum:s}}
  - dedup.exact: {}
  - aggregate: {name: after, by: source, values: {n: count, s: sum:s}}
""")
        self.succeeds(run(self.folder, ranks=2))
        self.assertEqual(self.rows("before")[1], [{"source": "s", "n": 3, "s": 4.5}])
        self.assertEqual(self.rows("after")[1], [{"source": "s", "n": 2, "s": 2}])
        before = digests(self.folder)
        self.assertIn("nothing changed", self.succeeds(run(self.folder)).stderr)
        self.assertEqual(digests(self.folder), before)

    def test_floats_are_added_in_the_order_of_documents(self):
        numbers = [1e16, 1.0, -1e16, 0.1] * 50 + [3.0]
        self.input([{"id": str(i), "text": str(i), "x": x} for i, x in enumerate(numbers)])
        total = 0.0
        for x in numbers:
            total += x
        self.job("{name: t, by: source, values: {x: 'sum:x'}}")
        self.succeeds(run(self.folder, ranks=3))
        self.assertEqual(self.rows()[1], [{"source": "s", "x": total}])

    def test_what_is_refused(self):
        self.input([{"id": "1", "text": "t", "n": 2**63 - 1, "x": 1e308}, {"id": "2", "text": "t", "n": 1, "x": 1e308}])
        for settings, code, words in (
                ("{name: t, by: source, values: {a: 'sum:n'}}", 4, "`a` of the key 1:s is beyond"),
                ("{name: t, by: source, values: {a: 'sum:x'}}", 4, "`a` of the key 1:s is beyond"),
                ("{name: t, by: source, values: {a: 'mean:x'}}", 4, "`a` of the key 1:s is beyond"),
                ("{name: t, by: source, values: {}}", 2, "1 to 100 values are needed"),
                ("{name: t, by: source, values: {a: 'median:n'}}", 2, "expected count, sum:COLUMN"),
                ("{name: t, by: source, values: {a: 'sum:'}}", 2, "expected count, sum:COLUMN"),
                ("{name: t, by: source, values: {source: count}}", 2, "is in `by` already"),
                ("{name: t, by: [a, a], values: {n: count}}", 2, "`a` is repeated"),
                ("{name: ../t, by: source, values: {n: count}}", 2, "letters, digits")):
            with self.subTest(settings):
                self.job(settings)
                done = run(self.folder, ranks=2)
                self.assertEqual(done.returncode, code, done.stderr)
                self.assertIn(words, done.stderr)
        self.job("{name: t, by: source, values: {n: count}}", "{name: t, by: id, values: {n: count}}")
        self.assertIn("a second table `t`", run(self.folder).stderr)
        self.job("{name: t, by: source, values: {n: 'mean:n'}}")
        self.succeeds(run(self.folder))
        self.assertEqual(self.rows()[1], [{"source": "s", "n": float(2**63) / 2}])


if __name__ == "__main__":
    unittest.main()
