"""Sketches lie beside the documents they are of: another setting, benchmark or tokenizer takes them again from what the
store keeps, reads no source, and publishes what a full rebuild of the new job does."""

import json
import os
import random
import shutil
import time
import unittest

from program import digests, lines, manifest, run, write_job
from snapshots import Snapshots

SEED = int(os.environ.get("SHARDMILL_SEED", time.time()))
# Settings that sketches are made of, and others.
STEPS = [("dedup.exact: {keep: [%s]}", ("longest", "shortest")),
         ("dedup.minhash: {bands: %d, rows: 4, threshold: 0.7}", (20, 24)),
         ("dedup.semantic: {column: %s, threshold: 0.97}", ("v", "w")),
         ("decontaminate: {against: %s}", ("one/*", "two/*")),
         ("tokenize: {encoding: bytes, allow_special: %s}", ("false", "true")),
         ("split: {train: 0.5, test: 0.5, group_by: [%s]}", ("author", "thread"))]
FILTER = "\n  - filter: {min_words: 3}"
NORMALIZE = "\n  - normalize: {case_fold: true}"
EXCLUDE = "\n  - exclude: {ids: down.txt}"


def with_fields(content, seed):
    """Also vectors, authors and threads; of seven documents one has too few words, and one a special token."""
    choose, rows = random.Random(seed), []
    for number, line in enumerate(content.splitlines()):
        row = json.loads(line)
        row["text"] = {3: "Too Few", 5: row["text"] + "<|endoftext|>"}.get(number % 7, row["text"])
        row.update({name: [choose.random() for _ in range(4)] for name in "vw"})
        row.update({name: "%d" % choose.randrange(9) for name in ("author", "thread")})
        rows.append(json.dumps(row).encode() + b"\n")
    return b"".join(rows)


