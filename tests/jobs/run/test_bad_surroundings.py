"""What is wrong around the input: the job file, memory, the output folder, another run."""

import json
import os
import signal
import subprocess
import time
import unittest

from program import ENVIRONMENT, NOBODY, InFolder, command, end, lines, run, write_job


class BadJob(InFolder):
    def test_a_typo_is_placed_and_corrected(self):
        self.publish()
        job = self.folder / "job.yaml"
        good = job.read_text()
        cases = {
            ("dataset: d", "datset: d"): ("job.yaml:1:1", "datset", "dataset"),
            ("preset: fineweb", "preset: fineweeb"): ("job.yaml:7:29", "fineweeb", "fineweb"),
            ("dedup.exact", "dedup.exat"): ("job.yaml:6:5", "dedup.exat", "dedup.exact"),
            ("train: 0.8", "train: 0.7"): ("job.yaml:8:13", "1"),
            ("output: out", "output: [out]"): ("job.yaml:2:9", "output"),
            ("steps:", "steps: ["): ("job.yaml:",),
        }
        for (right, wrong), parts in cases.items():
            with self.subTest(wrong):
                job.write_text(good.replace(right, wrong))
                for ranks in (1, 2):
                    self.refused(run(self.folder, ranks=ranks), 2, *parts)
        job.unlink()
        self.refused(run(self.folder), 2, "job.yaml")

    def test_a_budget_below_the_floors(self):
        self.publish()
        for ranks in (1, 2):
            self.refused(run(self.folder, "--memory", "1MiB", ranks=ranks), 2, "--memory",
                         "1048576 bytes", "64 MiB")
        for ranks in (1, 2):  # fits, but not with records of the usual max_record
            self.refused(run(self.folder, "--memory", "100MiB", ranks=ranks), 2, "100MiB",
                         "13 times max_record of source s: 208MiB",
                         f"--memory {232 if ranks == 1 else 233}MiB")
        self.refused(run(self.folder, "--memory", "lots"), 2, "--memory", "lots", "8GiB")

    def test_more_tasks_announced_than_ranks_started(self):
        self.publish()
        slurm = {"SLURM_NTASKS": "4", "SLURM_JOB_ID": "1", "SLURM_STEP_ID": "0"}
        self.refused(run(self.folder, environment=slurm), 2, "4")


class BadOutput(InFolder):
    def test_an_output_that_is_a_file(self):
        self.put("a.jsonl", lines(20))
        write_job(self.folder)
        (self.folder / "out").write_text("mine")
        for ranks in (1, 2):
            self.refused(run(self.folder, ranks=ranks), 1, self.folder / "out", "Not a directory")
        self.assertEqual((self.folder / "out").read_text(), "mine")

    @unittest.skipIf(os.geteuid() != 0, "needs root to run as somebody else")
    def test_an_output_that_cannot_be_written(self):
        somebody = {"user": NOBODY, "group": NOBODY, "extra_groups": [],
                    "environment": {"HOME": str(self.folder)}}
        self.publish()
        with self.subTest("no new fragment"):
            self.put("b.jsonl", lines(20, seed=2))
            self.refused(run(self.folder, **somebody), 1, self.folder / "out", "Permission denied")
        with self.subTest("no new dataset"):
            self.before = {}
            (self.folder / "out").rename(self.folder / "old")
            self.folder.chmod(0o755)
            self.refused(run(self.folder, **somebody), 1, self.folder / "out", "Permission denied")

    def test_scratch_that_cannot_be_made(self):
        self.publish()
        scratch = self.folder / "job.yaml/scratch"
        self.refused(run(self.folder, "--scratch", str(scratch)), 1, scratch, "--scratch")


class ToldBesides(InFolder):
    def test_columns_that_no_document_has_are_told_once(self):
        self.put("a.jsonl", lines(20))
        write_job(self.folder, steps="""
  - filter: {where: 'langg == "en"'}
  - dedup.exact: {keep: ["source", "highest:starz"]}
""")
        done = self.succeeds(run(self.folder, "--memory", "256MiB", "--allow-empty", ranks=3))
        for column in ("'langg'", "'starz'"):  # and once more at the end
            told = [line for line in done.stderr.splitlines() if line.startswith("shardmill: warning: ") and column in line]
            self.assertEqual(len(told), 1, done.stderr)

    def test_another_name_than_what_is_published(self):
        self.publish()
        job = self.folder / "job.yaml"
        job.write_text(job.read_text().replace("dataset: d", "dataset: other"))
        told = "dataset other, published d, path %s" % (self.folder / "out/snapshots/000001")
        for options in (("--dry-run",), ()):
            done = self.succeeds(run(self.folder, "--memory", "256MiB", *options, ranks=2))
            self.assertEqual(sum(line.startswith("shardmill: warning: ") and told in line for line in done.stderr.splitlines()),
                             1, done.stderr)
        self.assertNotIn("another name", self.succeeds(run(self.folder)).stderr)

    def test_status_says_why_a_run_failed(self):
        self.put("a.jsonl", lines(20) + b"{broken\n")
        write_job(self.folder)
        self.refused(run(self.folder, ranks=2), 4, "a.jsonl")
        status = json.loads((self.folder / "out/log/status.json").read_text())
        self.assertEqual(status["state"], "failed")
        self.assertIn("a.jsonl: offset", status["message"])


