"""The report of a real run: it adds up, it is well-formed, and no text in it becomes markup."""

import json
import unittest
from html.parser import HTMLParser
from xml.dom import minidom

from small_run import BINARY, SmallRun, documents


class Elements(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.attributes = [], []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += [(tag, *attribute) for attribute in attributes]


@unittest.skipUnless(BINARY, "needs SHARDMILL_BIN")
class Report(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.small = SmallRun()
        cls.addClassCleanup(cls.small.close)
        cls.done = cls.small.run()
        assert cls.done.returncode == 0, cls.done.stderr
        cls.snapshot = cls.small.folder / "out/current"
        cls.html = (cls.snapshot / "report.html").read_text()
        shown = cls.small.command("report", "out", "--json")
        assert shown.returncode == 0, shown.stderr
        cls.numbers = json.loads(shown.stdout)

    def test_numbers_are_those_of_the_manifest(self):
        manifest = json.loads((self.snapshot / "manifest.json").read_text())
        for field in ("documents_in", "documents_kept", "quarantined", "duplicate_ids", "splits",
                      "logical_digest", "snapshot"):
            self.assertEqual(self.numbers[field], manifest[field], field)
        dropped = {s["step"]: s["dropped"] for s in self.numbers["steps"] if s["dropped"]}
        self.assertEqual(dropped, {s: r for s, r in manifest["dropped"].items() if r})
        rows = sum(s["documents"] for s in self.numbers["shards"] if s["folder"].startswith("text/"))
        self.assertEqual(rows, manifest["documents_kept"])

    def test_the_funnel_loses_nothing(self):
        rows = self.numbers["funnel"]
        total = sum(len(texts) for texts in documents().values())
        self.assertEqual(rows[0]["documents"], total)
        for before, row in zip(rows, rows[1:]):
            self.assertEqual(before["documents"], row["documents"] + row["dropped"])
            self.assertEqual(before["bytes"], row["bytes"] + row["dropped_bytes"])
        for source in self.numbers["sources"]:
            out = source["documents_kept"] + sum(source["dropped"].values())
            self.assertEqual(source["documents_in"], out, source)

    def test_distributions_count_every_document(self):
        shown, manifest = self.numbers["distributions"], self.numbers
        self.assertEqual(sum(b["documents"] for b in shown["document_bytes"]),
                         manifest["documents_kept"])
        near = next(s for s in manifest["steps"] if s["step"] == "dedup.minhash")["dropped"]
        self.assertEqual(sum(shown["similarity_percent"]), near["near_duplicate"])
        self.assertEqual(sum(shown["similarity_percent"][:70]), 0)
        at_least = {row["threshold"]: row["documents"] for row in shown["dropped_at_least"]}
        self.assertEqual(at_least[0.9], sum(shown["similarity_percent"][90:]))
        self.assertGreater(sum(g["groups"] for g in shown["group_sizes"]), 0)

    def test_largest_groups_show_who_stayed(self):
        texts = documents()["web"]
        groups = self.numbers["largest_groups"]
        self.assertEqual([g["documents"] for g in groups],
                         sorted((g["documents"] for g in groups), reverse=True))
        for group in groups:
            fates = {member["fate"] for member in group["examples"]}
            self.assertEqual(fates, {"kept", "dropped"})
            for member in group["examples"]:
                text = texts[int(member["id"].split("-")[1])]
                self.assertTrue(text.startswith(member["excerpt"].rstrip("\u2026")), member)

    def test_a_source_that_lost_nearly_all_is_named(self):
        self.assertEqual([s["source"] for s in self.numbers["sources"] if s["alarm"]], ["spam"])
        for text in (self.done.stderr, self.small.command("report", "out").stdout):
            self.assertIn("! spam lost more than 90 %", text)

    def test_page_is_well_formed_both_ways(self):
        page = minidom.parseString(self.html.encode())
        elements = Elements()
        elements.feed(self.html)
        self.assertEqual(elements.tags, [e.tagName for e in page.getElementsByTagName("*")])
        self.assertEqual(elements.tags.count("script"), 1)
        ids = [value for _, name, value in elements.attributes if name == "id"]
        self.assertEqual(len(ids), len(set(ids)))
        for svg in page.getElementsByTagName("svg"):
            label = svg.getAttribute("aria-label") or svg.getAttribute("aria-labelledby")
            self.assertTrue(svg.getAttribute("role") == "img" and label)
            for name in svg.getAttribute("aria-labelledby").split():
                self.assertIn(name, ids)

    def test_page_refers_to_nothing_outside(self):
        elements = Elements()
        elements.feed(self.html)
        for _, name, _ in elements.attributes:
            self.assertNotIn(name, ("src", "href", "action", "data", "srcset"))
            self.assertFalse(name.startswith("on"), name)
        self.assertNotIn("http", self.html)
        self.assertLess(len(self.html), 2_000_000)

    def test_text_report_fits_a_terminal(self):
        text = self.small.command("report", "out").stdout
        self.assertEqual(text, (self.snapshot / "report.txt").read_text())
        own = [line for line in text.splitlines() if str(self.small.folder) not in line]
        self.assertLessEqual(max(map(len, own)), 80)

    def test_a_dry_run_writes_only_its_report(self):
        small = SmallRun()
        self.addCleanup(small.close)
        done = small.run("--dry-run")
        self.assertEqual(done.returncode, 0, done.stderr)
        out = small.folder / "out"
        self.assertEqual(sorted(p.name for p in (out / "dry-run").iterdir()),
                         ["report.html", "report.txt"])
        self.assertEqual(sorted(p.name for p in out.iterdir()),
                         ["dry-run", "lock", "lock.ranks", "log", "snapshots", "store"])
        self.assertEqual(list(out.rglob("*.h5")), [])
        self.assertEqual(done.stdout, (out / "dry-run/report.txt").read_text())
        dry = json.loads(small.command("report", "out/dry-run", "--json").stdout)
        self.assertTrue(dry["dry_run"])
        for field in ("documents_in", "documents_kept", "funnel", "steps", "sources", "splits",
                      "distributions", "largest_groups"):
            self.assertEqual(dry[field], self.numbers[field], field)

    def test_a_dry_run_on_other_files_leaves_ordinals_and_epochs_alone(self):
        small = SmallRun()
        self.addCleanup(small.close)
        self.assertEqual(small.run().returncode, 0)
        catalog = (small.folder / "out/catalog.json").read_bytes()
        (small.folder / "web/b.jsonl").write_text(json.dumps({"text": "one more of a night"}) + "\n")
        dry = small.run("--dry-run")
        self.assertEqual(dry.returncode, 0, dry.stderr)
        self.assertEqual((small.folder / "out/catalog.json").read_bytes(), catalog)
        with self.subTest("gone again"):
            (small.folder / "web/b.jsonl").rename(small.folder / "b.jsonl")
            self.assertEqual(small.run().returncode, 0)
            self.assertEqual((small.folder / "out/catalog.json").read_bytes(), catalog)
        with self.subTest("another file under its name"):
            (small.folder / "web/b.jsonl").write_text(json.dumps(
                {"text": "and yet another one under the same name"}) + "\n")
            self.assertEqual(small.run().returncode, 0)
            texts = small.command("export", "out", "--format", "jsonl", "--to", "-").stdout
            self.assertEqual((texts.count("and yet another one"), texts.count("one more of")), (1, 0))

    def test_no_report_is_an_error(self):
        small = SmallRun()
        self.addCleanup(small.close)
        self.assertEqual(small.command("report", "out").returncode, 4)


if __name__ == "__main__":
    unittest.main()
