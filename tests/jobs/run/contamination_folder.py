"""A dataset of few documents with a benchmark beside it."""

import json
import subprocess

import h5py

from program import BINARY, ENVIRONMENT, InFolder, write_job

CATS = "Why do cats have whiskers on their 2 cheeks?"
RACE = "Who won the first long race through the dark wood in 1896, and with how many runners behind?"
FILLER = "It rained in the town and nobody went out for a walk that day. "


def lines(rows):
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


class ContaminationFolder(InFolder):
    def setUp(self):
        super().setUp()
        (self.folder / "b").mkdir()
        self.benchmark("quiz.test.jsonl", lines([{"id": "cats", "question": CATS}, {"id": 7, "question": RACE},
                                                 {"text": "Which of these is no mammal at all?"}]))

    def benchmark(self, name, content):
        (self.folder / "b" / name).write_bytes(content)

    def job(self, *steps, more=""):
        write_job(self.folder, more, steps="\n" + "".join(f"  - decontaminate: {step}\n" for step in steps))

    def input(self, *texts):
        self.put("in.jsonl", lines({"id": str(i), "text": text} for i, text in enumerate(texts)))

    def outcome(self, *words):
        return subprocess.run([BINARY, *words], cwd=self.folder, env=ENVIRONMENT, capture_output=True, text=True)

    def command(self, *words):
        return self.succeeds(self.outcome(*words)).stdout

    def ledger(self, *options):
        return [json.loads(line) for line in self.command("ledger", "out", "--json", *options).splitlines()]

    def items(self, name="contamination"):
        rows = {}
        for path in sorted((self.folder / "out/current/tables" / name).glob("*.h5")):
            with h5py.File(path) as shard:
                columns = {}
                for column in ("benchmark", "item", "state", "document"):
                    data, at = shard["columns"][column]["bytes"][:].tobytes(), shard["columns"][column]["offsets"][:]
                    columns[column] = [data[a:b].decode() for a, b in zip(at, at[1:])]
                dirty = shard["columns/dirty"][:]
            for row in zip(columns["benchmark"], columns["item"], columns["state"], dirty, columns["document"]):
                rows[row[0] + "/" + row[1]] = row[2:]
        return rows

    def offset(self, document):
        return sum(len(line) + 1 for line in (self.folder / "in/in.jsonl").read_bytes().split(b"\n")[:document])
