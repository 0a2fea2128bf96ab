"""What a step publishes changes only together with the step's version.

Stored sketches, decisions and shards are reused under fingerprints that hold the version: output
that changes without it would be mixed with the old one. After a change that is meant, raise the
version in jobs/spec/declarations.cpp and run this file with SHARDMILL_GOLDEN=write.
"""

import json
import os
import random
import subprocess
import unittest
from pathlib import Path

import numpy

from program import BINARY, ENVIRONMENT, InFolder, manifest, run, write_job
from tests.built_with import lacks

GOLDEN = Path(__file__).with_name("golden.json")
PROGRAM = ("import sys, struct\nfor line in sys.stdin:\n    sys.stdout.buffer.write(struct.pack(\"<2f\", len(line), 1))\n"
           "    sys.stdout.flush()\n")
STEPS = {
    "normalize": ["{unicode: nfc, control_characters: true, whitespace: true, case_fold: true}"],
    "filter": ["{min_words: 20, max_characters: 350}", "{where: \"score > 40\"}"],
    "exclude": ["{ids: gone.txt}"],
    "dedup.exact": ["{}", "{keep: ['highest:score']}"],
    "dedup.minhash": [f"{{preset: {preset}}}" for preset in
                      ("fineweb", "dolma3", "bigcode", "nemo", "lee2021")],
    "dedup.semantic": ["{column: vector}", "{column: vector, threshold: 0.9, clusters: 12, probes: 3, keep: ['highest:score']}",
                       "{column: vector, threshold: 0.8, cluster: components}",
                       "{column: vector, clusters: 5, probes: 1, keep: [hard], chain: true}",
                       "{column: vector, clusters: 5, threshold: 0.9, keep: [easy], neighbours: 1}"],
    "aggregate": ["{name: t, by: [score, tags], values: {n: count, s: 'sum:score', m: 'mean:score', d: 'distinct:id'}}"],
    "join": ["{with: scores.csv, format: csv, on: {score: points}, columns: {mark: mark, tags: t}, "
             "multiplicity: first, on_conflict: left}", "{with: scores.csv, format: csv, on: {score: points}, "
             "columns: {marks: mark}, kind: inner, multiplicity: all}"],
    "decontaminate": ["{against: quiz.jsonl}", "{against: quiz.jsonl, decide: [ngram, coverage], action: report}",
                      "{against: quiz.jsonl, action: cut_span, margin: 1, min_rest: 2}",
                      "{against: quiz.jsonl, embed: hashed, decide: embedding, embedding: 0.7, planted: 40}"],
    "embed": ["{from: column, of: numbers, column: v}", "{from: column, of: numbers, column: numbers, normalize: false}",
              "{from: hashed, column: v}", "{from: static, vectors: v.txt, column: v}",
              "{from: static, vectors: v.txt, column: v, components: 2}",
              "{from: hashed, column: v, frequencies: f.txt}", "{from: static, vectors: v.txt, column: v, frequencies: f.txt}",
              "{from: hashed, column: v, chunk: 20, overlap: 5}",
              "{from: npy, vectors: v.npy, ids: ids.txt, column: v}",
              "{from: command, command: [/usr/bin/python3, p.py], dimensions: 2, column: v}"],
    "tokenize": ["{encoding: bytes}"],
    "nearest": ["{column: vector, against: ../dedup.semantic/out, k: 3}",
                "{column: vector, against: ../dedup.semantic/out, clusters: 12, probes: 2, name: near}"],
    "split": ["{train: 0.5, test: 0.5}", "{train: 0.5, test: 0.5, group_by: [score, tags]}"],
}
WORDS = ["Straße", "é", "e\u0301", "漢字", "かな", "ไทย", "\u00a0", "ﬁne", "tab\tbed", "nul\u0001", "İ"]


# What only the documents of these steps have.
MORE = {
    "embed": lambda family, copy: {"numbers": [family, copy / 3, -1]} if family % 9 else {},
    "dedup.semantic": lambda family, copy: {"vector": vector(family, copy)},
    "nearest": lambda family, copy: {"vector": vector(family + 1, copy)},
}


def without_vectors(name, settings):
    """Whether a build without FAISS refuses these settings of a step that it has."""
    return name == "decontaminate" and "embed:" in settings and lacks("dedup.semantic")


def vector(family, copy):
    return [(family >> b & 1) - 0.5 + copy * family % 11 / 30 * (b % 3) for b in range(7)]


