"""Tables as input: what Python's csv module reads, and types that a job changes."""

import csv
import io
import json
import os
import random
import subprocess
import unittest
from pathlib import Path

import zstandard

from program import BINARY, ENVIRONMENT, InFolder, digests, manifest, run, write_job

ROOT = Path(__file__).parents[3]
DATA = Path(os.environ.get("SHARDMILL_DATA") or ROOT.parent / "shared/data") / "tabular"
NO_STEPS = "\n  - normalize: {unicode: none}\n"


class Csv(InFolder):
    def documents(self):
        done = subprocess.run([BINARY, "export", "out", "--to", "-"], cwd=self.folder,
                              env=ENVIRONMENT, capture_output=True, text=True)
        return [json.loads(line) for line in self.succeeds(done).stdout.splitlines()]

    def check_against_python(self, raw, text, separator=",", more=""):
        """Every value of every record, as a string, is the one that Python's csv module reads."""
        self.put("table.csv.zst", zstandard.compress(raw))
        rows = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline=""),
                                   delimiter=separator))
        types = {name: "utf8" for name in rows[0] if name != text}
        columns = {"text": text, "id": "id"} if "id" in rows[0] else {"text": text}
        write_job(self.folder, steps=NO_STEPS, source=(
            f", format: {'tsv' if separator == chr(9) else 'csv'}, columns: {json.dumps(columns)}"
            f", types: {json.dumps(types)}{more}"))
        self.succeeds(run(self.folder, ranks=2))
        self.assertEqual(manifest(self.folder)["quarantined"], 0)

        def comparable(row):
            """Without what is empty: null and "" are one to Python."""
            return sorted((name, value) for name, value in row.items() if value not in ("", None))

        kept = {"text": text} | ({} if "id" in rows[0] else {"id": None})
        got = []
        for document in self.documents():
            document.pop("source")
            if "split" not in rows[0]:
                document.pop("split", None)
            if "id" in kept:
                document.pop("id")
            document[text] = document.pop("text")
            got.append(comparable(document))
        self.assertEqual(sorted(got), sorted(map(comparable, rows)))
        return len(rows)

    def test_random_tables(self):
        choose = random.Random(5)
        for separator, end in ((",", "\r\n"), (",", "\n"), ("\t", "\n")):
            with self.subTest(separator=separator, end=end):
                out = io.StringIO()
                writer = csv.writer(out, delimiter=separator, lineterminator=end,
                                    quoting=choose.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
                writer.writerow(["id", "body", "a b", 'q"q'])
                for i in range(3000):
                    writer.writerow([f"{i}"] + ["".join(choose.choices('ab1.,\t"\n\ré ', k=choose.randrange(9)))
                                                for _ in range(3)])
                self.assertEqual(self.check_against_python(out.getvalue().encode(), "body", separator), 3000)

    @unittest.skipUnless(DATA.is_dir(), "no tabular/ below SHARDMILL_DATA: real tables")
    def test_real_tables(self):
        for name, text in (("sms_spam", "text"), ("youtube_psy_spam", "text"), ("population", "Country Name"),
                           ("country_codes", "UNTERM English Formal"), ("penguins_raw", "Species"),
                           ("happiness_by_year", "Country name")):
            with self.subTest(name):
                packed = (DATA / f"{name}.csv.zst").read_bytes()
                raw = zstandard.ZstdDecompressor().decompressobj().decompress(packed)
                self.assertGreater(self.check_against_python(raw, text), 100)

    def test_types_of_columns(self):
        self.put("a.csv", b"id,text,zip,n,x\n1,a,01234,1,1\n2,b,12345,2,2.5\n")
        write_job(self.folder, steps=NO_STEPS, source=", format: csv")
        self.succeeds(run(self.folder))
        types = {c["name"]: c["types"][0] for c in self.columns()}
        self.assertEqual((types["zip"], types["n"], types["x"]), ("json", "int64", "float64"))
        first = digests(self.folder)
        write_job(self.folder, steps=NO_STEPS, source=", format: csv, types: {zip: utf8}")
        self.succeeds(run(self.folder))
        types = {c["name"]: c["types"][0] for c in self.columns()}
        self.assertEqual(types["zip"], "utf8")
        self.assertNotEqual(digests(self.folder), first)
        self.assertEqual(sorted(d["zip"] for d in self.documents()), ["01234", "12345"])

    def columns(self):
        done = subprocess.run([BINARY, "inspect", "out", "--json"], cwd=self.folder, env=ENVIRONMENT,
                              capture_output=True, text=True)
        return json.loads(self.succeeds(done).stdout)["columns"]


if __name__ == "__main__":
    unittest.main()
