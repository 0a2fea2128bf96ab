"""The pages under docs/: their commands work, their tables are those of the program."""

import json
import re
import unittest

import h5py

from documents import PAGES, ROOT, Place, marked, table

DOCS = ROOT / "docs"


class Docs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.place = Place(cls)
        done = cls.place.run("./shardmill run nightly.yaml")
        if done.returncode:
            raise AssertionError(done.stderr)
        cls.current = cls.place.path / "data/nightly/current"

    def test_every_marked_command_succeeds(self):
        commands = [(page.name, line) for page in PAGES if page.name != "README.md"
                    for _, block in marked(page, "checked") for line in block.splitlines()]
        self.assertGreaterEqual(len(commands), 8)
        for page, command in commands:
            with self.subTest(page=page, command=command):
                result = self.place.run(command)
                self.assertEqual(result.returncode, 0, result.stderr)

    def test_every_operator_and_setting_is_documented_and_no_other(self):
        declared = {}
        for operator in json.loads(self.place.run("./shardmill ops --json").stdout)["operators"]:
            declared[operator["name"]] = {p["name"] for p in operator["parameters"]}
        # `split` has its names among its settings.
        declared["split"] = declared["split"] - {"fractions"} | {"NAME"}
        documented = {}
        for section in (DOCS / "job-file.md").read_text().split("\n### ")[1:]:
            name, rows = section.split("\n", 1)
            cells = re.findall(r"^\| (`.*?) \|", rows.split("| setting |")[1].split("| preset |")[0],
                               re.MULTILINE)
            documented[name] = {re.match(r"\w+", s)[0] for cell in cells
                                for s in re.findall(r"`([^`]+)`", cell)}
        self.assertEqual(documented, declared)

    def test_every_check_and_its_settings_are_documented_and_no_other(self):
        declared = {check["name"]: {p["name"] for p in check["parameters"]} - {"level", "name"}
                    for check in json.loads(self.place.run("./shardmill ops --json").stdout)["checks"]}
        section = (DOCS / "job-file.md").read_text().split("\n## checks\n")[1].split("\n## ")[0]
        rows = re.findall(r"^\| `(\w+)` \| (.*?) \|", section, re.MULTILINE)
        self.assertEqual({name: set(re.findall(r"`(\w+)`", settings)) for name, settings in rows}, declared)

    def test_what_checks_say_has_the_documented_keys(self):
        (self.place.path / "checked.yaml").write_text(
            "dataset: checked\noutput: data/checked\nsources: [{name: s, read: corpus/*.jsonl.zst, columns: {text: body}}]\n"
            "checks: [row_count: {min: 1}]\n")
        done = self.place.run("./shardmill run checked.yaml")
        self.assertEqual(done.returncode, 0, done.stderr)
        [check] = json.loads((self.place.path / "data/checked/current/checks.json").read_text())["checks"]
        self.assertEqual(sorted(table(DOCS / "formats.md", "keys: checks")), sorted(check))

    def test_presets_are_as_documented(self):
        operators = json.loads(self.place.run("./shardmill ops --json").stdout)["operators"]
        presets = next(o["presets"] for o in operators if o["name"] == "dedup.minhash")
        rows = (DOCS / "job-file.md").read_text().split("| preset | unit |")[1].split("\n\n")[0]
        documented = {}
        for row in rows.splitlines()[2:]:
            name, *values = (cell.strip(" `") for cell in row.strip("|").split("|"))
            documented[name] = dict(zip(["unit", "shingle", "bands", "rows", "threshold"], values))
        self.assertEqual(documented, presets)

    def test_sections_of_the_job_are_those_of_the_schema(self):
        schema = json.loads(self.place.run("./shardmill schema").stdout)
        text = (DOCS / "job-file.md").read_text()
        top = text.split("## The job\n")[1].split("\n## ")[0]
        self.assertEqual(set(re.findall(r"^\| `(\w+)`", top, re.MULTILINE)),
                         set(schema["properties"]))

    def test_manifest_and_tables_have_the_documented_columns(self):
        manifest = json.loads((self.current / "manifest.json").read_text())
        self.assertEqual(sorted(table(DOCS / "formats.md", "keys: manifest")), sorted(manifest))
        for name in ("ledger", "clusters"):
            with h5py.File(next((self.current / name).glob("*.h5"))) as file:
                columns = {c.removesuffix(".valid") for c in file["columns"]}
            self.assertEqual(sorted(table(DOCS / "formats.md", f"columns: {name}")), sorted(columns))

    def test_what_decontaminate_makes_is_as_documented(self):
        (self.place.path / "found.yaml").write_text(
            "dataset: found\noutput: data/found\nsources: [{name: s, read: benchmarks/*, columns: {text: question}}]\n"
            "steps: [decontaminate: {against: benchmarks/*, action: report}]\n")
        done = self.place.run("./shardmill run found.yaml")
        self.assertEqual(done.returncode, 0, done.stderr)
        current = self.place.path / "data/found/current"
        tables = {path.name for path in (current / "tables").iterdir()}
        self.assertEqual(tables, {"contamination" + ending for ending in ("", "_sources", "_sweep", "_recall", "_excerpts")})
        for name in tables:
            with h5py.File(next((current / "tables" / name).glob("*.h5"))) as file:
                columns = {c.removesuffix(".valid") for c in file["columns"]}
            self.assertEqual(sorted(table(DOCS / "formats.md", f"columns: {name}")), sorted(columns))
        said = json.loads((current / "contamination.json").read_text())
        self.assertEqual(set(said), {"version", "dataset", "snapshot", "logical_digest", "documents", "steps"})
        self.assertEqual(sorted(table(DOCS / "formats.md", "keys: contamination")), sorted(said["steps"][0]))

    def test_every_published_file_is_in_the_list(self):
        page = (DOCS / "formats.md").read_text()
        for path in self.current.iterdir():
            self.assertIn(path.name, page)

    def test_links_lead_somewhere(self):
        for page in PAGES:
            for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
                self.assertTrue((page.parent / target).exists(), f"{page.name}: {target}")

    def test_the_recipe_to_copy_is_a_valid_job(self):
        recipes = ROOT / "jobs/recipes"
        for name in ("main.yaml", "demo.yaml"):
            # A wrong value is found when the file is read, before any input is looked for.
            result = self.place.run(f"./shardmill plan '{recipes / name}' --set nonsense=1")
            self.assertEqual(result.returncode, 2)
            self.assertIn("nonsense", result.stderr)
            result = self.place.run(f"./shardmill plan '{recipes / name}' --set output=/tmp/nothing")
            self.assertNotEqual(result.returncode, 2, result.stderr)


if __name__ == "__main__":
    unittest.main()
