"""The batch scripts without Slurm: a stand-in for the launcher, for sbatch and for scontrol."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

SLURM = Path(__file__).parents[2] / "slurm"
LAUNCHER = """#!/bin/bash
echo "launcher $*" >>"$WORLD/calls"
trap 'echo got USR1 >>"$WORLD/calls"; sleep 0.3; said 75' USR1
said() { echo "{\\"stopped\\":true,\\"committed\\":${COMMITTED:-3}}"; exit "$1"; }
[[ -z ${END:-} ]] || said $END
touch "$WORLD/started"
for ((i = 0; i < 300; ++i)); do sleep 0.1; done
"""
SCONTROL = '#!/bin/bash\necho "scontrol $*" >>"$WORLD/calls"\nexit "${REFUSED:-0}"\n'
SBATCH = """#!/bin/bash
echo "sbatch $* with $SHARDMILL" >>"$WORLD/calls"
echo "$(wc -l <"$WORLD/calls");cluster"
"""


class World(unittest.TestCase):
    """A folder that stands for a checkout, with a job file in it."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="a job ")
        self.addCleanup(folder.cleanup)
        self.world = Path(folder.name)
        for name, text in [("shardmill", LAUNCHER), ("scontrol", SCONTROL), ("sbatch", SBATCH)]:
            (self.world / name).write_text(text)
            (self.world / name).chmod(0o755)
        shutil.copytree(SLURM, self.world / "slurm")
        for name in ("my job.yaml", "b.yaml"):
            (self.world / name).touch()
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("SLURM", "SHARDMILL", "SBATCH"))}
        self.env = inherited | {"PATH": f"{self.world}:{os.environ['PATH']}", "SLURM_JOB_ID": "7",
                                "WORLD": str(self.world), "SLURM_SUBMIT_DIR": str(self.world)}

    def start(self, script, *words, **settings):
        return subprocess.Popen(["bash", self.world / "slurm" / script, *words], text=True, cwd=self.world,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=self.env | settings)

    def end(self, process):
        """Exit code, what was called, and what the job's log says."""
        stdout, stderr = process.communicate(timeout=30)
        calls = self.world / "calls"
        called = calls.read_text().splitlines() if calls.exists() else []
        calls.unlink(missing_ok=True)
        return process.returncode, called, stdout + stderr


class Scripts(World):
    ONE_RUN = {"single-node.sbatch": {}, "multi-node.sbatch": {}, "array.sbatch": {"SLURM_ARRAY_TASK_ID": "0"}}

    def scripts(self):
        for script, settings in self.ONE_RUN.items():
            with self.subTest(script):
                yield script, settings

    def stopped_by(self, kind, script, **settings):
        (self.world / "started").unlink(missing_ok=True)
        process = self.start(script, "my job.yaml", **settings)
        deadline = time.time() + 20
        while not (self.world / "started").exists() and time.time() < deadline:
            time.sleep(0.02)
        process.send_signal(kind)
        return self.end(process)

    def test_the_exit_code_is_that_of_the_run_and_its_words_are_in_the_log(self):
        for script, settings in self.scripts():
            for code in (0, 4, 137):
                status, called, log = self.end(self.start(script, "my job.yaml", END=str(code), **settings))
                self.assertEqual((status, called), (code, ["launcher run my job.yaml --json"]))
                self.assertIn('"committed":3', log)

    def test_options_of_run_are_passed_on(self):
        for options in (["--fresh"], ["--json", "--fresh"]):
            _, called, _ = self.end(self.start("multi-node.sbatch", "my job.yaml", *options, END="0"))
            self.assertEqual(sorted(called[0].split()), sorted(["launcher", "run", "my", "job.yaml", "--fresh", "--json"]))

    def test_the_warning_reaches_the_run_and_a_stopped_run_is_queued_again(self):
        for script, settings in self.scripts():
            status, called, _ = self.stopped_by(signal.SIGUSR1, script, **settings)
            self.assertEqual((status, called[1:]), (0, ["got USR1", "scontrol requeue 7"]))

    def test_a_run_that_committed_nothing_is_not_queued_again(self):
        for script, settings in self.scripts():
            status, called, _ = self.stopped_by(signal.SIGUSR1, script, COMMITTED="0", **settings)
            self.assertEqual((status, called[1:]), (75, ["got USR1"]))

    def test_a_run_that_never_gets_through_is_not_queued_for_ever(self):
        for script, settings in self.scripts():
            status, called, log = self.stopped_by(signal.SIGUSR1, script, SLURM_RESTART_COUNT="50", **settings)
            self.assertEqual((status, called[1:]), (75, ["got USR1"]))
            self.assertIn("50 restarts are enough", log)
        status, called, _ = self.stopped_by(signal.SIGUSR1, "single-node.sbatch", SLURM_RESTART_COUNT="1",
                                            SHARDMILL_RESTARTS="1")
        self.assertEqual((status, len(called)), (75, 2))

    def test_who_ends_the_job_does_not_find_it_in_the_queue_again(self):
        status, called, _ = self.stopped_by(signal.SIGTERM, "single-node.sbatch")
        self.assertEqual((status, called[1:]), (75, ["got USR1"]))

    def test_a_job_that_slurm_does_not_take_back_keeps_its_exit_code(self):
        status, called, _ = self.stopped_by(signal.SIGUSR1, "single-node.sbatch", REFUSED="1")
        self.assertEqual((status, called[2:]), (75, ["scontrol requeue 7"]))

    def test_each_task_of_an_array_has_its_job_file(self):
        for task, job in [("0", "my job.yaml"), ("1", "b.yaml")]:
            _, called, _ = self.end(self.start("array.sbatch", "my job.yaml", "b.yaml", END="0", SLURM_ARRAY_TASK_ID=task))
            self.assertEqual(called, [f"launcher run {job} --json"])
        for settings in ({"SLURM_ARRAY_TASK_ID": "2"}, {}):
            status, called, log = self.end(self.start("array.sbatch", "my job.yaml", "b.yaml", END="0", **settings))
            self.assertEqual((status, called), (2, []))
            self.assertIn("sbatch --array=0-1", log)


class Chain(World):
    def test_each_job_waits_for_the_success_of_the_one_before(self):
        status, called, said = self.end(self.start("chain.sh", "my job.yaml", "b.yaml", "my job.yaml"))
        self.assertEqual(status, 0, said)
        script, launcher = self.world / "slurm/single-node.sbatch", self.world / "slurm/../shardmill"
        self.assertEqual(called, [
            f"sbatch --parsable {script} my job.yaml with {launcher}",
            f"sbatch --parsable --dependency=afterok:1 --kill-on-invalid-dep=yes {script} b.yaml with {launcher}",
            f"sbatch --parsable --dependency=afterok:2 --kill-on-invalid-dep=yes {script} my job.yaml with {launcher}"])
        self.assertEqual(said.splitlines(), ["1 my job.yaml", "2 b.yaml", "3 my job.yaml"])

    def test_nothing_is_submitted_when_a_job_file_is_missing(self):
        status, called, said = self.end(self.start("chain.sh", "b.yaml", "nowhere.yaml"))
        self.assertEqual((status, called), (2, []))
        self.assertIn("cannot read nowhere.yaml", said)
        self.assertEqual(self.end(self.start("chain.sh"))[:2], (2, []))


if __name__ == "__main__":
    unittest.main()
