"""One run over several hosts (hosts.py) through TCP; hosts that are lost while it goes."""

import json
import os
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from hosts import Hosts

from tests.checkout import ROOT, make_checkout
from tests.docs.documents import Place, marked
from tests.held_corpus import FRAGMENTS, HeldCorpus
from tests.mpi_environment import MPI_ENVIRONMENT


class OnHosts(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="hosts.")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name)
        (cls.folder / "hosts").mkdir()
        try:
            cls.hosts, cls.why_not = Hosts(cls.folder / "hosts", 3), None
        except RuntimeError as error:
            cls.why_not = str(error)
            return
        cls.addClassCleanup(cls.hosts.close)
        cls.launcher = make_checkout(cls.folder / "checkout")
        cls.expected = HeldCorpus(cls.folder / "undisturbed", held=False).run_to_the_end()

    def setUp(self):
        if self.why_not:
            self.skipTest(self.why_not)
        self.corpus = HeldCorpus(self.folder / self.id().split(".")[-1])

    def start(self, *slots, on="h1", words=None, stdout=subprocess.DEVNULL, **settings):
        """The launcher on one host: ["h1 slots=2", …] are where ranks go."""
        (self.corpus.folder / "hostfile").write_text("\n".join(slots) + "\n")
        ranks = sum(int(line.split("=")[1]) for line in slots)
        environment = {**os.environ, **MPI_ENVIRONMENT, "SHARDMILL_NO_INSTALL": "1", "SHARDMILL_PROGRESS": "none",
                       "OMPI_MCA_orte_default_hostfile": str(self.corpus.folder / "hostfile"),
                       "OMPI_MCA_plm_rsh_agent": str(self.hosts.folder / "agent"), **settings}
        words = (*words, "--ranks", ranks) if words else ("run", self.corpus.job, "--ranks", ranks, "--memory", "256MiB")
        process = subprocess.Popen(
            self.hosts.on(on, self.launcher, *words), stdout=stdout, stderr=subprocess.PIPE, text=True, env=environment)
        self.addCleanup(lambda: (process.poll() is None and process.kill(), process.wait(), process.stderr.close(), process.stdout and process.stdout.close()))
        return process

    def ends(self, process, seconds=60):
        """Exit code and what was told."""
        _, told = process.communicate(timeout=seconds)
        return process.returncode, told

    def test_the_bytes_are_those_of_one_host(self):
        self.corpus.release()
        code, told = self.ends(self.start("h1 slots=1", "h2 slots=2", "h3 slots=1"))
        self.assertEqual(code, 0, told)
        self.assertEqual(self.corpus.record()["hosts"], ["h1", "h2", "h2", "h3"])  # by rank
        self.assertEqual(self.corpus.digests(), self.expected)

    def test_the_command_of_the_page(self):
        place = Place(self)
        make_checkout(place.path)
        (place.path / "hosts").write_text("h1 slots=2\nh2 slots=1\nh3 slots=1\n")
        [(_, block)] = marked(ROOT / "docs/slurm.md", "hosts")
        done = subprocess.run(self.hosts.on("h1", "bash", "-euc", block), cwd=place.path, capture_output=True, text=True, timeout=100,
                              env={**place.environment, "SHARDMILL_NO_INSTALL": "1",
                                   "OMPI_MCA_plm_rsh_agent": str(self.hosts.folder / "agent")})
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("4 ranks", done.stderr)

    def test_a_host_that_is_cut_off_ends_the_run_and_the_others_can_go_on(self):
        process = self.start("h1 slots=1", "h2 slots=1", "h3 slots=1", SHARDMILL_LOST_HOST_SECONDS="5")
        self.corpus.wait_until_held()  # on h3
        self.assertEqual(len(self.hosts.processes("h3", "shardmill")), 1)
        self.is_lost("h3", process)
        self.corpus.release()
        code, told = self.ends(self.start("h1 slots=1", "h2 slots=1"))
        self.assertEqual(code, 0, told)
        self.assertEqual(self.corpus.record()["fragments_read"], FRAGMENTS - 4)
        self.assertEqual(self.corpus.digests(), self.expected)

    def is_lost(self, host, process):
        """Cuts it off: the run ends, and all its ranks everywhere."""
        self.hosts.cut(host)
        self.addCleanup(self.hosts.join, host)
        code, told = self.ends(process, seconds=20)
        self.assertEqual(code, 1, told)
        own = [line for line in told.splitlines() if line.startswith("shardmill: ")]
        self.assertEqual(len(own), 1, told)
        self.assertIn("a host was lost", own[0])
        deadline = time.monotonic() + 15
        while any(self.hosts.processes(name, "shardmill") for name in ("h2", "h3")):
            self.assertLess(time.monotonic(), deadline, "a rank outlives its run")
            time.sleep(0.1)

    def test_the_host_of_the_launcher_and_the_first_rank_is_cut_off(self):
        process = self.start("h1 slots=1", "h2 slots=1", "h3 slots=1", SHARDMILL_LOST_HOST_SECONDS="5")
        self.corpus.wait_until_held()
        self.is_lost("h1", process)
        self.corpus.release()
        code, told = self.ends(self.start("h2 slots=1", "h3 slots=1", on="h2"))
        self.assertEqual(code, 0, told)
        self.assertEqual(self.corpus.digests(), self.expected)

    def test_a_host_is_cut_off_while_documents_are_compared(self):
        """A rank that stands still, so that the others wait for it in the step; then its host is gone."""
        self.corpus.release()
        process = self.start("h1 slots=1", "h2 slots=1", "h3 slots=1", SHARDMILL_LOST_HOST_SECONDS="5")
        log, deadline = self.corpus.out / "log/rank-0.jsonl", time.monotonic() + 60
        while not log.exists() or "dedup.exact" not in log.read_text():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)
        [rank] = self.hosts.processes("h3", "shardmill")
        os.kill(rank, signal.SIGSTOP)
        time.sleep(1)
        begun = [event["stage"] for event in map(json.loads, log.read_text().splitlines()) if event["event"] == "stage_started"]
        self.is_lost("h3", process)
        print("cut off in the stage", begun[-1], flush=True)
        self.assertFalse(self.corpus.out.joinpath("current").exists())
        code, told = self.ends(self.start("h1 slots=1", "h2 slots=1"))
        self.assertEqual(code, 0, told)
        self.assertEqual(self.corpus.record()["fragments_read"], 0)
        self.assertEqual(self.corpus.digests(), self.expected)

    def test_a_cable_that_is_put_back_in_time_costs_nothing(self):
        process = self.start("h1 slots=1", "h2 slots=1", "h3 slots=1")
        self.corpus.wait_until_held()
        self.hosts.cut("h3")
        time.sleep(7)  # more than the shortest limit
        self.hosts.join("h3")
        self.corpus.release()
        code, told = self.ends(process)
        self.assertEqual(code, 0, told)
        self.assertEqual(self.corpus.digests(), self.expected)

    def test_a_host_that_is_not_there_ends_the_run_before_it_begins(self):
        code, told = self.ends(self.start("h1 slots=1", "h9 slots=1"), seconds=20)
        self.assertEqual(code, 1, told)
        self.assertIn("h9", told)  # the words of what stands for ssh
        self.assertFalse(self.corpus.out.exists())

    def doctor(self, *options):
        folder = self.corpus.folder / "dataset"
        folder.mkdir(exist_ok=True)
        process = self.start("h1 slots=1", "h2 slots=2", "h3 slots=1", words=("doctor", folder, *options), stdout=subprocess.PIPE)
        said, told = process.communicate(timeout=90)
        return process.returncode, said, told

    def test_doctor_looks_at_every_host(self):
        code, said, told = self.doctor("--json")
        self.assertEqual(code, 0, said + told)
        lines = {line["what"].split(",")[0]: line for line in json.loads(said)}
        self.assertEqual(list(lines)[0], "4 ranks on 3 machines")
        for what in ("memory of a rank", "the dataset's folder is written", "scratch is written", "rows go to other ranks"):
            self.assertEqual(list(lines[what]["by_host"]), ["h1", "h2", "h3"], what)
            self.assertGreater(min(lines[what]["by_host"].values()), 0, what)
        # A host that sees another folder there.
        hidden = ["nsenter", "-t", self.hosts.pid("h3"), "-m"]
        subprocess.run([*hidden, "mount", "-t", "tmpfs", "tmpfs", self.corpus.folder / "dataset"], check=True)
        self.addCleanup(subprocess.run, [*hidden, "umount", self.corpus.folder / "dataset"])
        code, said, told = self.doctor()
        self.assertEqual(code, 1, said + told)
        self.assertIn("wrong  the dataset's folder is another one on h3\n", said)

    def test_the_watchdog_has_its_limit_on_every_host(self):
        process = self.start("h1 slots=1", "h2 slots=1", "h3 slots=1", SHARDMILL_WATCHDOG_SECONDS="3")
        code, told = self.ends(process, seconds=40)
        self.assertEqual(code, 1, told)
        self.assertRegex(told, "rank 2: no progress for 3 s: reading fragment 2")
        self.assertEqual(self.hosts.processes("h3", "shardmill"), [])


if __name__ == "__main__":
    unittest.main()
