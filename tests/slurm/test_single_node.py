"""slurm/single-node.sbatch without Slurm: a stand-in for the launcher and one for scontrol."""

import os
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "slurm/single-node.sbatch"
LAUNCHER = """#!/bin/bash
echo "launcher $*"
trap 'echo got USR1; sleep 0.3; exit 75' USR1
[[ -z ${END:-} ]] || exit $END
touch "$WORLD/started"
for ((i = 0; i < 300; ++i)); do sleep 0.1; done
"""
SCONTROL = '#!/bin/bash\necho "scontrol $*"\n'


class SingleNode(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="a job ")
        self.addCleanup(folder.cleanup)
        self.world = Path(folder.name)
        for name, text in [("shardmill", LAUNCHER), ("scontrol", SCONTROL)]:
            (self.world / name).write_text(text)
            (self.world / name).chmod(0o755)
        self.env = dict(os.environ, PATH=f"{self.world}:{os.environ['PATH']}", SLURM_JOB_ID="7",
                        WORLD=str(self.world), SLURM_SUBMIT_DIR=str(self.world))

    def start(self, **settings):
        return subprocess.Popen(["bash", SCRIPT, "my job.yaml", "--fresh"], text=True,
                                stdout=subprocess.PIPE, env=self.env | settings)

    def end(self, process):
        output, _ = process.communicate(timeout=30)
        return process.returncode, output.splitlines()

    def test_the_exit_code_is_that_of_the_run(self):
        for code in (0, 4):
            status, lines = self.end(self.start(END=str(code)))
            self.assertEqual((status, lines), (code, ["launcher run my job.yaml --fresh"]))

    def test_the_warning_reaches_the_run_and_a_stopped_run_is_queued_again(self):
        for kind in (signal.SIGUSR1, signal.SIGTERM):
            (self.world / "started").unlink(missing_ok=True)
            process = self.start()
            deadline = time.time() + 20
            while not (self.world / "started").exists() and time.time() < deadline:
                time.sleep(0.02)
            process.send_signal(kind)
            status, lines = self.end(process)
            self.assertEqual(status, 0)
            self.assertEqual(lines[1:], ["got USR1", "scontrol requeue 7"])

    def test_a_run_that_never_gets_through_is_not_queued_for_ever(self):
        status, lines = self.end(self.start(END="75", SLURM_RESTART_COUNT="50"))
        self.assertEqual((status, len(lines)), (75, 1))


if __name__ == "__main__":
    unittest.main()
