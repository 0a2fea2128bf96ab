"""Mixing: how often documents stand in the token shards, by source, column and size of cluster."""

import hashlib
import json
import shutil
import subprocess
import unittest
from collections import Counter

import h5py
from program import BINARY, InFolder, manifest, run, write_job

STEPS = "\n  - dedup.exact: {}\n  - tokenize: {encoding: bytes}\n  - split: {train: 0.8, test: 0.2}\n"


def documents(source, n, language="en"):
    return "".join(json.dumps({"id": f"{source}-{i}", "lang": language, "text": f"{source} number {i} " + "x" * (i % 40)}) + "\n"
                   for i in range(n)).encode()


class Weights(InFolder):
    def setUp(self):
        super().setUp()
        self.put("books.jsonl", documents("books", 300))
        self.put("web.jsonl", documents("web", 600, "de"))

    def job(self, settings, steps=STEPS):
        write_job(self.folder, steps=steps, extra="write: {tokens: {shard_size: 16KiB, %s}}" % settings)
        path = self.folder / "job.yaml"
        path.write_text(path.read_text().replace(
            "sources:", "sources:\n  - {name: books, read: in/books.jsonl}\n  - {name: web, read: in/web*}\nunused:", 1)
            .split("unused:")[0] + "steps:" + path.read_text().split("steps:", 1)[1])

    def copies(self, split):
        """id -> how often, and its tokens."""
        found, tokens = Counter(), Counter()
        for path in (self.folder / "out/current/token_documents" / split).rglob("*.h5"):
            with h5py.File(path, "r") as file:
                columns = file["columns"]
                ends, content = columns["id"]["offsets"][:], columns["id"]["bytes"][:].tobytes()
                for i, (copy, n) in enumerate(zip(columns["copy"][:].tolist(), columns["tokens"][:].tolist())):
                    name = content[ends[i]:ends[i + 1]].decode()
                    found[name] += 1
                    tokens[name.split("-")[0]] += n
                    self.assertLess(copy, 10)
        return found, tokens

    def verify(self):
        return subprocess.run([BINARY, "verify", "out"], cwd=self.folder, capture_output=True, text=True)

    def test_epochs(self):
        self.job("epochs: {books: 2.5, web: 0}")
        done = self.succeeds(run(self.folder, "--memory", "512MiB", "--json"))
        found, tokens = self.copies("train")
        times = Counter(found.values())
        self.assertEqual(set(times), {2, 3})
        self.assertTrue(80 < times[2] < 160 and all(name.startswith("books") for name in found))
        mixture = manifest(self.folder)["mixture"]
        self.assertEqual(json.loads(done.stdout)["mixture"], mixture)
        self.assertIn(f"mixture, tokens: books {tokens['books']:,} from", done.stderr)
        self.assertEqual(mixture["books"]["published_tokens"], tokens["books"])
        self.assertEqual(mixture["books"]["published_documents"], sum(found.values()))
        self.assertEqual(mixture["web"]["published_tokens"], 0)
        self.assertEqual(manifest(self.folder)["tokens"]["train"], sum(tokens.values()))
        self.assertEqual(set(self.copies("test")[0].values()), {1}, "what is measured with is not weighted")
        self.assertEqual(len([1 for name in self.copies("test")[0] if name.startswith("web")]),
                         manifest(self.folder)["splits"]["test"] - len([1 for n in self.copies("test")[0] if n.startswith("books")]))
        self.assertEqual(self.verify().returncode, 0, self.verify().stdout)
        self.assertIn("| books |", (self.folder / "out/current/data_card.md").read_text())

    def test_shares_are_of_tokens(self):
        self.job("shares: {books: 0.75, web: 0.25}")
        self.succeeds(run(self.folder, "--memory", "512MiB"))
        _, tokens = self.copies("train")
        self.assertAlmostEqual(tokens["books"] / sum(tokens.values()), 0.75, delta=0.03)
        before = sum(counts["tokens"] for counts in manifest(self.folder)["mixture"].values())
        self.assertAlmostEqual(sum(tokens.values()) / before, 1, delta=0.05)
        self.assertEqual(self.verify().returncode, 0)

    def test_shares_are_of_what_cluster_epochs_leave(self):
        """Half of the books are twins, which four copies are made of: still half of the published tokens are books."""
        twins = "".join(json.dumps({"id": f"books-twin-{i}-{k}", "text": f"twins number {i} " + "y" * (i % 40)}) + "\n"
                        for i in range(300) for k in range(2)).encode()
        self.put("books.jsonl", documents("books", 300) + twins)
        for ranks in (1, 3):
            self.job("shares: {books: 0.5, web: 0.5}, cluster_epochs: {2: 4}")
            self.succeeds(run(self.folder, "--memory", "512MiB", ranks=ranks))
            found, tokens = self.copies("train")
            self.assertAlmostEqual(tokens["books"] / sum(tokens.values()), 0.5, delta=0.03)
            before = sum(counts["tokens"] for counts in manifest(self.folder)["mixture"].values())
            self.assertAlmostEqual(sum(tokens.values()) / before, 1, delta=0.05)
            twice = sum(times for name, times in found.items() if name.startswith("books-twin"))
            once = sum(times for name, times in found.items() if name.startswith("books")) - twice
            self.assertAlmostEqual(twice / once, 4, delta=1)
        self.job("shares: {books: 0.5, web: 0.5}, cluster_epochs: {1: 0, 2: 1}")
        self.succeeds(run(self.folder))
        self.assertEqual({name.split("-")[1] for name in self.copies("train")[0]}, {"twin"}, "no web is left to have a share")

    def test_a_value_called_other_is_not_the_rest(self):
        self.put("other.jsonl", b'{"id": "a", "lang": "other", "text": "four"}\n')
        self.put("books.jsonl", documents("books", 3, "e\nn"))
        self.put("web.jsonl", documents("web", 4, "(other)"))
        for named, rest in (("other: 2", "(other)"), ("other: 2, (other): 2", "((other))"), (r'"e\nn": 2', "other")):
            self.job("weights_by: lang, epochs: {%s}" % named, "\n  - tokenize: {encoding: bytes}\n")
            path = self.folder / "job.yaml"
            path.write_text(path.read_text().replace("steps:", "  - {name: more, read: in/other*}\nsteps:", 1))
            self.succeeds(run(self.folder))
            mixture = manifest(self.folder)["mixture"]
            self.assertIn(rest, mixture)
            self.assertEqual(sum(counts["documents"] for counts in mixture.values()), 8)
            known = {"(other)": {"other"}, "((other))": {"other", "(other)"}, "other": {"e\nn"}}
            self.assertEqual(set(mixture) - {rest}, known[rest])
            self.assertEqual(mixture[rest]["documents"], {"(other)": 7, "((other))": 3, "other": 5}[rest])

    def test_weights_that_sum_to_nothing_are_told(self):
        """By the job file where it knows; else when the documents are known, and nothing is published."""
        for settings in ("cluster_epochs: {1: 0}", "cluster_epochs: {1: 0, 3: 0}, epochs: {books: 2}",
                         "cluster_epochs: {1: 0}, shares: {books: 2}"):
            with self.subTest(settings=settings):
                self.job(settings)
                done = subprocess.run([BINARY, "plan", "job.yaml"], cwd=self.folder, capture_output=True, text=True)
                self.assertEqual(done.returncode, 2)
                self.assertIn("the weights sum to nothing", done.stderr)
        for ranks, settings in ((1, "weights_by: lang, epochs: {de: 0, en: 0}"), (2, "cluster_epochs: {1: 0, 2: 3}"),
                                (3, "epochs: {books: 0}, cluster_epochs: {1: 0, 2: 3}")):
            with self.subTest(settings=settings):
                self.job(settings)
                self.refused(run(self.folder, "--memory", "512MiB", ranks=ranks), 2,
                             "the weights sum to nothing: no document of the weighted split is left")
                self.assertFalse((self.folder / "out/current").exists())
        self.job("cluster_epochs: {1: 0, 2: 3}, shares: {books: 1}")
        self.refused(run(self.folder), 2, "no document of the weighted split has any of these values in `source`, "
                     "or `cluster_epochs` leave none of them")
        for name, value in (("shares", "web"), ("epochs", "web"), ("cluster_epochs", "2")):
            self.job("%s: {%s: 0.0000005}" % (name, value))
            self.refused(run(self.folder), 2, f"`{value}`: expected 0 or at least 0.000001, found 0.0000005; six decimals count")

    def test_a_column(self):
        self.job("weights_by: lang, epochs: {de: 3}")
        self.succeeds(run(self.folder))
        found, _ = self.copies("train")
        self.assertEqual({name.split("-")[0]: times for name, times in found.items()}, {"books": 1, "web": 3})

    def test_a_column_that_no_document_has_is_told(self):
        self.job("weights_by: nosuch, epochs: {de: 3}")
        self.assertIn("weights_by names the column 'nosuch', which no document has", self.succeeds(run(self.folder)).stderr)

    def test_clusters(self):
        self.put("books.jsonl", documents("books", 30) + b"".join(
            json.dumps({"id": f"twin-{i}-{k}", "text": f"the very same text {i}"}).encode() + b"\n" for i in range(30) for k in range(i % 5 + 1)))
        self.job("cluster_epochs: {2: 2, 4: 3}")
        self.succeeds(run(self.folder))
        found = self.copies("train")[0]
        seen = {name.split("-")[1]: times for name, times in found.items() if name.startswith("twin")}
        self.assertGreater(len(seen), 15)
        self.assertEqual(seen, {i: [1, 2, 2, 3, 3][int(i) % 5] for i in seen})

    def test_same_bytes_on_any_ranks_and_in_any_layout(self):
        for layout in ("corpus", "sample, max_sequence_length: 50, packing: best_fit"):
            self.job("shares: {books: 2, web: 1}, layout: " + layout)
            found = []
            for ranks in (1, 2, 3, 5):
                shutil.rmtree(self.folder / "out", ignore_errors=True)
                spill = [("SHARDMILL_FORCE_SPILL", "1")] if ranks == 3 else []
                for path in self.folder.glob("in/web-*"):
                    path.unlink()
                for night in range(5):  # a fragment each: every rank has documents
                    self.put(f"web-{night}.jsonl", documents(f"web-{night}", 40))
                    self.succeeds(run(self.folder, "--memory", "512MiB", ranks=ranks, environment=spill))
                current = self.folder / "out/current"
                found.append({str(path.relative_to(current)): hashlib.sha256(path.read_bytes()).hexdigest()
                              for name in ("tokens", "token_documents") for path in (current / name).rglob("*") if path.is_file()})
            self.assertEqual(found[1:], found[:1] * 3)
            self.assertEqual(self.verify().returncode, 0)

    def test_another_weight_reads_nothing_again(self):
        self.job("epochs: {books: 2}")
        self.succeeds(run(self.folder))
        self.job("epochs: {books: 3}")
        plan = subprocess.run([BINARY, "plan", "job.yaml"], cwd=self.folder, capture_output=True, text=True).stdout
        self.assertIn("token shards by epochs: another weight writes those of the weighted split", " ".join(plan.split()))
        self.succeeds(run(self.folder))
        self.assertEqual(manifest(self.folder, "run.json")["fragments_read"], 0)
        self.assertEqual(set(times for name, times in self.copies("train")[0].items() if name.startswith("books")), {3})
        for settings, told in (
                ("cluster_epochs: {2: 3}", "by cluster_epochs: another weight writes those of the weighted split again, "
                 "a new duplicate those that its cluster is in"),
                ("cluster_epochs: {2: 3}, epochs: {web: 2}", "by epochs and cluster_epochs: another weight writes"),
                ("cluster_epochs: {2: 3}, shares: {web: 2}", "by shares: each new document writes all")):
            self.job(settings)
            plan = subprocess.run([BINARY, "plan", "job.yaml"], cwd=self.folder, capture_output=True, text=True).stdout
            self.assertIn("token shards " + told, " ".join(plan.split()))

    def test_copies_of_other_documents_are_other_shards(self):
        """As many rows and tokens: only whose they are differs."""
        self.put("books.jsonl", b'{"id": "books-1", "text": "one"}\n')
        self.put("web.jsonl", b'{"id": "web-1", "text": "two"}\n')
        for doubled in ("books", "web"):
            self.job("epochs: {%s: 2}" % doubled, "\n  - tokenize: {encoding: bytes}\n")
            self.succeeds(run(self.folder))
            self.assertEqual(self.copies("train")[0], {"books-1": 1, "web-1": 1} | {doubled + "-1": 2})

    def test_mistakes_are_told(self):
        for settings, told in (
                ("epochs: {books: 1}, shares: {web: 1}", "one of the two"),
                ("shares: {books: 0, web: 0}", "the shares sum to nothing"),
                ("epochs: {books: 0, web: 0}", "no source is left"),
                ("epochs: {book: 2}", "no source is called `book`"),
                ("epochs: {books: -1}", "at least 0"),
                ("epochs: {books: 1001}", "at most 1000"),
                ("cluster_epochs: {some: 2}", "a number of documents, at least 1"),
                ("epochs: {books: 2}, weights_split: trial", "no split is called `trial`")):
            with self.subTest(settings=settings):
                self.job(settings)
                self.refused(run(self.folder), 2, told)
        self.job("weights_by: nosuch, shares: {de: 1}")
        self.refused(run(self.folder), 2, "no document of the weighted split has any of these values in `nosuch`")
        self.put("books.jsonl", documents("books", 3))
        self.put("web.jsonl", documents("web", 5000))
        self.job("shares: {books: 1000, web: 0.01}")
        self.refused(run(self.folder), 2, "the share of `books` takes", "at most 1000")


if __name__ == "__main__":
    unittest.main()
