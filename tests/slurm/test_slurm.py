"""The batch scripts in a Slurm of the test's own (private_slurm.py), with the real launcher and program."""

import os
import re
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from private_slurm import PrivateSlurm, why_not

from tests.checkout import ROOT, make_checkout
from tests.docs.documents import Place, marked
from tests.held_corpus import FRAGMENTS, HeldCorpus
from tests.mpi_environment import MPI_ENVIRONMENT

SMALL = ("--mem-per-cpu=400M",)  # the scripts ask for more than the nodes of the test have
TWO_RANKS = ("--ntasks=2", *SMALL)
SETTINGS = {
    **MPI_ENVIRONMENT, "SHARDMILL_NO_INSTALL": "1",
    # Nodes that are one machine share what is not shared between machines: memory, names of interfaces.
    "OMPI_MCA_btl": "self,tcp", "OMPI_MCA_btl_tcp_if_include": "lo"}


@unittest.skipIf(why_not(), why_not())
class Slurm(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="slurm.")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name)
        (cls.folder / "slurm").mkdir()
        try:
            cls.slurm, cls.why_not = PrivateSlurm(cls.folder / "slurm"), None
        except RuntimeError as error:  # daemons that a machine does not let start
            cls.why_not = str(error)
            return
        cls.addClassCleanup(cls.slurm.stop)
        cls.launcher = make_checkout(cls.folder / "a checkout")
        cls.expected = HeldCorpus(cls.folder / "undisturbed", held=False).run_to_the_end()

    def setUp(self):
        if self.why_not:
            self.skipTest(self.why_not)
        self.corpus = HeldCorpus(self.folder / self.id().split(".")[-1])

    def submit(self, script, *words, options=TWO_RANKS, **settings):
        """The number of the job; its log is log-<number> beside the job file."""
        return self.slurm.call("sbatch", "--parsable", "--output", self.corpus.folder / "log-%j", *options,
                               self.launcher.parent / "slurm" / script, *words,
                               **{**SETTINGS, "SHARDMILL": str(self.launcher), **settings})

    def log(self, number):
        path = self.corpus.folder / f"log-{number}"
        return path.read_text() if path.exists() else ""

    def ends(self, number, code, state="COMPLETED"):
        job = self.slurm.wait(number, "COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL")
        self.assertEqual((job["JobState"], job["ExitCode"]), (state, f"{code}:0"), self.log(number))
        return job

    def test_a_job_on_one_node_gives_the_bytes_of_a_run_without_slurm(self):
        self.corpus.release()
        number = self.submit("single-node.sbatch", self.corpus.job)
        self.ends(number, 0)
        self.assertEqual(self.corpus.digests(), self.expected)
        self.assertEqual(self.corpus.record()["ranks"], 2)
        self.assertIn('"published":true', self.log(number))

    def test_a_job_on_two_nodes_too(self):
        self.corpus.release()
        number = self.submit("multi-node.sbatch", self.corpus.job, options=("--nodes=2", "--ntasks-per-node=2", *SMALL))
        job = self.ends(number, 0)
        self.assertEqual((job["NumNodes"], self.corpus.record()["ranks"]), ("2", 4), self.log(number))
        self.assertEqual(self.corpus.digests(), self.expected)

    def test_a_script_that_the_program_prints_is_such_a_job(self):
        """It is warned, commits, and goes on from the queue."""
        printed = subprocess.run([self.launcher, "slurm", self.corpus.job, "--nodes", "2", "--ranks-per-node", "1",
                                  "--memory", "300MiB", "--time", "0:10:00", "--partition", "main"],
                                 capture_output=True, text=True, timeout=60, env={**os.environ, **SETTINGS})
        self.assertEqual(printed.returncode, 0, printed.stderr)
        script = self.corpus.folder / "printed.sbatch"
        script.write_text(printed.stdout)
        number = self.slurm.call("sbatch", "--parsable", "--output", self.corpus.folder / "log-%j", script, **SETTINGS)
        self.is_warned(number)
        job = self.ends(number, 0)
        self.assertEqual(job["Restarts"], "1", self.log(number))
        self.assertEqual((job["NumNodes"], job["TimeLimit"], job["JobName"]), ("2", "00:10:00", "held"))
        self.assertEqual((self.corpus.record()["ranks"], self.corpus.record()["memory_budget"]), (2, 300 << 20))
        self.assertEqual(self.corpus.digests(), self.expected)

    def test_the_commands_of_the_page(self):
        place = Place(self)
        job = (place.path / "nightly.yaml").read_text()
        (place.path / "news.yaml").write_text(job.replace("nightly", "news"))
        make_checkout(place.path)
        place.environment |= self.slurm.environment | SETTINGS
        commands = [line for _, block in marked(ROOT / "docs/slurm.md", "slurm") for line in block.splitlines()]
        self.assertGreaterEqual(len(commands), 6)
        for command in commands:
            with self.subTest(command):
                done = place.run(command)
                self.assertEqual(done.returncode, 0, done.stderr)
                numbers = re.findall(r"^(?:Submitted batch job )?(\d+)\b", done.stdout, re.MULTILINE)
                for number in numbers:
                    tasks = [number + task for task in ("_0", "_1")] if "--array" in command else [number]
                    for task in tasks:
                        job = self.slurm.wait(task, "COMPLETED", "FAILED", "CANCELLED")
                        log = place.path / f"slurm-{task}.out"
                        self.assertEqual(job["JobState"], "COMPLETED", log.read_text() if log.exists() else job)
        for name in ("nightly", "news"):
            self.assertEqual(place.run(f"./shardmill verify data/{name}").returncode, 0)

    def test_before_its_time_limit_a_job_commits_and_goes_on_from_the_queue(self):
        number = self.submit("multi-node.sbatch", self.corpus.job,  # a minute is Slurm's shortest limit
                             options=("--nodes=2", "--ntasks-per-node=1", "--time=1", "--signal=B:USR1@40", *SMALL))
        self.corpus.wait_until_held()
        deadline = time.monotonic() + 60
        while "told to stop" not in self.log(number):
            self.assertLess(time.monotonic(), deadline, self.slurm.job(number))
            time.sleep(0.1)
        time.sleep(0.5)  # from the script to the ranks
        self.corpus.release()
        job = self.ends(number, 0)
        self.assertEqual(job["Restarts"], "1", self.log(number))
        stopped = re.search('"stopped":true,"committed":([0-9]+)', self.log(number))
        self.assertLess(int(stopped[1]), FRAGMENTS)
        self.assertEqual(self.corpus.record()["fragments_read"], FRAGMENTS - int(stopped[1]))
        self.assertEqual(self.corpus.digests(), self.expected)

    def test_what_a_cancelled_job_committed_stays(self):
        number = self.submit("single-node.sbatch", self.corpus.job)
        self.corpus.wait_until_held()
        before = self.corpus.fragments()
        self.slurm.call("scancel", number)
        self.slurm.wait(number, "CANCELLED")
        deadline = time.monotonic() + 20
        while processes(self.corpus.job):
            self.assertLess(time.monotonic(), deadline, "a rank outlives its job")
            time.sleep(0.1)
        self.assertEqual((self.slurm.job(number)["JobState"], self.slurm.job(number)["Restarts"]), ("CANCELLED", "0"))
        self.corpus.release()
        self.assertEqual(self.corpus.run_to_the_end(), self.expected)
        self.assertEqual(self.corpus.record()["fragments_read"], FRAGMENTS - before)

    def test_a_job_whose_node_is_taken_for_lost_goes_on_from_the_queue(self):
        number = self.submit("single-node.sbatch", self.corpus.job, "--wait", "60")
        self.corpus.wait_until_held()
        node = self.slurm.job(number)["NodeList"]  # its slurmd is well and brings it back in a moment
        self.slurm.call("scontrol", "update", f"nodename={node}", "state=down", "reason=test")
        self.corpus.release()
        self.assertEqual(self.ends(number, 0)["Restarts"], "1", self.log(number))
        self.assertEqual(self.corpus.digests(), self.expected)

    def test_an_array_has_a_job_file_for_each_task(self):
        self.corpus.release()
        other = HeldCorpus(self.corpus.folder / "other", held=False)
        number = self.submit("array.sbatch", self.corpus.job, other.job, options=("--array=0-2", "--ntasks=1", *SMALL))
        tasks = [self.slurm.wait(f"{number}_{task}", "COMPLETED", "FAILED") for task in range(3)]
        self.assertEqual([task["ExitCode"] for task in tasks], ["0:0", "0:0", "2:0"])
        for corpus in (self.corpus, other):
            self.assertEqual(corpus.digests(), self.expected)

    def chain(self, *jobs):
        # sbatch has a variable for memory and none for --ntasks: the scripts get a smaller number.
        script = self.corpus.folder / "small.sbatch"
        text = (self.launcher.parent / "slurm/single-node.sbatch").read_text()
        script.write_text(text.replace("--ntasks=16", "--ntasks=1").replace("-cpu=4G", "-cpu=400M"))
        said = self.slurm.call(self.launcher.parent / "slurm/chain.sh", *jobs, SCRIPT=str(script),
                               SBATCH_OUTPUT=str(self.corpus.folder / "log-%j"), **SETTINGS)
        return [line.split()[0] for line in said.splitlines()]

    def test_a_chain_runs_one_job_after_another(self):
        self.corpus.release()
        first, second = self.chain(self.corpus.job, self.corpus.job)
        self.assertEqual(self.slurm.job(second)["JobState"], "PENDING")
        ended = self.ends(first, 0)["EndTime"]
        self.assertGreaterEqual(self.ends(second, 0)["StartTime"], ended)
        self.assertIn('"published":false', self.log(second))  # the same job again: nothing to do

    def test_a_chain_ends_where_a_job_fails(self):
        broken = self.corpus.folder / "broken.yaml"
        broken.write_text("dataset: x\n")
        first, second = self.chain(broken, self.corpus.job)
        self.ends(first, 2, "FAILED")
        self.slurm.wait(second, "CANCELLED")
        self.assertFalse(self.corpus.out.exists())

    def test_an_entry_of_scrontab_is_a_job_that_is_warned_too(self):
        """scrontab is not in Debian: the entry is submitted as scrontab would, its options and its command."""
        lines = (self.launcher.parent / "slurm/nightly.scron").read_text().splitlines()
        options = [line.split(maxsplit=1)[1] for line in lines if line.startswith("#SCRON ")]
        self.assertIn("--signal=B:USR1@300", options)
        [entry] = [line for line in lines if line and not line.startswith("#")]
        command = entry.split(maxsplit=5)[5]
        for path, here in [("/opt/shardmill/", f"'{self.launcher.parent}'/"), ("/data/corpus/nightly.yaml", str(self.corpus.job))]:
            self.assertIn(path, command)
            command = command.replace(path, here)
        script = self.corpus.folder / "entry"
        script.write_text(f"#!/bin/sh\n{command}\n")
        number = self.slurm.call("sbatch", "--parsable", *options, *TWO_RANKS, "--output", self.corpus.folder / "log-%j",
                                 script, **SETTINGS)
        self.is_warned(number)
        self.assertEqual(self.ends(number, 0)["Restarts"], "1")
        self.assertEqual(self.corpus.digests(), self.expected)

    def is_warned(self, number):
        """By USR1, while it reads, as before its time limit."""
        self.corpus.wait_until_held()
        self.slurm.call("scancel", "--signal=USR1", "--batch", number)
        deadline = time.monotonic() + 20
        while "told to stop" not in self.log(number):
            self.assertLess(time.monotonic(), deadline, self.log(number))
            time.sleep(0.1)
        time.sleep(0.5)  # from the script to the ranks
        self.corpus.release()


def processes(word):
    """Of this machine, with this word in their command line."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if os.fsencode(word) in path.read_bytes():
                found.append(path.parent.name)
        except OSError:
            pass  # it has ended
    return found


if __name__ == "__main__":
    unittest.main()