class Sketches(Snapshots):
    def setUp(self):
        super().setUp()
        print("seed", SEED, flush=True)
        self.choose = random.Random(SEED)
        self.contents = {self.put(f"{name}.jsonl", content): content for name, content in (
            ("a", with_fields(lines(70, seed=1), 1)), ("b", with_fields(lines(90, seed=2), 2)))}
        texts = [json.loads(line)["text"] for content in self.contents.values() for line in content.splitlines()]
        for name, chosen in (("one", texts[6:9]), ("two", texts[8:9] + texts[90:97])):
            (self.folder / name).mkdir()
            (self.folder / name / "items.jsonl").write_text("".join(json.dumps({"question": text}) + "\n" for text in chosen))
        (self.folder / "down.txt").write_text("1-8\n2-40\n")
        self.chosen = [0] * len(STEPS)

    def job(self, first=FILTER, between=""):
        steps = ["\n  - " + step % values[which] for (step, values), which in zip(STEPS, self.chosen)]
        write_job(self.folder, steps=first + "".join(steps[:4]) + between + "".join(steps[4:]))

    def change(self, steps):
        for step in steps:
            self.chosen[step] ^= 1

    def runs(self):
        self.succeeds(run(self.folder, "--memory", "512MiB", ranks=self.choose.randrange(1, 4)))

    def did(self):
        record = manifest(self.folder, "run.json")
        return record["fragments_read"], record["fragments_sketched"]

    def sources_give(self, nonsense):
        """Who reads a source now gets nonsense, or what was there; of the same size, and as old."""
        for file, content in self.contents.items():
            was = file.stat()
            file.write_bytes(b"x" * len(content) if nonsense else content)
            os.utime(file, ns=(was.st_atime_ns, was.st_mtime_ns))

    def is_as_rebuilt(self):
        self.call("verify", "out")
        found = digests(self.folder)
        (self.folder / "out").rename(self.folder / "nights")
        (self.folder / "out").mkdir()
        shutil.copy2(self.folder / "nights/catalog.json", self.folder / "out")
        self.runs()
        self.assertEqual(found, digests(self.folder))
        shutil.rmtree(self.folder / "out")
        (self.folder / "nights").rename(self.folder / "out")

    def files(self):
        return {path.name: path.stat().st_ino for path in (self.folder / "out/store/sketches").iterdir()}

    def test_other_settings_read_no_source(self):
        self.job()
        self.runs()
        self.assertEqual(self.did(), (1, 0))
        order = self.choose.sample(range(len(STEPS)), len(STEPS))
        for steps in (*([step] for step in order), order[:3]):
            self.change(steps)
            self.job()
            self.sources_give(nonsense=True)
            before = self.files()
            self.runs()
            self.sources_give(nonsense=False)
            self.assertEqual(self.did(), (0, 0 if set(self.files()) == set(before) else 1), steps)
            self.assertLessEqual(before.items(), self.files().items())
            self.is_as_rebuilt()
        self.assertEqual(len(self.files()), 2 * len(STEPS))

    def test_what_was_taken_down_stays_so(self):
        self.job(first=EXCLUDE + FILTER)
        self.runs()
        self.change(range(len(STEPS)))
        self.job(first=EXCLUDE + FILTER)
        self.sources_give(nonsense=True)
        self.runs()
        self.assertEqual(self.did(), (0, 1))
        self.sources_give(nonsense=False)
        self.is_as_rebuilt()
        # What was sketched without them is not taken for sketches of all.
        (self.folder / "down.txt").write_text("1-8\n")
        self.runs()
        self.assertEqual(self.did(), (1, 0))
        self.change(range(len(STEPS)))
        self.job(first=EXCLUDE + FILTER)
        self.runs()
        self.assertEqual(self.did(), (0, 1))
        self.is_as_rebuilt()

    def test_what_a_later_step_changes_is_read_again(self):
        self.job(between=NORMALIZE)
        self.runs()
        for steps, did in (([1, 4], (0, 1)), ([0], (1, 0)), ([3, 5], (0, 1)), ([2], (1, 0))):
            self.change(steps)  # texts are kept for two of the steps before it
            self.job(between=NORMALIZE)
            self.runs()
            self.assertEqual(self.did(), did, steps)
            self.is_as_rebuilt()

    def test_lost_and_damaged_ones_are_taken_again(self):
        self.job()
        self.runs()
        one = digests(self.folder)
        for path in (self.folder / "out/store/sketches").iterdir():
            kept = path.read_bytes()
            for content in (None, kept[:self.choose.randrange(len(kept))], b""):
                path.unlink()
                if content is not None:
                    path.write_bytes(content)
                shutil.rmtree(self.folder / "out/store/steps")
                self.put("c.jsonl", with_fields(lines(2, seed=self.choose.randrange(10**6)), 3))
                self.sources_give(nonsense=True)
                self.runs()
                self.sources_give(nonsense=False)
                self.assertEqual(self.did(), (1, 1))
                self.assertEqual(path.read_bytes(), kept)
        (self.folder / "in/c.jsonl").unlink()
        self.runs()
        self.assertEqual(digests(self.folder), one)

    def test_two_equal_steps_around_one_that_changes_texts(self):
        self.put("c.jsonl", b'{"id": "x", "text": "Once upon a time"}\n{"id": "y", "text": "once upon a time"}\n')
        twice = "\n  - dedup.exact: {}\n  - dedup.exact: {}"
        for steps, files, dropped in ((twice, 1, {}), (twice.replace("}\n", "}" + NORMALIZE + "\n"), 2, {"dedup.exact#4": 1})):
            write_job(self.folder, steps="\n  - filter: {min_words: 3}" + steps)
            shutil.rmtree(self.folder / "out", ignore_errors=True)
            self.runs()
            self.assertEqual(len(self.files()), files)
            told = {step: sum(reasons.values()) for step, reasons in manifest(self.folder)["dropped"].items() if "exact" in step}
            self.assertEqual({step: count for step, count in told.items() if count}, dropped)

    def test_pairs_are_of_the_texts_that_the_step_saw(self):
        """dedup.minhash moves behind a step that changes texts; another one that needs them takes its place."""
        texts = [json.loads(line)["text"] for line in lines(20).splitlines()]
        pairs = [{"id": f"{number} {inside}", "text": text.replace("w", "w" + inside)}
                 for number, text in enumerate(texts) for inside in ("", "\1")]
        self.put("c.jsonl", b"".join(json.dumps(row).encode() + b"\n" for row in pairs))
        minhash, decontaminate = ("\n  - " + STEPS[step][0] % STEPS[step][1][0] for step in (1, 3))
        for steps in (minhash + NORMALIZE + decontaminate, decontaminate + NORMALIZE + minhash):
            write_job(self.folder, steps=steps.replace("case_fold", "control_characters") + "\n")
            self.runs()
        self.assertEqual(self.did(), (0, 1))
        self.assertGreaterEqual(manifest(self.folder)["dropped"]["dedup.minhash"]["near_duplicate"], 20)
        self.is_as_rebuilt()

    def test_a_document_that_is_gone_stops_no_step(self):
        self.put("c.jsonl", b'{"id": "x", "text": "some words here", "v": [1, 0, 0, 0], "w": "oops"}\n')
        self.job()
        self.runs()
        self.change([2])
        self.job()
        done = run(self.folder, "--memory", "512MiB")
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertIn(" x", done.stderr)
        self.put("c.jsonl", b'{"id": "x", "text": "some words here", "v": [1, 0, 0, 0], "w": [0, 1, 0, 0]}\n')
        self.runs()
        self.is_as_rebuilt()

    def test_a_file_that_was_away_during_a_dry_run_is_read(self):
        write_job(self.folder, steps="\n  - dedup.exact: {keep: [longest]}" + NORMALIZE + "\n")
        self.runs()
        write_job(self.folder, steps="\n  - dedup.exact: {keep: [shortest]}" + NORMALIZE + "\n")
        [file, _] = self.contents
        file.rename(self.folder / "away")
        self.succeeds(run(self.folder, "--memory", "512MiB", "--dry-run"))
        (self.folder / "away").rename(file)
        self.runs()
        self.assertGreater(manifest(self.folder)["documents_kept"], 120)
        self.is_as_rebuilt()

    def test_a_takedown_purges_those_of_fragments_that_were_read_again(self):
        """A fragment that is read again has the name of before: what other settings noted of it is of nobody."""
        for special, ids in ((0, ["1-8"]), (1, ["1-8"]), (1, ["2-40"])):
            (self.folder / "down.txt").write_text("\n".join(ids) + "\n")
            self.chosen[4] = special
            self.job(first=EXCLUDE + FILTER)
            self.runs()
        self.assertEqual(len(self.files()), len(STEPS) + 1)
        self.call("gc", "out", "--purge", "down.txt")
        self.assertEqual(len(self.files()), len(STEPS))

    def test_a_takedown_purges_them(self):
        self.job(first=EXCLUDE.replace("down", "nobody") + FILTER)
        (self.folder / "nobody.txt").write_text("")
        self.runs()
        old = self.files()
        self.job(first=EXCLUDE + FILTER)
        self.runs()
        self.assertEqual(self.files(), old)
        self.call("gc", "out", "--purge", "down.txt")
        self.assertEqual(self.files(), {})
        self.runs()


if __name__ == "__main__":
    unittest.main()
