"""The score `embedding` of decontaminate: items that share no words with a document, by vectors of a program
that knows what means the same; ranks, failing programs, and what makes a run look again."""

import json
import unittest

from contamination_folder import FILLER, ContaminationFolder, lines
from program import digests, manifest, run

# Numbers of a vector are topics; words of the same topic mean the same.
PROGRAM = """
import json, struct, sys
TOPICS = [("car", "automobile"), ("fast", "rapid"), ("river", "stream"), ("bridge", "crossing"), ("old", "ancient")]
for line in sys.stdin:
    words = json.loads(line)["text"].lower().split()
    numbers = [float(sum(word.strip(".?") in topic for word in words)) for topic in TOPICS]
    numbers.append(0.5 if not any(numbers) else 0.0)
    %s
    sys.stdout.buffer.write(struct.pack("<6f", *numbers))
    sys.stdout.buffer.flush()
"""
ITEM = "Which fast car went over that ancient bridge?"
PARAPHRASE = "An old crossing bears one rapid automobile."
STEP = ('{against: b/*.jsonl, embed: command, command: [/usr/bin/python3, p.py], dimensions: 6, decide: [aligned, embedding], '
        "embedding: 0.9, planted: 8%s}")


class Embedding(ContaminationFolder):
    def setUp(self):
        super().setUp()
        self.benchmark("quiz.test.jsonl", lines([{"id": "car", "question": ITEM}, {"id": "river", "question": "Which river is near the stream?"}]))
        self.program("")

    def program(self, more):
        (self.folder / "p.py").write_text(PROGRAM % more)

    def rows(self):
        return {(row["id"], row["witness"]): row for row in self.ledger() if row["witness"]}

    def report(self):
        [step] = json.loads((self.folder / "out/current/contamination.json").read_text())["steps"]
        return step

    def test_what_means_the_same_is_found_where_it_stands(self):
        self.input(FILLER * 3, FILLER * 2 + PARAPHRASE + " " + FILLER * 2, ITEM)
        self.job(STEP % "")
        self.succeeds(run(self.folder, ranks=2))
        rows = self.rows()
        self.assertEqual({key: (row["fate"], row["detector"]) for key, row in rows.items()},
                         {("1", "quiz/car"): ("dropped", "embedding"), ("2", "quiz/car"): ("dropped", "aligned")})
        begin, end = rows["1", "quiz/car"]["span"]
        self.assertIn("crossing bears one rapid automobile", (FILLER * 2 + PARAPHRASE + " " + FILLER * 2)[begin:end])
        self.assertEqual(rows["1", "quiz/car"]["score"], {"num": 1_000_000, "den": 1_000_000})
        self.assertEqual(self.items(), {"quiz/car": ("dirty", 2, "0:" + str(self.offset(2))), "quiz/river": ("clean", 0, "")})
        sweep = {(row["benchmark"], row["score"], row["at_least"]): row["documents"] for row in self.report()["sweep"]}
        self.assertEqual((sweep["quiz", "embedding", 90], sweep["quiz", "aligned", 50]), (2, 1))
        kinds = {row["kind"]: row for row in self.report()["recall"] if row["score"] == "embedding" and row["words"] == "8-12"}
        self.assertEqual(kinds["verbatim"]["found"], 1)
        one = digests(self.folder)
        for ranks, environment in ((1, {}), (3, {"SHARDMILL_FORCE_SPILL": "1"}), (5, {})):
            self.succeeds(run(self.folder, "--fresh", "--memory", "256MiB", ranks=ranks, environment=environment))
            self.assertEqual(digests(self.folder), one, ranks)

    def test_without_vectors_there_is_no_such_score(self):
        self.input(PARAPHRASE)
        self.job("{against: b/*.jsonl}")
        self.succeeds(run(self.folder))
        self.assertEqual({row["score"] for row in self.report()["sweep"]}, {"aligned", "part", "short", "ngram", "coverage", "idf"})
        self.assertFalse(any(row["score"] == "embedding" for row in self.report()["recall"]))

    def test_what_is_only_near_is_in_the_sweep_alone(self):
        self.input("An old crossing and one rapid river.", FILLER)
        self.job(STEP % ", action: report")
        self.succeeds(run(self.folder))
        self.assertEqual((self.rows(), self.items()["quiz/car"]), ({}, ("clean", 0, "")))
        sweep = {(row["score"], row["at_least"]): row["documents"] for row in self.report()["sweep"]}
        self.assertEqual((sweep["embedding", 75], sweep["embedding", 80]), (1, 0))
        self.assertEqual([row["partly"] + row["dirty"] for row in self.report()["sources"]], [])

    def test_a_program_that_fails_ends_the_run(self):
        self.input(FILLER)
        self.job(STEP % "")
        for more, says in (("numbers[0] = float('nan')", "quiz/car has a number that is not finite"),
                           ("sys.exit(3)", "ended 4 times before its answer"),
                           ("if 'rain' in line: sys.stdout.buffer.write(b'x')", "wrote more than the bytes that it was asked for")):
            self.program(more)
            done = run(self.folder, "--fresh", ranks=2)
            self.assertEqual(done.returncode, 4, done.stderr)
            self.assertIn(says, done.stderr)

    def test_other_word_vectors_look_again_and_another_threshold_does_not(self):
        table = lambda rapid: "".join("%s %s\n" % row for row in {
            "fast": "1 0 0", "car": "0 1 0", "rapid": rapid, "automobile": "0 1 0"}.items())
        (self.folder / "v.txt").write_text(table("1 0 0"))
        step = "{against: b/*.jsonl, embed: static, vectors: v.txt, decide: embedding, embedding: %s, planted: 0}"
        self.input("A rapid automobile.", FILLER)
        self.job(step % "0.9")
        self.succeeds(run(self.folder))
        self.assertEqual({key: row["detector"] for key, row in self.rows().items()}, {("0", "quiz/car"): "embedding"})
        self.job(step % "0.999")
        self.succeeds(run(self.folder))
        self.assertEqual((self.rows(), manifest(self.folder, "run.json")["fragments_sketched"]), ({}, 0))
        (self.folder / "v.txt").write_text(table("0 0 1"))
        self.job(step % "0.9")
        self.succeeds(run(self.folder))
        self.assertEqual((self.rows(), manifest(self.folder, "run.json")["fragments_sketched"]), ({}, 1))

    def test_items_without_a_vector_are_counted(self):
        self.program("if 'river' in words: numbers = [0.0] * 6")
        self.input(FILLER)
        self.job(STEP % "")
        self.assertIn("of 2 items 1 have no vector", self.succeeds(run(self.folder, ranks=2)).stderr)

    def test_a_plan_starts_no_program(self):
        self.input(FILLER)
        self.job(STEP % "")
        self.program("open('started', 'w')")
        self.command("plan", "job.yaml")
        self.assertFalse((self.folder / "started").exists())


if __name__ == "__main__":
    unittest.main()