def documents(op=None):
    """Families of edited copies: similarities all around the thresholds."""
    choose = random.Random(11)
    for family in range(120):
        words = [f"w{choose.randrange(2000)}" for _ in range(60)]
        for _ in range(4):
            words[choose.randrange(60)] = choose.choice(WORDS)
        for copy in range(5):
            edited = list(words)
            exact = copy == 4 and family % 3 == 0
            for _ in range(0 if exact else copy * (1 + family % 3)):
                edited[choose.randrange(60)] = f"e{choose.randrange(1 << 30)}"
            yield {"id": f"{family}-{copy}", "text": " ".join(edited), "score": choose.randrange(100),
                   "tags": [family % 7, None], **MORE.get(op, lambda family, copy: {})(family, copy)}


class Golden(InFolder):
    def folder_of(self, op):
        return self.folder / op if op in MORE else self.folder

    def digest(self, op, settings):
        folder = self.folder_of(op)
        write_job(folder, steps=f"\n  - {op}: {settings}\n")
        self.succeeds(run(folder, "--fresh", "--memory", "512MiB"))
        if op == "dedup.semantic":
            self.assertGreater(manifest(folder)["dropped"][op]["semantic_duplicate"], 0)
        return manifest(folder)["logical_digest"]

    def test_output_and_versions_change_together(self):
        for op in (None, *MORE):
            (self.folder_of(op) / "in").mkdir(parents=True, exist_ok=True)
            (self.folder_of(op) / "in/a.jsonl").write_text("".join(json.dumps(d) + "\n" for d in documents(op)))
        (self.folder / "gone.txt").write_text("3-1\n5-0\n")
        (self.folder / "quiz.jsonl").write_text("".join(
            json.dumps({"id": d["id"], "text": " ".join(d["text"].split()[n % 7 : 30 - n % 5])}) + "\n"
            for n, d in enumerate(documents()) if n % 3 == 0))
        (self.folder_of("embed") / "v.txt").write_text("".join(f"w{i} {i % 7} 1 {i / 9}\n" for i in range(1500)))
        (self.folder_of("embed") / "f.txt").write_text("".join(f"w{i} {2000 - i}\n" for i in range(1900)))
        ids = [f"{family}-{copy}" for family in range(100) for copy in range(5)]
        (self.folder_of("embed") / "ids.txt").write_text("".join(id_ + "\n" for id_ in ids))
        numpy.save(self.folder_of("embed") / "v.npy", numpy.arange(1500, dtype="<f4").reshape(500, 3) % 11)
        (self.folder_of("embed") / "p.py").write_text(PROGRAM)
        (self.folder / "scores.csv").write_text("points,mark,t\n" + "".join(
            f"{n * n % 90},{n / 4},x\n" for n in range(60)))
        ops = json.loads(subprocess.run([BINARY, "ops", "--json"], capture_output=True, check=True,
                                        env=ENVIRONMENT).stdout)["operators"]
        self.assertEqual({op["name"] for op in ops}, set(STEPS), "every step has a golden digest")
        golden = json.loads(GOLDEN.read_text()) if GOLDEN.exists() else {}
        now, unannounced = {}, []
        for op in ops:
            name = op["name"]
            if op["lacks"]:
                print(f"{name} is passed over: the build lacks {op['lacks']}")
                now[name] = golden[name]
                continue
            now[name] = {"version": op["version"],
                         "digests": {s: self.digest(name, s) for s in STEPS[name] if not without_vectors(name, s)}}
            now[name]["digests"] |= {s: golden[name]["digests"][s] for s in STEPS[name] if without_vectors(name, s)}
            before = golden.get(name, {"version": 0, "digests": {}})
            if before["version"] == op["version"]:
                unannounced += [f"{name}: {settings}" for settings, digest in
                                before["digests"].items() if now[name]["digests"].get(settings) != digest]
        self.assertEqual(unannounced, [], "other output, same version")
        nothing = self.digest("filter", "{min_words: 1}")
        for name, op in now.items():
            self.assertNotIn(nothing, op["digests"].values(), f"{name} does nothing here")
        if os.environ.get("SHARDMILL_GOLDEN") == "write":
            GOLDEN.write_text(json.dumps(now, indent=1, ensure_ascii=False) + "\n")
        else:
            self.assertEqual(now, golden, "write golden.json again")


if __name__ == "__main__":
    unittest.main()
