"""The entries for cron, scrontab and systemd, read by the rules of crontab(5), scrontab(1) and systemd's own tool.

That the entry of scrontab works as a job is in test_slurm.py.
"""

import configparser
import os
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

SLURM = Path(__file__).parents[2] / "slurm"
RANGES = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 7)]  # minute, hour, day, month, day of the week


def entries(name):
    """(times, command) of each, and the variables that are set before them."""
    found, variables = [], {}
    for line in (SLURM / name).read_text().splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        if setting := re.fullmatch(r"(\w+)\s*=\s*(.*)", line):
            variables[setting[1]] = setting[2]
            continue
        *times, command = line.split(maxsplit=5)
        found.append((times, command))
    return found, variables


class Cron(unittest.TestCase):
    def are_times(self, times):
        self.assertEqual(len(times), 5)
        for field, (least, most) in zip(times, RANGES):
            if field != "*":
                self.assertTrue(least <= int(field) <= most, times)

    def test_cron(self):
        found, variables = entries("nightly.cron")
        self.assertEqual((len(found), list(variables)), (2, ["SHARDMILL"]))
        for times, command in found:
            self.are_times(times)
            self.assertNotIn("%", command)  # a new line, to cron
            subprocess.run(["bash", "-n", "-c", command], check=True)
        self.assertIn("--dependency=singleton", found[0][1])

    def test_what_cron_starts(self):
        """Its commands, with stand-ins, as cron starts them: by sh, in the home folder, with no PATH to speak of."""
        with tempfile.TemporaryDirectory() as folder:
            for name in ("sbatch", "shardmill"):
                (Path(folder) / name).write_text(f'#!/bin/sh\necho "{name} $* in $PWD, $SHARDMILL" >>"{folder}/calls"\n')
                (Path(folder) / name).chmod(0o755)
            found, variables = entries("nightly.cron")
            environment = {"PATH": f"{folder}:/usr/bin:/bin", "SHARDMILL": f"{folder}/shardmill"}
            self.assertEqual(variables["SHARDMILL"], "/opt/shardmill/shardmill")
            for _, command in found:
                subprocess.run(["sh", "-c", command.replace("/data/corpus", folder)], check=True, env=environment, cwd="/")
            submitted, run = (Path(folder) / "calls").read_text().splitlines()
            self.assertTrue(submitted.startswith("sbatch --job-name=shardmill-nightly --dependency=singleton "))
            self.assertIn(f"/opt/shardmill/slurm/single-node.sbatch nightly.yaml in {folder}, {folder}/shardmill", submitted)
            self.assertEqual(run, f"shardmill run nightly.yaml in {folder}, {folder}/shardmill")

    def test_scrontab(self):
        text = (SLURM / "nightly.scron").read_text()
        found, variables = entries("nightly.scron")
        self.assertEqual((len(found), variables), (1, {}))
        self.are_times(found[0][0])
        self.assertTrue(found[0][1].startswith("exec "))
        # Options stand right before their entry; they are those of the script, which do not count here.
        options = re.findall(r"^#SCRON --([\w-]+)(?:=\S+)?$", text, re.MULTILINE)
        self.assertEqual(len(options), text.count("#SCRON"))
        script = re.findall(r"^#SBATCH --([\w-]+)", (SLURM / "single-node.sbatch").read_text(), re.MULTILINE)
        self.assertEqual(set(options), set(script) - {"requeue"} | {"output"})  # every such job is requeued: for the next night


class Systemd(unittest.TestCase):
    UNITS = ("shardmill-nightly.service", "shardmill-nightly.timer")

    def test_the_timer_starts_the_service_that_runs_the_job(self):
        service, timer = (configparser.ConfigParser(interpolation=None, strict=True) for _ in self.UNITS)
        for unit, name in zip((service, timer), self.UNITS):
            unit.optionxform = str
            unit.read_string((SLURM / name).read_text())
        self.assertEqual(service["Service"]["ExecStart"], "/opt/shardmill/shardmill run nightly.yaml")
        self.assertEqual(service["Service"]["KillMode"], "mixed")  # TERM to the launcher alone
        self.assertEqual(service["Service"]["SuccessExitStatus"].split(), ["5", "75"])
        self.assertNotIn("Unit", timer["Timer"])  # the one of the same name
        self.assertEqual(timer["Timer"]["OnCalendar"], "*-*-* 01:30:00")

    @unittest.skipUnless(shutil.which("systemd-analyze"), "no systemd-analyze here")
    def test_systemd_understands_them(self):
        with tempfile.TemporaryDirectory() as folder:
            for name in self.UNITS:
                text = (SLURM / name).read_text().replace("/opt/shardmill/shardmill", "/bin/true")
                (Path(folder) / name).write_text(text)
            done = subprocess.run(["systemd-analyze", "verify", "--man=no", *(os.path.join(folder, name) for name in self.UNITS)],
                                  capture_output=True, text=True, timeout=60)
            if done.returncode and "shardmill" not in done.stderr:
                self.skipTest("systemd-analyze does not work here: " + done.stderr.strip())
            own = [line for line in done.stderr.splitlines() if "shardmill" in line]
            self.assertEqual((done.returncode, own), (0, []), done.stderr)


if __name__ == "__main__":
    unittest.main()
