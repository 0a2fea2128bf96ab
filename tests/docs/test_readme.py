"""The README: its commands work on its job file, and its Python reads what they published."""

import json
import re
import unittest

from documents import ROOT, Place, marked

README = ROOT / "README.md"


class Readme(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.place = Place(cls)
        cls.commands = [line for _, block in marked(README, "checked") for line in block.splitlines()]
        cls.results = [(command, cls.place.run(command)) for command in cls.commands]

    def test_every_command_of_the_example_succeeds(self):
        self.assertGreaterEqual(len(self.results), 8)
        for command, result in self.results:
            with self.subTest(command=command):
                self.assertEqual(result.returncode, 0, result.stderr)

    def test_the_second_run_finds_nothing_to_do(self):
        runs = [result for command, result in self.results if command.startswith("./shardmill run")]
        self.assertEqual(len(runs), 2)
        self.assertIn("nothing changed", runs[1].stderr)

    def test_the_python_reads_all_documents_that_were_kept(self):
        exported = self.place.run("./shardmill export data/nightly --to -").stdout.splitlines()
        documents = [json.loads(line) for line in exported]
        train = sorted(d["text"] for d in documents if d["split"] == "train")
        self.assertGreater(len(train), 100)
        (_, code), = marked(README, "python")
        self.assertLessEqual(len(code.strip().splitlines()), 6)
        (self.place.path / "read.py").write_text(
            code + "    everything = globals().get('everything', []) + texts\n"
            "import json; print(json.dumps(everything))\n")
        result = self.place.run("/usr/bin/python3 read.py")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(sorted(json.loads(result.stdout)), train)

    def test_it_is_short_and_its_links_lead_somewhere(self):
        text = README.read_text()
        self.assertLessEqual(len(text.splitlines()), 150)
        for target in re.findall(r"\]\(([^)#]+)\)", text):
            self.assertTrue((ROOT / target).exists(), target)


if __name__ == "__main__":
    unittest.main()