class TwoAtOnce(InFolder):
    def test_the_second_names_the_first(self):
        self.publish()
        self.put("b.jsonl", lines(20, seed=2))
        # The first run hangs in a command that notes its process number.
        program = json.dumps(f"echo $$ > {self.folder}/hanging; exec sleep 300")
        (self.folder / "slow.yaml").write_text((self.folder / "job.yaml").read_text().replace(
            '"in/*"', f'"in/*", format: command, command: [sh, -c, {program}]'))
        first = subprocess.Popen([*command()[:2], "slow.yaml"], cwd=self.folder, env=ENVIRONMENT,
                                 stderr=subprocess.PIPE, start_new_session=True)
        self.addCleanup(end, first)
        hanging = self.folder / "hanging"
        deadline = time.monotonic() + 30
        while not (hanging.exists() and hanging.read_text()) and time.monotonic() < deadline:
            time.sleep(0.02)
        self.addCleanup(os.kill, int(hanging.read_text()), signal.SIGKILL)
        for ranks in (1, 2):
            self.refused(run(self.folder, ranks=ranks), 5, self.folder / "out",
                         f"process {first.pid} on ")
        self.assertIsNone(first.poll())
        status = {"doing": ""}
        deadline = time.monotonic() + 30
        while not status["doing"].startswith("reading fragment ") and time.monotonic() < deadline:
            time.sleep(0.2)
            said = subprocess.run([command()[0], "status", "out", "--json"], cwd=self.folder, env=ENVIRONMENT, capture_output=True)
            status = json.loads(said.stdout)
        self.assertLess(time.monotonic(), deadline)
        self.assertEqual((status["state"], status["stage"], status["pid"]), ("running", "read", first.pid))
        end(first)
        self.succeeds(run(self.folder))

    def test_ranks_without_their_first_are_waited_for(self):
        """Rank 0 is killed and mpirun, stopped, ends nobody: the other rank may still write."""
        self.put("a.jsonl", lines(60))
        write_job(self.folder)
        # Rank 0 hangs in a command that notes both process numbers; the other rank waits for it.
        program = json.dumps(f"echo $PPID $$ > {self.folder}/hanging; exec sleep 300")
        (self.folder / "slow.yaml").write_text((self.folder / "job.yaml").read_text().replace(
            '"in/*"', f'"in/*", format: command, command: [sh, -c, {program}]'))
        first = subprocess.Popen(["mpirun", "-n", "2", *command()[:2], "slow.yaml"], cwd=self.folder, env=ENVIRONMENT,
                                 stderr=subprocess.PIPE, start_new_session=True)
        self.addCleanup(end, first)
        hanging = self.folder / "hanging"
        deadline = time.monotonic() + 60
        while not (hanging.exists() and hanging.read_text()) and time.monotonic() < deadline:
            time.sleep(0.02)
        rank, program = map(int, hanging.read_text().split())
        self.addCleanup(os.kill, program, signal.SIGKILL)
        with open(f"/proc/{first.pid}/task/{first.pid}/children") as children:
            other = next(pid for pid in map(int, children.read().split()) if pid != rank)
        os.kill(first.pid, signal.SIGSTOP)
        os.kill(rank, signal.SIGKILL)
        self.refused(run(self.folder, environment={"SHARDMILL_LOCK_SECONDS": "1"}), 5, self.folder / "out", "whose first one is gone")
        second = subprocess.Popen(command(), cwd=self.folder, env=ENVIRONMENT, stderr=subprocess.PIPE, start_new_session=True)
        self.addCleanup(end, second)
        time.sleep(1)
        self.assertIsNone(second.poll())
        os.kill(other, signal.SIGKILL)
        self.assertEqual(second.wait(timeout=60), 0)
        os.kill(first.pid, signal.SIGCONT)


if __name__ == "__main__":
    unittest.main()
