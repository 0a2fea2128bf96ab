"""decontaminate: what is dropped and said for benchmark items in documents, and what is refused."""

import gzip
import json
import subprocess
import unittest

import h5py
import numpy

from contamination_folder import CATS, FILLER, RACE, ContaminationFolder, lines
from program import BINARY, ENVIRONMENT, digests, manifest, published, run, write_job

class Decontaminate(ContaminationFolder):
    def test_what_is_found_and_said(self):
        copy = "«WHY do\n cats have —\nwhiskers on their 2 cheeks»"
        self.input(FILLER, FILLER + copy + " " + FILLER, RACE.replace("dark ", "").replace("first", "second"),
                   CATS.replace("2", "3"), CATS + " " + RACE)
        self.job("{against: b/*.jsonl}")
        self.succeeds(run(self.folder, ranks=2))
        rows = {(row["id"], row["witness"]): row for row in self.ledger()}
        self.assertEqual({key: (row["fate"], row["detector"], row["reason"]) for key, row in rows.items()},
                         {("1", "quiz/cats"): ("dropped", "aligned", "contaminated"),
                          ("2", "quiz/7"): ("dropped", "aligned", "contaminated"),
                          ("4", "quiz/7"): ("dropped", "aligned", "contaminated"),
                          ("4", "quiz/cats"): ("evidence", "aligned", "contaminated")})
        for witness, ids in (("quiz/7", "24"), ("quiz/cats", "14"), ("quiz/", "1244"), ("quiz/3", ""), ("3", "")):
            self.assertEqual(sorted(row["id"] for row in self.ledger("--witness", witness)), list(ids), witness)
        for witness in ("quiz", "quiz/ca", "quize/", "5"):  # neither an item nor a document
            done = self.outcome("ledger", "out", "--witness", witness)
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertIn(f"`{witness}`", done.stderr)
        begin, end = rows["1", "quiz/cats"]["span"]
        self.assertEqual((FILLER + copy).encode()[begin:end].decode(), copy.strip("«»"))
        self.assertIsNone(rows["1", "quiz/cats"]["witness_key"])
        self.assertEqual(manifest(self.folder)["dropped"], {"decontaminate": {"contaminated": 3}})
        self.assertEqual(self.items(), {"quiz/cats": ("dirty", 2, "0:" + str(self.offset(1))),
                                        "quiz/7": ("dirty", 2, "0:" + str(self.offset(4))),
                                        "quiz/3": ("clean", 0, "")})
        self.command("verify", "out")
        self.assertIn(f"it holds quiz/cats at bytes {begin} to {end}", self.command("explain", "out", "1"))
        one = digests(self.folder)
        for ranks, environment in ((1, {}), (3, {"SHARDMILL_FORCE_SPILL": "1"}), (5, {})):
            self.succeeds(run(self.folder, "--fresh", "--memory", "256MiB", ranks=ranks, environment=environment))
            self.assertEqual(digests(self.folder), one, ranks)

    def test_report_and_exempt_drop_nothing(self):
        self.input(CATS, RACE, FILLER)
        self.job("{against: b/*, exempt: [quiz/cats]}", "{against: b/*, action: report, name: said}")
        self.succeeds(run(self.folder))
        self.assertEqual(sorted((row["id"], row["step"], row["fate"], row["reason"]) for row in self.ledger()),
                         [("0", "decontaminate#1", "evidence", "exempt"),
                          ("0", "decontaminate#2", "evidence", "contaminated"),
                          ("1", "decontaminate#1", "dropped", "contaminated")])
        for step, found in (("decontaminate#1", 2), ("decontaminate#2", 1)):
            self.assertEqual(len(self.ledger("--step", step)), found)
        self.assertEqual(manifest(self.folder)["documents_kept"], 2)
        self.assertEqual({item: row[0] for item, row in self.items("said").items()},
                         {"quiz/cats": "dirty", "quiz/7": "clean", "quiz/3": "clean"})  # 1 is gone before
        self.command("verify", "out")

    def test_items_are_exempt_by_any_of_their_names(self):
        # The same words, so one item, whose first name is another; and one that is not searched for.
        self.benchmark("again.jsonl", lines([{"id": "whiskers", "question": CATS.upper()}, {"id": "short", "question": "Yes?"}]))
        self.input(CATS, RACE, FILLER)
        self.job("{against: b/*, exempt: [quiz/cats, again/short]}")
        self.succeeds(run(self.folder, ranks=2))
        self.assertEqual(sorted((row["id"], row["witness"], row["reason"]) for row in self.ledger()),
                         [("0", "again/whiskers", "exempt"), ("1", "quiz/7", "contaminated")])
        for witness, ids in (("quiz/cats", "0"), ("again/whiskers", "0"), ("quiz/", "01"), ("again/", "0"), ("again/short", "")):
            done = self.outcome("ledger", "out", "--json", "--witness", witness)
            self.assertEqual(sorted(json.loads(line)["id"] for line in self.succeeds(done).stdout.splitlines()), list(ids), witness)
            self.assertEqual("again/whiskers" in done.stderr, witness.startswith("quiz/"), done.stderr)
        self.before = published(self.folder)
        for names, words in (("quiz/cats, quiz/rats, x/y", "exempt names `quiz/rats`, which is no item (BENCHMARK/ID) of its "
                              "benchmarks; did you mean `quiz/cats`?"), ("nothing/like/it", "of its benchmarks")):
            for ranks in (1, 2):
                self.job("{against: b/*, exempt: [%s]}" % names)
                self.refused(run(self.folder, ranks=ranks), 4, "decontaminate: ", words)
        self.assertEqual(subprocess.run([BINARY, "plan", "job.yaml"], cwd=self.folder, env=ENVIRONMENT,
                                        capture_output=True).returncode, 4)

    def test_a_dirty_item_names_a_document_that_is(self):
        # The first holds more of the item, but is another one.
        self.input(RACE.replace("1896", "1897"), " ".join(RACE.split()[:12]))
        self.job("{against: b/*}")
        for ranks in (1, 2):
            self.succeeds(run(self.folder, "--fresh", ranks=ranks))
            self.assertEqual([row["id"] for row in self.ledger()], ["1"])
            self.assertEqual(self.items()["quiz/7"], ("dirty", 1, "0:%d" % self.offset(1)))

    def test_scores_decide_alone(self):
        thirteen = " ".join(RACE.split()[:13])
        self.input(CATS, thirteen + " or not " + FILLER, RACE.replace("dark", "deep"), FILLER)
        for decide, dropped in (("short", "0"), ("ngram", "1"), ("part", "012"), ("aligned", "012"),
                                ("coverage, coverage: 0.5", "01"), ("ngram, n: 9", "012"), ("idf", "0"), ("ngram, n: 9, ngrams: 6", "")):
            with self.subTest(decide):
                self.job("{against: b/*, decide: %s}" % decide)
                self.succeeds(run(self.folder))
                self.assertEqual("".join(sorted({row["id"] for row in self.ledger()})), dropped)

    def test_what_changes_looks_again(self):
        self.input(CATS, RACE, FILLER, "Something else that stays where it is.")
        tables = "tables:\n  quiz: {read: b/*}\n"
        self.job("{against: quiz}", more=tables)
        self.succeeds(run(self.folder))
        read = lambda: tuple(manifest(self.folder, "run.json")[key] for key in ("fragments_read", "fragments_sketched", "steps_computed"))
        self.assertEqual(read(), (1, 0, 1))
        self.succeeds(run(self.folder, "--set", "steps.1.aligned=0.9"))
        self.assertEqual(read(), (0, 0, 1))
        self.benchmark("rain.jsonl", lines([{"question": FILLER}]))
        self.succeeds(run(self.folder))
        self.assertEqual(read(), (0, 1, 1))
        self.assertEqual(manifest(self.folder)["documents_kept"], 1)
        self.assertIn("nothing changed", self.succeeds(run(self.folder)).stderr)

    def test_the_index_is_a_file_for_all_ranks_and_nights(self):
        self.input(CATS, RACE, FILLER)
        self.job("{against: b/*}")
        self.succeeds(run(self.folder, ranks=2))
        one, folder = digests(self.folder), self.folder / "out/store/artifacts"
        [index] = folder.iterdir()
        made = index.stat().st_mtime_ns, index.stat().st_ino
        self.put("more.jsonl", lines([{"id": "more", "text": FILLER + RACE}]))
        self.succeeds(run(self.folder))
        self.assertEqual((index.stat().st_mtime_ns, index.stat().st_ino), made)
        self.assertIn("more", [row["id"] for row in self.ledger()])
        # A damaged one is made again, and the output is the same.
        (self.folder / "in/more.jsonl").unlink()
        content = bytearray(index.read_bytes())
        content[len(content) // 2] ^= 1
        index.write_bytes(content)
        for fragment in (self.folder / "out/store/fragments").iterdir():
            fragment.unlink()
        self.succeeds(run(self.folder, ranks=3))
        self.assertEqual(digests(self.folder), one)
        content[len(content) // 2] ^= 1
        self.assertEqual(index.read_bytes(), content)
        # Other fields, another index; another threshold, the same.
        self.succeeds(run(self.folder, "--set", "steps.1.aligned=0.9"))
        self.assertEqual(list(folder.iterdir()), [index])
        self.succeeds(run(self.folder, "--set", "steps.1.answer=text"))
        self.assertEqual(len(list(folder.iterdir())), 2)

    def test_ranks_of_a_machine_share_the_memory_of_the_index(self):
        self.input(CATS)
        self.benchmark("large.jsonl", lines([{"question": " ".join(f"w{n * 20 + i}" for i in range(20))} for n in range(5000)]))
        self.job("{against: b/*}")
        held = []
        for ranks in (1, 2, 8):
            floors = json.loads(self.command("plan", "job.yaml", "--ranks", str(ranks), "--json"))["memory"]["floors"]
            held += [floor["bytes"] >> 20 for floor in floors if "decontaminate looks" in floor["what"]]
        self.assertGreater(held[0], 4)  # MiB
        self.assertIn(held[1], (held[0] // 2, -(-held[0] // 2)))
        self.assertEqual(held[2], 1)

    def test_files_of_all_kinds_and_fields_of_other_names(self):
        self.input(CATS, RACE, FILLER)
        self.benchmark("a.csv", ("key,prompt\nc,%s\n" % CATS).encode())
        with h5py.File(self.folder / "b/h.h5", "w") as file:
            file.create_group("t").create_dataset("question", data=numpy.array([RACE.encode()]))
        self.benchmark("z.jsonl.gz", gzip.compress(lines([{"question": FILLER}])))
        for step, item in (("{against: b/a.csv, format: csv, question: prompt, id: key}", "a/c"),
                           ("{against: b/h.h5, format: hdf5, group: t}", "h/1"),
                           ("{against: b/z.jsonl.gz}", "z/1")):
            with self.subTest(step):
                self.job(step)
                self.succeeds(run(self.folder))
                self.assertEqual({row["witness"] for row in self.ledger()}, {item})

    def test_unusual_items(self):
        long = " ".join(f"w{n}" for n in range(5000))
        self.benchmark("odd.jsonl", lines([{"question": ""}, {"question": "— !"}, {"question": "Who are you"},
                                           {"question": long}, {"question": None}, {"answer": "None."}, {"question": CATS.lower()}]))
        self.input(" ".join(f"w{n}" for n in range(100)), CATS, "")
        self.job("{against: b/*}")
        self.succeeds(run(self.folder, ranks=2))
        self.assertEqual({item: row[0] for item, row in self.items().items()},
                         {"odd/1": "unsearchable", "odd/2": "unsearchable", "odd/3": "unsearchable", "odd/4": "partly",
                          "odd/5": "unsearchable", "odd/6": "unsearchable", "odd/7": "dirty", "quiz/cats": "dirty", "quiz/7": "clean", "quiz/3": "clean"})
        self.assertEqual([row["witness"] for row in self.ledger()], ["odd/7"])
        # One that has lost its items would leave all documents clean.
        self.benchmark("odd.jsonl", b"\n")
        self.before = published(self.folder)
        for ranks in (1, 2):
            self.refused(run(self.folder, ranks=ranks), 4, "decontaminate: ", "b/odd.jsonl: a benchmark without items")

    def certificate(self):
        certificate, = json.loads((self.folder / "out/current/contamination.json").read_text())["steps"]
        return certificate

    def test_the_certificate(self):
        common = "All of this may be copied by everybody who keeps this note"
        self.benchmark("quiz.test.jsonl", lines([{"id": "cats", "question": CATS}, {"id": "note", "question": common},
                                                 {"id": "race", "question": RACE}, {"id": "ok", "question": "Yes?"}]))
        self.input(*[FILLER + str(n) + " " + common for n in range(11)], FILLER + "Whiskers? " + CATS + " " + FILLER,
                   RACE[: len(RACE) // 2], *[FILLER * 3 + str(n) for n in range(3)])
        self.job("{against: b/*, action: report}")
        self.succeeds(run(self.folder, ranks=2))
        text = (self.folder / "out/current/report.txt").read_text()
        self.assertRegex(text, r"Benchmark items, decontaminate .*\n  quiz +4 items +3 dirty +0 partly\n"
                               r"  +dirty, perhaps common text +1\n  +not searchable +1\n")
        self.assertLessEqual(max(map(len, text.splitlines()[2:])), 80)
        said = self.certificate()
        self.assertEqual(said["benchmarks"], [{"benchmark": "quiz", "items": 4, "clean": 0, "partly": 0, "dirty": 3, "common": 1,
                                               "unsearchable": 1, "longest": len(common.split())}])
        self.assertEqual(said["sources"], [{"benchmark": "quiz", "source": "s", "dirty": 13, "partly": 0, "items": 3}])
        self.assertEqual(said["common_items"], [{"item": "quiz/note", "documents": 11}])
        shown = {row["item"]: row for row in said["excerpts"]}
        self.assertEqual(set(shown), {"quiz/cats", "quiz/race"})
        self.assertEqual((shown["quiz/cats"]["item_text"], shown["quiz/cats"]["match"]), (CATS, CATS.rstrip("?")))
        self.assertTrue(shown["quiz/cats"]["before"].endswith("day. Whiskers? "))
        self.assertTrue(shown["quiz/cats"]["after"].startswith("? It rained"))
        reached = {(row["score"], row["at_least"]): (row["items"], row["documents"]) for row in said["sweep"]}
        self.assertEqual([reached["part", 50], reached["aligned", 100], reached["short", 100], reached["ngram", 50]],
                         [(3, 13), (2, 12), (2, 12), (0, 0)])
        found = {(row["kind"], row["words"]): row["found"] for row in said["recall"] if row["score"] == "decision"}
        self.assertEqual([found[kind, "8-12"] for kind in ("verbatim", "case", "whitespace", "punctuation", "scrambled",
                                                           "other_words")], [2, 2, 2, 2, 0, 0])
        self.assertEqual(found["quarter", "13-24"], 0)
        self.assertEqual({row["planted"] for row in said["recall"] if row["kind"] == "verbatim"}, {1, 2})
        self.assertEqual(said["settings"]["decide"], "[aligned, part, short]")
        page = (self.folder / "out/current/report.html").read_text()
        self.assertIn("<h2>Contamination: decontaminate</h2>", page)
        self.assertIn("exempt: [&quot;quiz/note&quot;]", page)
        self.assertIn("<mark>" + CATS.rstrip("?") + "</mark>", page)
        self.command("verify", "out")
        certificate = self.folder / "out/current/contamination.json"
        for name, damage in (("contamination.json", lambda: certificate.write_text(certificate.read_text().replace('"dirty": 3', '"dirty": 0'))),
                             ("contamination.json", certificate.unlink), ("report.html", (self.folder / "out/current/report.html").unlink)):
            kept = {path: path.read_bytes() for path in (certificate, self.folder / "out/current/report.html")}
            damage()
            self.assertIn(name, self.outcome("verify", "out").stdout)
            for path, content in kept.items():
                path.write_bytes(content)
        self.command("verify", "out")

        self.job("{against: b/*, action: report, planted: 0}")
        self.succeeds(run(self.folder))
        self.assertIsNone(self.certificate()["planted_recall"])
        self.assertFalse((self.folder / "out/current/tables/contamination_recall").exists())

    def test_of_two_items_in_one_place_the_better_is_meant(self):
        reaction, recycled = ("Which of these is an example of a chemical reaction?",
                              "Which of these is an example of a glass being recycled?")
        self.benchmark("quiz.test.jsonl", lines([{"id": "a", "question": reaction}, {"id": "b", "question": recycled}]))
        self.input(FILLER + reaction + " " + FILLER, FILLER + reaction + " " + FILLER + recycled, FILLER)
        self.job("{against: b/*}")
        self.succeeds(run(self.folder))
        self.assertEqual(sorted((row["id"], row["witness"]) for row in self.ledger()),
                         [("0", "quiz/a"), ("1", "quiz/a"), ("1", "quiz/b")])
        self.assertEqual({item: row[:2] for item, row in self.items().items()}, {"quiz/a": ("dirty", 2), "quiz/b": ("dirty", 1)})

    def test_the_score_idf_looks_at_answers_and_passages(self):
        item = {"question": RACE, "answer": "Anna Bell", "passage": "The race of Greenhill was won by Anna Bell in an hour", "none": ""}
        self.benchmark("quiz.test.jsonl", lines([item]))
        whole = f"{item['passage']}. {RACE} {item['answer']}."
        self.input(whole, f"{item['passage']}. {RACE} Anna Bel.", f"{RACE} {FILLER * 12} {item['answer']}.", RACE, FILLER)
        self.job("{against: b/*, preset: decon, action: report, idf: 1}")
        self.succeeds(run(self.folder))
        self.assertEqual([row["id"] for row in self.ledger()], ["0"])
        said = {row["at_least"]: row["documents"] for row in self.certificate()["sweep"] if row["score"] == "idf"}
        self.assertEqual([said[70], said[75], said[80], said[85], said[100]], [4, 2, 2, 1, 1])
        for setting, dropped in (("answer: none", ["0", "1"]), ("answer: none, passage: none", ["0", "1", "2", "3"])):
            self.job("{against: b/*, preset: decon, action: report, %s}" % setting)
            self.succeeds(run(self.folder))
            self.assertEqual(sorted(row["id"] for row in self.ledger()), dropped)

    def test_a_field_that_is_named_is_in_some_item(self):
        self.input(CATS)
        self.benchmark("more.csv", ('question,solution,context\n"%s",,\n"%s",by his number,\n' % (RACE, FILLER)).encode())
        self.benchmark("late.csv", b"question,solution\nHow long is a cat of the wood?,long\n")
        for setting, field, words in (
                ("answer", "solutions", "/b/more.csv has; did you mean `solution`?"), ("answer", "answer", ""),
                ("passage", "passage", ""), ("passage", "context", ""),  # a column without a value
                ("id", "key", "/b/more.csv has; allowed: question, solution")):
            with self.subTest(setting + field):
                self.job("{against: [b/late.csv, b/more.csv], format: csv}")
                self.succeeds(run(self.folder))
                self.before = published(self.folder)
                # The index of the last run has no such answers either.
                self.job("{against: [b/late.csv, b/more.csv], format: csv, %s: %s}" % (setting, field))
                self.refused(run(self.folder, ranks=2), 4, "decontaminate: %s names the field `%s`, which no item of " % (setting, field), words)
        self.job("{against: [b/late.csv, b/more.csv], format: csv, answer: solution}")
        self.succeeds(run(self.folder))

    def texts(self):
        return {row["id"]: row["text"] for row in map(json.loads, self.command(
            "export", "out", "--format", "jsonl", "--to", "-").splitlines())}

    def test_items_are_cut_out(self):
        before, behind = "It rained in the town, and nobody went out. ", "No one was seen until the next morning came."
        self.input(before + CATS + " " + behind, before + CATS + " Then " + RACE + " " + behind, CATS + " " + behind, RACE + " Yes.",
                   CATS + behind + CATS.replace("2", "two") + behind + RACE, behind, before + "Häßlich — 貓: " + CATS + "»" + behind)
        self.job("{against: b/*, action: cut_span, margin: 2, min_rest: 4, max_cuts: 1}")
        done = self.succeeds(run(self.folder, ranks=2))
        cut = "It rained in the town, and nobody \n\n was seen until the next morning came."
        self.assertEqual(self.texts(), {"0": cut, "1": cut, "2": cut.split("\n\n")[1], "5": behind,
                                        "6": "It rained in the town, and nobody went out. \n\n was seen until the next morning came."})
        rows = sorted((row["id"], row["fate"], row["witness"], row["span"]) for row in self.ledger())
        first = [0, len("It rained in the town, and nobody ")]
        self.assertEqual([row[:3] for row in rows], [("0", "changed", "quiz/cats"), ("1", "changed", "quiz/7"), ("1", "evidence", "quiz/cats"),
                                                     ("2", "changed", "quiz/cats"), ("3", "dropped", "quiz/7"), ("4", "dropped", "quiz/7"),
                                                     ("4", "evidence", "quiz/cats"), ("6", "changed", "quiz/cats")])
        self.assertEqual(rows[0][3], [first[1], len(before + CATS + " No one")])
        self.assertEqual(rows[3][3], [0, len(CATS + " No one")])
        self.assertEqual((manifest(self.folder)["changed"], manifest(self.folder)["dropped"]),
                         ({"decontaminate": 4}, {"decontaminate": {"contaminated": 2}}))
        bytes_cut = sum(end - begin for _, fate, _, (begin, end) in rows if fate == "changed")
        self.assertEqual(manifest(self.folder)["cut_bytes"], {"decontaminate": bytes_cut})
        step, = json.loads(self.command("report", "out", "--json"))["steps"]
        self.assertEqual((step["changed"], step["cut_bytes"]), (4, bytes_cut))
        told = r"  cut by decontaminate +4 +57\.1 %% +-%d B\n" % bytes_cut
        self.assertRegex((self.folder / "out/current/report.txt").read_text(), told)
        self.assertRegex(done.stderr, told)
        self.assertIn("text cut by %d B (not dropped)" % bytes_cut, (self.folder / "out/current/report.html").read_text())
        self.command("verify", "out")
        self.assertRegex(self.command("explain", "out", "0"), r"changed by decontaminate: .*\n.* were cut out because of quiz/cats")
        one = digests(self.folder)
        for ranks, environment in ((1, {}), (3, {"SHARDMILL_FORCE_SPILL": "1"}), (5, {})):
            self.succeeds(run(self.folder, "--fresh", "--memory", "256MiB", ranks=ranks, environment=environment))
            self.assertEqual(digests(self.folder), one, ranks)

    def test_other_cuts_of_as_many_bytes_are_other_texts(self):
        day, night = "red apples grow on tall trees", "big apples fall in dark woods"
        self.input(f"Here {day} and there {night} all over the land.", FILLER)
        self.job("{against: b/*, action: cut_span, margin: 0, min_rest: 1}\n  - tokenize: {encoding: bytes}")
        for item, rest in ((day, f"Here \n\n and there {night} all over the land."), (night, f"Here {day} and there \n\n all over the land.")):
            self.benchmark("quiz.test.jsonl", lines([{"question": item}]))
            self.succeeds(run(self.folder))
            self.assertEqual(self.texts()["0"], rest)
            size = len(rest) + len(FILLER.encode())
            self.assertEqual(list(manifest(self.folder)["source_tokens"].values()), [{"tokens": size + 2, "text_bytes": size}])
            self.command("verify", "out")

    def test_a_dry_run_leaves_no_certificate_of_another(self):
        self.input(CATS, FILLER)
        self.job("{against: b/*, action: report}")
        self.succeeds(run(self.folder, "--dry-run"))
        certificate = self.folder / "out/dry-run/contamination.json"
        self.assertIsNone(json.loads(certificate.read_text())["snapshot"])
        write_job(self.folder)
        self.succeeds(run(self.folder, "--dry-run"))
        self.assertFalse(certificate.exists())

    def test_excerpts_are_of_the_text_that_the_step_saw(self):
        self.input(FILLER + CATS, FILLER)
        self.job("{against: b/*, action: report}")
        with open(self.folder / "job.yaml", "a") as job:
            job.write("  - normalize: {case_fold: true}\n")
        self.succeeds(run(self.folder))
        self.assertEqual([row["match"] for row in self.certificate()["excerpts"]], [CATS.rstrip("?")])

    def test_nothing_to_plant_in(self):
        self.input(CATS, RACE)
        self.job("{against: b/*, action: report}")
        self.succeeds(run(self.folder, ranks=2))
        self.assertEqual({row["found"] for row in self.certificate()["recall"]
                          if (row["kind"], row["score"]) == ("verbatim", "decision")}, {1, 2})
        self.input()
        self.succeeds(run(self.folder, "--allow-empty", ranks=3))
        self.assertEqual(self.certificate()["benchmarks"][0]["clean"], 3)

    def test_the_index_counts_in_the_memory_that_a_run_needs(self):
        self.input(CATS, FILLER)
        self.benchmark("many.jsonl", lines([{"question": " ".join(f"w{n * m}" for m in range(60))} for n in range(2000)]))
        self.job("{against: b/*.jsonl}")
        self.refused(run(self.folder, "--memory", "235MiB"), 2, "what decontaminate looks things up in: ")

    def test_what_is_refused(self):
        self.input(CATS)
        self.benchmark("nothing.json", lines([{"prompt": CATS, "text": None}, {"prompt": "x"}]))
        self.benchmark("number.json", lines([{"question": 5}]))
        self.benchmark("twice.json", lines([{"id": 1, "question": CATS}, {"id": "1", "question": RACE}]))
        self.benchmark("torn.json.gz", gzip.compress(lines([{"question": CATS}] * 9))[:-9])
        self.benchmark("broken.json", lines([{"question": CATS}]) + b"{\n")
        (self.folder / "b/c").mkdir()
        for path in "one.jsonl", "c/one.txt":
            self.benchmark(path, lines([{"question": CATS}]))
        for step, code, *words in (
                ("{against: b/nothing.json}", 4, "b/nothing.json: no item has a text in the field `question` or `text`; name it "
                 "with `question: FIELD`; allowed: prompt"),
                ("{against: b/*.json, question: prompt}", 4, "b/broken.json: "),
                ("{against: [b/nothing.json, b/quiz.test.jsonl], question: prompt}", 4, "b/quiz.test.jsonl: no item has a text in "
                 "the field `prompt`"),
                ("{against: b/number.json}", 4, "needs a text in the field `question` or `text`; found 5"),
                ("{against: b/twice.json}", 4, "a second item twice/1; the first is in ", "; items are named by"),
                ("{against: [b/one.jsonl, b/c/one.txt]}", 4, "/b/c/one.txt: offset 0: a second item one/1; the first is in ", "/b/one.jsonl; items"),
                ("{against: b/torn.json.gz}", 4, "torn.json.gz"),
                ("{against: b/broken.json}", 4, "broken.json: offset %d: invalid_json" % (len(CATS) + 17)),
                ("{against: b/none.json}", 4, "no file "),
                ("{against: b/none*.json}", 4, "no file matches"),
                ("{against: b/*, aligned: 0}", 2, "above 0"),
                ("{against: b/*, action: cut_span}\n  - dedup.exact: {}", 2, "job.yaml:7:5: dedup.exact must come before decontaminate"),
                ("{against: b/*, decide: []}", 2, "needs at least one score"),
                ("{against: b/*, format: text}", 2, "expected one of jsonl")):
            with self.subTest(step):
                self.job(step)
                self.refused(run(self.folder, ranks=2), code, *words)


if __name__ == "__main__":
    unittest.main()
