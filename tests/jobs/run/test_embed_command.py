"""embed by a program: its answers on any ranks; programs that die, hang or print garbage."""

import math
import random
import shutil
import subprocess
import unittest
from pathlib import Path

import numpy

from embedded import Embed, vectors
from program import digests, run, write_job

PROGRAM = """
import json, os, struct, sys, time
marks = %r
def answer(text):
    sys.stdout.buffer.write(struct.pack("<3f", len(text), text.count("a"), 1))
def first_time():
    try:
        os.close(os.open(marks, os.O_CREAT | os.O_EXCL))
        return True
    except FileExistsError:
        return False
"""


class Command(Embed):
    STEP = ("\n  - embed: {from: command, column: p, dimensions: 3, command: [/usr/bin/python3, p.py], normalize: false, "
            "batch: %d, time_limit: 2}\n")

    def program_of(self, body, batch=7):
        (self.folder / "mark").unlink(missing_ok=True)
        head = PROGRAM % str(self.folder / "mark")
        (self.folder / "p.py").write_text(head + "\n" + body)
        write_job(self.folder, steps=(self.STEP % batch).replace("p.py", str(self.folder / "p.py")))
        shutil.rmtree(self.folder / "out", ignore_errors=True)

    def input(self, documents=300, size=20):
        choose = random.Random(1)
        rows = [{"id": str(i), "text": "".join(choose.choice("abé\"\n") for _ in range(choose.randrange(size)))} for i in range(documents)]
        for n in range(3):
            self.documents(rows[n::3], f"{n}.jsonl")
        return {row["id"]: [len(row["text"]), row["text"].count("a"), 1] for row in rows}

    def good(self, expected, **options):
        self.succeeds(run(self.folder, **options))
        self.assertEqual({i: v.tolist() for i, v in vectors(self.folder, "p").items()}, expected)

    def test_is_what_the_program_says_on_all_ranks(self):
        expected, all_digests = self.input(), []
        for ranks in (1, 2, 3):
            self.program_of("for line in sys.stdin:\n    answer(json.loads(line)['text']); sys.stdout.flush()", batch=7)
            self.good(expected, ranks=ranks)
            all_digests.append(digests(self.folder))
        self.assertEqual(all_digests[1:], all_digests[:1] * 2)

    def test_chunks_are_the_text_as_it_stands(self):
        texts = ["A b, c. D e\nf!", "a", "", "...", "b " * 300 + "a"]
        self.documents([{"id": str(i), "text": text} for i, text in enumerate(texts)])
        body = "for line in sys.stdin:\n    answer(json.loads(line)['text']); sys.stdout.flush()"
        unit = lambda text: numpy.array([len(text), text.count("a"), 1]) / math.dist([0, 0, 0], [len(text), text.count("a"), 1])
        wanted = [["A b, c. ", "D e\nf!"], ["a"], [""], ["..."], ["b b b "] * 100 + ["a"]]
        for batch, ranks in ((7, 1), (1, 2), (1000, 1)):
            self.program_of(body, batch)
            job = self.folder / "job.yaml"
            job.write_text(job.read_text().replace("dimensions: 3", "dimensions: 3, chunk: 3"))
            self.succeeds(run(self.folder, ranks=ranks))
            for i, vector in vectors(self.folder, "p").items():
                numpy.testing.assert_allclose(vector, numpy.mean([unit(part) for part in wanted[int(i)]], axis=0), rtol=1e-5)

    def test_full_pipes_both_ways_are_no_deadlock(self):
        """A batch of more bytes than pipes hold, answered only at its end, and much said on stderr."""
        self.input(60, 60000)
        for more in ("pass", "sys.stderr.write('x' * 100000)"):
            self.program_of("for line in sys.stdin:\n    sys.stdout.buffer.write(struct.pack('<3f', len(line), 1, 1) * 5000)\n"
                            "    sys.stdout.flush(); %s" % more, 60)
            job = self.folder / "job.yaml"
            job.write_text(job.read_text().replace("dimensions: 3", "dimensions: 15000").replace("time_limit: 2", "time_limit: 20"))
            self.succeeds(run(self.folder))
            self.assertEqual({len(v) for v in vectors(self.folder, "p").values()}, {15000})
        self.program_of("texts = [json.loads(sys.stdin.readline())['text'] for _ in range(20)]\nfor t in texts: answer(t)\n"
                        "sys.stdout.flush()\nassert not sys.stdin.read()", 20)
        self.documents([{"id": str(i), "text": "a" * 50000} for i in range(20)], "0.jsonl")
        for name in "12":
            (self.folder / f"in/{name}.jsonl").unlink()
        self.good({str(i): [50000, 50000, 1] for i in range(20)})

    def test_dying_once_costs_nothing(self):
        expected = self.input()
        for death in ("os._exit(3)", "os.kill(os.getpid(), 9)", "answer('x'); sys.stdout.flush(); os._exit(0)", "os.close(1); time.sleep(60)"):
            self.program_of("n = 0\nfor line in sys.stdin:\n    n += 1\n    if n == 12 and first_time(): %s\n"
                            "    answer(json.loads(line)['text']); sys.stdout.flush()" % death)
            self.good(expected)

    def test_dying_always_hanging_and_garbage_are_errors(self):
        self.input()
        loop = "for line in sys.stdin:\n    %s\n    sys.stdout.flush()"
        for body, *says in (
                ("sys.exit('no\\nmodel')", "ended 4 times", "exit status 1", "its last words: no|model"),
                ("os.kill(os.getpid(), 11)", "ended 4 times", "ended by signal 11"),
                ("import nothing_like_this", "ended 4 times", "No module named"),
                (loop % "pass", "no answer to a batch within 2 s"),
                (loop % "sys.stdout.buffer.write(b'12345')", "no answer to a batch within 2 s", 'begins with "12345123451234512345123451234512345" (as'),
                ("time.sleep(60)", "no answer to a batch within 2 s"),
                ("print('Loading model', 'x' * 90, flush=True)\ntime.sleep(1)\n" + loop % "answer('x')", "more than the bytes",
                 'its stdout begins with "Loading model ' + "x" * 46 + '" (as text)'),
                ("print('usage: embed MODEL')", "ended 4 times", 'exit status 0; its stdout begins with "usage: embed MODEL." (as text)'),
                ("print('ok', flush=True)\n" + loop % "sys.stdout.buffer.write(struct.pack('<3f', 1, float('nan'), 1))", 'begins with "ok.'),
                (loop % "answer('x'); answer('y')", "more than the bytes", 'begins with "...?.......?'),
                ("for line in sys.stdin:\n    answer('x'); sys.stdout.flush()\nanswer('x')", "more than the bytes"),
                ("for line in sys.stdin:\n    answer('x'); sys.stdout.flush()\ntime.sleep(60)", "did not end within 2 s"),
                ("for line in sys.stdin:\n    answer('x'); sys.stdout.flush()\nsys.exit('late')", "exit status 1 after its last answer", "late"),
                (loop % "sys.stdout.buffer.write(struct.pack('<3f', 1, float('nan'), 1))", "not finite", "document"),
                (loop % "sys.stdout.buffer.write(struct.pack('<3f', 1, float('inf'), 1))", "not finite")):
            with self.subTest(body):
                self.program_of(body)
                self.fails("embed", *says)
        self.program_of("sys.exit(3)")
        self.fails("ended 4 times", ranks=2)
        write_job(self.folder, steps=(self.STEP % 7).replace("/usr/bin/python3", "/nowhere/python"))
        self.fails("cannot run '/nowhere/python'", "No such file")

    def test_the_recipe_says_what_it_needs(self):
        done = subprocess.run(["/usr/bin/python3", "-I", Path(__file__).parents[3] / "jobs/recipes/embed_sentences.py", "m"],
                              capture_output=True, text=True, stdin=subprocess.DEVNULL)
        self.assertIn("sentence-transformers", done.stderr)


if __name__ == "__main__":
    unittest.main()
