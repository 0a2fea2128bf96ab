"""`slurm`: the script that it prints, its estimates, and values that it refuses. tests/slurm submits such a script."""

import json
import os
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

BINARY = os.environ["SHARDMILL_BIN"]
JOB = """\
dataset: planned
output: out
sources: [{name: a, read: "in/*.jsonl"}]
steps: [dedup.exact: {}, dedup.minhash: {preset: fineweb}]
"""
# Stands for the launcher: says what it was called with.
LAUNCHER = '#!/bin/bash\nprintf "<%s>" "$@" >&2\necho \'{"published":true}\'\n'


class SlurmCommand(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="it's a job ")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        (self.folder / "in").mkdir()
        (self.folder / "job.yaml").write_text(JOB)
        self.write("a", 400)

    def write(self, name, documents):
        (self.folder / f"in/{name}.jsonl").write_text("".join(
            json.dumps({"text": f"document {i} of {name} " + "and so on " * (i % 30)}) + "\n" for i in range(documents)))

    def call(self, *words, **variables):
        environment = {k: v for k, v in os.environ.items() if k != "SHARDMILL"}
        return subprocess.run([BINARY, *words], cwd=self.folder, capture_output=True, text=True, timeout=120,
                              env={**environment, "SHARDMILL_PROGRESS": "none", **variables})

    def script(self, *words, **variables):
        done = self.call("slurm", "job.yaml", *words, **variables)
        self.assertEqual(done.returncode, 0, done.stderr)
        said = [line.removeprefix("shardmill: ") for line in done.stderr.splitlines()]
        for line in said:
            self.assertIn(f"# {line}\n", done.stdout)
        options = dict(re.findall(r"^#SBATCH --([^=\n]+)=?(.*)$", done.stdout, re.MULTILINE))
        return done.stdout, options, dict(line.split(": ", 1) for line in said)

    def test_it_asks_for_what_was_wanted(self):
        text, options, _ = self.script("--nodes", "4", "--time", "1-2:30", "--ranks-per-node", "8", "--partition", "cpu,big")
        self.assertEqual({k: options[k] for k in ("job-name", "nodes", "ntasks-per-node", "time", "partition", "signal")},
                         {"job-name": "planned", "nodes": "4", "ntasks-per-node": "8", "time": "1-02:30:00",
                          "partition": "cpu,big", "signal": "B:USR1@300"})
        self.assertIn("requeue", options)
        self.assertEqual(text.splitlines()[0], "#!/usr/bin/env bash")
        self.assertNotIn("partition", self.script()[1])

    def test_its_options_stand_before_the_first_command(self):  # where Slurm stops to look for them
        lines = self.script("--nodes", "2")[0].splitlines()
        first = next(i for i, line in enumerate(lines) if line and not line.startswith("#"))
        self.assertFalse([line for line in lines[first:] if line.startswith("#SBATCH")])

    def test_it_calls_the_launcher_with_the_job_and_its_options(self):
        checkout = self.folder / "a checkout"
        (checkout / "slurm").mkdir(parents=True)
        launcher = checkout / "shardmill"
        launcher.write_text(LAUNCHER)
        launcher.chmod(0o755)
        (checkout / "slurm/batch_run.sh").write_text(
            (Path(__file__).parents[3] / "slurm/batch_run.sh").read_text())
        wanted = ["run", f"{self.folder}/job.yaml", "--set", "seed=3", "--set", "dataset=x", "--memory", "1024MiB",
                  "--scratch", "/local/$USER a", "--json"]
        for variables, settings in [({"SHARDMILL": str(launcher)}, {}), ({}, {"SLURM_SUBMIT_DIR": str(checkout)})]:
            text, options, _ = self.script("--set", "seed=3", "--set", "dataset=x", "--memory", "1GiB", "--scratch",
                                           "/local/$USER a", **variables)
            self.assertEqual(options["job-name"], "x")
            done = subprocess.run(["bash", "-c", text], capture_output=True, text=True, timeout=30, cwd="/",
                                  env={"PATH": os.environ["PATH"], "SLURM_JOB_ID": "1", **settings})
            self.assertEqual((done.returncode, done.stderr), (0, "".join(f"<{word}>" for word in wanted)))

    def test_memory_for_a_rank_is_what_the_run_takes_of_what_slurm_grants(self):
        for memory, mib in [("1GiB", 1024), ("300MiB", 300)]:
            granted = int(self.script("--memory", memory)[1]["mem-per-cpu"].removesuffix("M"))
            self.assertGreaterEqual(0.9 * granted, mib)
            self.assertLess(0.9 * (granted - 1), mib)
        plan = json.loads(self.call("plan", "job.yaml", "--ranks", "64", "--json").stdout)
        said = self.script("--nodes", "4")[2]["memory"]
        self.assertRegex(said, r"4\.0 GiB a rank, .* a node")
        smallest = plan["memory"]["smallest"] / 2**20
        self.assertAlmostEqual(float(re.search(r"accepts ([\d.]+) MiB", said)[1]), smallest, delta=1)

    def test_what_ranks_of_a_node_share_is_shared_among_those_of_a_node(self):
        with open(self.folder / "quiz.jsonl", "w") as quiz:
            for i in range(4000):
                quiz.write(json.dumps({"question": " ".join(f"word{i * 40 + n}" for n in range(40))}) + "\n")
        (self.folder / "job.yaml").write_text(JOB.replace("steps: [", "steps: [decontaminate: {against: quiz.jsonl}, "))
        apart, together = (float(re.search(r"accepts ([\d.]+) MiB", self.script(*words)[2]["memory"])[1]) for words in
                           [("--nodes", "2", "--ranks-per-node", "1"), ("--nodes", "1", "--ranks-per-node", "2")])
        self.assertGreater(apart, together)

    def test_time_is_judged_by_the_run_before(self):
        self.assertEqual(self.script()[2]["time"], "unknown, no run has published here yet")
        self.assertEqual(self.call("run", "job.yaml", "--memory", "256MiB").returncode, 0)
        said = self.script()[2]["time"]
        self.assertRegex(said, r"^about .* 0 B of them to be read.*\(the last run: .* on 1 rank for (.*), \1 of them read\)$")
        self.write("b", 100)
        self.assertRegex(self.script()[2]["time"], r"^about .*, [1-9][\d.]* KiB of them to be read")
        record = self.folder / "out/current/run.json"
        run = json.loads(record.read_text())
        run["seconds"] += 7200  # a slow one: the rest of it, not the reading
        record.write_text(json.dumps(run))
        ranks = ("--ranks-per-node", "1")
        self.assertRegex(self.script(*ranks)[2]["time"], r"^about 2 h \d\d min")
        self.assertRegex(self.script("--nodes", "4", *ranks)[2]["time"], r"^about 3\d min")
        self.assertRegex(self.script("--time", "30", *ranks)[2]["time"], r"more than the limit: some 6 turns")
        run["fragments_read"] = 0
        record.write_text(json.dumps(run))
        self.assertEqual(self.script()[2]["time"], "unknown, the last run that published read nothing")

    def test_it_writes_nothing(self):
        before = sorted(self.folder.rglob("*"))
        self.script()
        self.assertEqual(sorted(self.folder.rglob("*")), before)

    def test_what_cannot_be_is_refused_in_one_line(self):
        for words, told in [(("--time", "4h"), "`--time` expects a minute or more"), (("--time", "0"), "`--time` expects"),
                            (("--nodes", "0"), "`--nodes` expects an integer"), (("--nodes", "many"), "`--nodes` expects"),
                            (("--nodes", "100000"), "100000 nodes of 16 ranks are more than"),
                            (("--ranks-per-node", "-1"), "`--ranks-per-node` expects"),
                            (("--memory", "10MiB"), "a rank of this job needs at least 2"), (("--memory", "4G"), "such as 8GiB"),
                            (("--partition", "a b"), "`--partition` expects names without spaces"),
                            (("--set", "seed=x"), "seed"), (("--ranks", "4"), "unknown option `--ranks`")]:
            done = self.call("slurm", "job.yaml", *words)
            self.assertEqual((done.returncode, done.stdout, done.stderr.count("\n")), (2, "", 1), (words, done.stderr))
            self.assertIn(told, done.stderr)
        self.assertEqual(self.call("slurm").returncode, 2)


if __name__ == "__main__":
    unittest.main()
