"""A second Ctrl-C ends a run of the launcher at once, whenever it comes: with 130 and one line. (mpirun itself would now and
then crash, or hang.)"""

import os
import random
import signal
import subprocess
import time
import unittest

from program import ENVIRONMENT, LONG, InFolder, digests, lines, run, write_job

from tests.checkout import make_checkout

SEED = int(os.environ.get("SHARDMILL_SEED", time.time()))


class InterruptedTwice(InFolder):
    def test_at_any_moment(self):
        print(f"seed {SEED}", flush=True)
        choose = random.Random(SEED)
        self.put("a.jsonl", lines(60))
        write_job(self.folder)
        self.succeeds(run(self.folder))
        expected = digests(self.folder)
        (self.folder / "checkout").mkdir()
        launcher = make_checkout(self.folder / "checkout")
        gate, script = self.folder / "gate", self.folder / "slow"
        script.write_text(f'#!/bin/sh\nwhile [ -e "$0" ] && ! [ -e "{gate}" ]; do sleep 0.05; done\ncat "$1"\n')
        script.chmod(0o755)
        write_job(self.folder, source=f", format: command, command: [{script}]")
        for trial in range(40 if LONG else 5):
            subprocess.run(["rm", "-rf", self.folder / "out"], check=True)
            process = subprocess.Popen([launcher, "run", "job.yaml", "--ranks", str(choose.choice([2, 3])), "--memory", "256MiB"],
                                       cwd=self.folder, env={**ENVIRONMENT, "SHARDMILL_NO_INSTALL": "1"}, text=True,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True)
            self.addCleanup(process.kill)
            while trial > 0 and not list((self.folder / "out/log").glob("rank-*")):  # else while it starts
                self.assertIsNone(process.poll())
                time.sleep(0.01)
            time.sleep(choose.choice([0.1, 0.5, 1]))
            os.killpg(process.pid, signal.SIGINT)
            time.sleep(choose.choice([0.02, 0.1, 0.2, 0.3, 0.6]))
            os.killpg(process.pid, signal.SIGINT)
            _, told = process.communicate(timeout=60)
            with self.subTest(seed=SEED, trial=trial):
                self.assertNotIn("fault", told)
                if trial == 0 and process.returncode == 75:  # the first came before there was anything to end
                    continue
                self.assertEqual(process.returncode, 130, told)
                self.assertEqual(told.count("ended at once; the same command goes on from what is committed"), 1, told)
        gate.touch()
        self.succeeds(run(self.folder, "--memory", "256MiB", "--wait", "60"))
        self.assertEqual(digests(self.folder), expected)


if __name__ == "__main__":
    unittest.main()
