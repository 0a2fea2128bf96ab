"""The launcher, alone in a folder of its own, with stand-ins for apt, cmake and mpirun on the PATH.

The stand-ins write down how they were called; the stand-in program prints its arguments and the
settings it was given. One test uses the real mpirun.
"""

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

LAUNCHER = Path(os.environ.get("SHARDMILL_LAUNCHER", Path(__file__).parents[2] / "shardmill"))
SOURCES = ["cmake", "cluster", "engine", "operators", "jobs"]

PROGRAM = """#!/bin/bash
echo "program $*"
env | grep -E '^(OMP|OMPI_MCA|OPENBLAS|PMIX|SHARDMILL)_' | sort
exit ${STATUS:-0}
"""
CMAKE = """#!/bin/bash
echo "cmake $*" >>"$WORLD/calls"
echo "the compiler says"
[[ -e $WORLD/broken ]] && exit 1
[[ $1 != --build ]] || { cp "$WORLD/program" "$2/shardmill"; chmod +x "$2/shardmill"; }
"""
DPKG_QUERY = """#!/bin/bash
echo dpkg-query >>"$WORLD/calls"
for name in "${@:4}"; do
  grep -qx "$name" "$WORLD/absent" || echo "ii  $name"
done
"""
APT_GET = """#!/bin/bash
echo "apt-get $*" >>"$WORLD/calls"
echo "apt says hello"
[[ ! -e $WORLD/offline ]] || exit 100
[[ $1 != install ]] || : >"$WORLD/absent"
"""
APT_CACHE = """#!/bin/bash
echo "apt-cache $*" >>"$WORLD/calls"
! grep -qx "$2" "$WORLD/unknown"
"""
MPIRUN = """#!/bin/bash
echo "mpirun $*"
trap 'echo got USR1; exit 75' USR1
[[ ! -e $WORLD/deaf ]] || { trap '' USR1; sleep 1; trap 'echo got USR1; exit 75' USR1; }
[[ ! -e $WORLD/killed ]] || exit "$(<"$WORLD/killed")"
[[ ! -e $WORLD/hung ]] || { true & exec sleep 100; }  # collects no child
[[ ! -e $WORLD/busy ]] || trap '' USR1
if [[ -e $WORLD/wait ]]; then  # not for ever: nobody may be left to end it
  echo $$ >"$WORLD/pid.new" && mv "$WORLD/pid.new" "$WORLD/pid"
  for ((i = 0; i < 600; ++i)); do sleep 0.05; done
  exit 1
fi
[[ $1 == -n ]] && exec "${@:3}"
"""


def is_alive(pid):
    """Not one that has ended and that the first process of the machine has yet to notice."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


class Launcher(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="a launcher ")  # the space is on purpose
        self.addCleanup(folder.cleanup)
        self.world = Path(folder.name)
        self.world.chmod(0o755)
        self.root = self.world / "tree"
        for name in SOURCES:
            (self.root / name).mkdir(parents=True)
        (self.root / "CMakeLists.txt").touch()
        (self.root / "CMakePresets.json").touch()
        shutil.copy(LAUNCHER, self.root / "shardmill")
        (self.world / "program").write_text(PROGRAM)
        (self.world / "absent").touch()
        (self.world / "unknown").touch()
        tools = self.world / "tools"
        tools.mkdir()
        for name, text in [("cmake", CMAKE), ("dpkg-query", DPKG_QUERY), ("apt-get", APT_GET), ("apt-cache", APT_CACHE),
                           ("mpirun", MPIRUN)]:
            (tools / name).write_text(text)
            (tools / name).chmod(0o755)
        inherited = {k: v for k, v in os.environ.items()
                     if not re.match("SHARDMILL|OMPI|PMI|SLURM|OMP_", k)}
        self.env = inherited | {"PATH": f"{tools}:{os.environ['PATH']}", "WORLD": str(self.world)}

    def launch(self, *arguments, path=None, **settings):
        user = settings.pop("user", None)
        return subprocess.run([path or self.root / "shardmill", *arguments], cwd="/", text=True,
                              capture_output=True, stdin=subprocess.DEVNULL, timeout=60, user=user,
                              env=self.env | settings)

    def calls(self):
        path = self.world / "calls"
        return path.read_text().splitlines() if path.exists() else []

    def built(self):
        self.assertEqual(self.launch("version").returncode, 0)
        (self.world / "calls").unlink()

    def test_help_fits_a_screen_and_needs_nothing(self):
        for arguments in [(), ("help",), ("--help",)]:
            result = self.launch(*arguments)
            self.assertEqual(result.returncode, 0)
            self.assertLessEqual(len(result.stdout.splitlines()), 24)
            self.assertLessEqual(max(map(len, result.stdout.splitlines())), 100)
            for command in "run plan inspect explain ledger export verify status report ops schema " \
                           "version demo test snapshots diff publish rollback tag gc doctor slurm".split():
                self.assertRegex(result.stdout, rf"\b{command}\b")
        self.assertEqual(self.calls(), [])
        self.assertFalse((self.root / "build").exists())

    def test_missing_packages_are_listed_and_not_installed_when_forbidden(self):
        (self.world / "absent").write_text("libicu-dev\nlibzstd-dev\n")
        result = self.launch("version", SHARDMILL_NO_INSTALL="1")
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        self.assertRegex(result.stderr, r"libicu-dev +\S+")  # with what it is for
        self.assertIn("apt-get install -y --no-install-recommends libzstd-dev libicu-dev",
                      result.stderr)
        self.assertEqual(self.calls(), ["dpkg-query"])

    @unittest.skipUnless(os.geteuid() == 0, "only root may install without being asked")
    def test_root_installs_what_is_missing_and_goes_on(self):
        (self.world / "absent").write_text("libicu-dev\n")
        result = self.launch("version")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertTrue(result.stdout.startswith("program version"))  # nothing of apt on stdout
        self.assertIn("libicu-dev", result.stderr)
        installs = [call for call in self.calls() if call.startswith("apt-get install")]
        self.assertEqual(len(installs), 1)
        self.assertIn(" libicu-dev", installs[0])
        self.assertNotIn("libzstd-dev", installs[0])  # it was there

    @unittest.skipUnless(os.geteuid() == 0, "only root may install without being asked")
    def test_an_optional_package_is_installed_where_apt_knows_it(self):
        (self.world / "absent").write_text("libfaiss-dev\nlibicu-dev\n")
        self.assertEqual(self.launch("version").returncode, 0)
        [install] = [call for call in self.calls() if call.startswith("apt-get install")]
        self.assertIn(" libfaiss-dev", install)
        self.assertIn(" libicu-dev", install)

    @unittest.skipUnless(os.geteuid() == 0, "only root may install without being asked")
    def test_an_optional_package_that_apt_does_not_know_is_done_without(self):
        (self.world / "absent").write_text("libfaiss-dev\n")
        (self.world / "unknown").write_text("libfaiss-dev\n")
        self.assertEqual(self.launch("version").returncode, 0)
        self.assertIn("apt-cache show libfaiss-dev", self.calls())
        self.assertEqual([call for call in self.calls() if call.startswith("apt-get install")], [])
        (self.world / "absent").write_text("libfaiss-dev\nlibicu-dev\n")
        os.remove(next((self.root / "build").glob(".packages-*")))
        (self.world / "calls").unlink()
        self.assertEqual(self.launch("version").returncode, 0)
        [install] = [call for call in self.calls() if call.startswith("apt-get install")]
        self.assertIn(" libicu-dev", install)
        self.assertNotIn("libfaiss-dev", install)

    def test_an_optional_package_is_no_reason_to_stop(self):
        (self.world / "absent").write_text("libfaiss-dev\n")
        result = self.launch("version", SHARDMILL_NO_INSTALL="1")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("apt-get install -y --no-install-recommends libfaiss-dev", result.stderr)
        self.assertEqual([call for call in self.calls() if call.startswith("apt-get")], [])

    @unittest.skipUnless(os.geteuid() == 0, "only root may install without being asked")
    def test_an_optional_package_that_cannot_be_installed_is_done_without(self):
        (self.world / "absent").write_text("libfaiss-dev\n")
        (self.world / "offline").touch()
        self.assertEqual(self.launch("version").returncode, 0)

    @unittest.skipUnless(os.geteuid() == 0, "only root may install without being asked")
    def test_a_failed_installation_shows_its_log(self):
        (self.world / "absent").write_text("libicu-dev\n")
        (self.world / "offline").touch()
        result = self.launch("version")
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        self.assertIn("apt says hello", result.stderr)

    @unittest.skipUnless(os.geteuid() == 0, "only root may become another user")
    def test_without_a_terminal_an_ordinary_user_is_told_the_command(self):
        (self.world / "absent").write_text("libicu-dev\n")
        (self.world / "calls").touch(0o666)
        (self.world / "calls").chmod(0o666)
        result = self.launch("version", user=65534)
        self.assertEqual(result.returncode, 1)
        self.assertIn("apt-get install -y --no-install-recommends libicu-dev", result.stderr)
        self.assertEqual(self.calls(), ["dpkg-query"])

    def test_the_check_for_packages_is_remembered(self):
        self.built()
        self.launch("version")
        self.assertEqual(self.calls(), [])

    def test_builds_only_when_a_source_is_newer(self):
        self.built()
        self.launch("version")
        self.assertEqual(self.calls(), [])
        later = time.time() + 10
        source = self.root / "engine" / "new.cpp"
        source.touch()
        os.utime(source, (later, later))
        self.assertTrue(self.launch("version").stdout.startswith("program version"))
        self.assertTrue(any(call.startswith("cmake --build") for call in self.calls()))

    def test_a_failed_build_shows_its_log_and_stops(self):
        (self.world / "broken").touch()
        result = self.launch("version")
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        self.assertIn("the compiler says", result.stderr)

    def test_ranks_go_to_mpirun_and_not_to_the_program(self):
        self.built()
        program = self.root / "build/release/shardmill"
        for ranks in [("--ranks", "3"), ("--ranks=3",)]:
            lines = self.launch("run", "my job.yaml", *ranks, "--fresh").stdout.splitlines()
            self.assertEqual(lines[0], f"mpirun -n 3 {program} run my job.yaml --fresh")
            self.assertEqual(lines[1], "program run my job.yaml --fresh")
            for line in ["OMP_NUM_THREADS=1", "OPENBLAS_NUM_THREADS=1", "SHARDMILL_PROGRESS=line",
                         "OMPI_MCA_hwloc_base_binding_policy=none",
                         "OMPI_MCA_oob_tcp_keepalive_time=8", "PMIX_MCA_gds=hash"]:
                self.assertIn(line, lines)

    def test_one_rank_needs_no_mpirun(self):
        self.built()
        self.assertTrue(self.launch("run", "j", "--ranks", "1").stdout.startswith("program run j"))
        self.assertTrue(self.launch("plan", "j", "--ranks", "4").stdout.startswith("program plan j"))

    def test_the_default_is_a_rank_per_usable_core(self):
        self.built()
        one_cpu = ["taskset", "-c", str(min(os.sched_getaffinity(0)))]
        result = subprocess.run([*one_cpu, self.root / "shardmill", "run", "j"], env=self.env,
                                text=True, capture_output=True, timeout=60)
        self.assertTrue(result.stdout.startswith("program run j"), result.stdout)
        if len(os.sched_getaffinity(0)) > 1:
            for threads in ["", "1"]:  # OMP_NUM_THREADS says nothing about ranks
                first = self.launch("run", "j", OMP_NUM_THREADS=threads).stdout.split()
                self.assertLessEqual(int(first[2]) if first[0] == "mpirun" else 1,
                                     len(os.sched_getaffinity(0)))

    def test_many_ranks_yield_and_settings_of_the_user_win(self):
        self.built()
        self.assertIn("OMPI_MCA_mpi_yield_when_idle=1\n",
                      self.launch("run", "j", "--ranks", "4000").stdout)
        self.assertIn("OMPI_MCA_hwloc_base_binding_policy=core\n",
                      self.launch("run", "j", "--ranks", "2",
                                  OMPI_MCA_hwloc_base_binding_policy="core").stdout)

    def test_ranks_of_several_nodes_yield_only_when_a_node_has_too_many(self):
        self.built()
        cores = self.launch("run", "j").stdout.split()
        cores = int(cores[2]) if cores[0] == "mpirun" else 1
        for ranks, yields in [(3 * cores, False), (3 * cores + 1, True)]:
            said = self.launch("run", "j", "--ranks", str(ranks), SLURM_NNODES="3").stdout
            self.assertEqual("OMPI_MCA_mpi_yield_when_idle=1\n" in said, yields, said)

    def test_a_lost_host_is_given_up_after_the_wanted_time_and_told(self):
        self.built()
        for wanted in ({}, {"SHARDMILL_LOST_HOST_SECONDS": "5"}, {"SHARDMILL_LOST_HOST_SECONDS": "601"}):
            said = self.launch("run", "j", "--ranks", "2", **wanted).stdout
            time_, interval, probes = (int(re.search(f"oob_tcp_keepalive_{name}=(.*)", said)[1])
                                       for name in ("time", "intvl", "probes"))
            self.assertEqual(time_ + interval * probes, int(wanted.get("SHARDMILL_LOST_HOST_SECONDS", 20)))
            self.assertGreater(min(time_, interval), 0)
        for wrong in ("4", "0", "08", "-9", "10000", "soon", "7 s"):
            result = self.launch("run", "j", "--ranks", "2", SHARDMILL_LOST_HOST_SECONDS=wrong)
            self.assertEqual((result.returncode, result.stdout), (2, ""), wrong)
            self.assertIn("from 5 to 9999", result.stderr)
        (self.world / "killed").write_text("205")
        result = self.launch("run", "j", "--ranks", "2")
        self.assertEqual((result.returncode, result.stderr.count("\n")), (1, 1), result.stderr)
        self.assertIn("a host was lost; the same command goes on", result.stderr)

    def test_what_a_user_sets_is_set_on_other_hosts(self):
        self.built()
        listed = [re.search("OMPI_MCA_mca_base_env_list=(.*)", self.launch("run", "j", "--ranks", "2", **settings).stdout)[1]
                  for settings in ({}, {"SHARDMILL_WATCHDOG_SECONDS": "9"})]
        self.assertIn(";SHARDMILL_PROGRESS", listed[0])
        self.assertNotIn("WATCHDOG", listed[0])  # mpirun warns of names that are not set
        self.assertIn(";SHARDMILL_WATCHDOG_SECONDS", listed[1])

    def test_wrong_numbers_of_ranks_are_usage_errors(self):
        self.built()
        for ranks in [("--ranks",), ("--ranks", "0"), ("--ranks", "two"), ("--ranks=",)]:
            self.assertEqual(self.launch("run", "j", *ranks).returncode, 2, ranks)

    def test_under_mpirun_it_becomes_the_program_and_never_builds(self):
        result = self.launch("run", "j", OMPI_COMM_WORLD_SIZE="2")
        self.assertEqual(result.returncode, 1)
        self.assertIn("not built", result.stderr)
        self.assertEqual(self.calls(), [])
        self.built()
        for setting in ["OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_SIZE"]:
            result = self.launch("run", "j", **{setting: "2"})
            self.assertTrue(result.stdout.startswith("program run j"))
        self.assertEqual(self.calls(), [])

    def test_exit_status_and_arguments_pass_through_a_link(self):
        self.built()
        link = self.world / "link"
        link.symlink_to(self.root / "shardmill")
        for arguments in [("run", "j", "--ranks", "1"), ("run", "j", "--ranks", "2"),
                          ("verify", "a folder")]:
            result = self.launch(*arguments, path=link, STATUS="75")
            self.assertEqual(result.returncode, 75)
        self.assertTrue(result.stdout.startswith("program verify a folder"))
        self.assertEqual(self.calls(), [])  # the build beside the launcher, not beside the link

    def test_a_rank_that_was_killed_is_told(self):
        self.built()
        for number, told in ((9, "ended by KILL (by the kernel"), (11, "ended by SEGV; the same")):
            (self.world / "killed").write_text(str(128 + number))
            result = self.launch("run", "j", "--ranks", "2")
            self.assertEqual(result.returncode, 128 + number)
            self.assertIn(told, result.stderr)
            self.assertEqual(result.stderr.count("\n"), 1)

    def test_an_mpirun_that_hangs_when_its_ranks_are_gone_is_ended(self):
        self.built()
        (self.world / "hung").touch()
        result = self.launch("run", "j", "--ranks", "2")
        self.assertEqual(result.returncode, 128 + signal.SIGKILL)
        self.assertIn("all ranks have ended and mpirun has not", result.stderr)

    def test_mpirun_ends_with_the_launcher(self):
        self.built()
        (self.world / "wait").touch()
        process = subprocess.Popen([self.root / "shardmill", "run", "j", "--ranks", "2"],
                                   env=self.env, stdout=subprocess.DEVNULL, start_new_session=True)
        deadline = time.time() + 20
        while not (self.world / "pid").exists() and time.time() < deadline:
            time.sleep(0.02)
        mpirun = (self.world / "pid").read_text().strip()
        process.kill()
        process.wait()
        while is_alive(mpirun) and time.time() < deadline:
            time.sleep(0.02)
        self.assertFalse(is_alive(mpirun))

    def test_a_signal_to_the_launcher_reaches_mpirun(self):
        self.built()
        (self.world / "wait").touch()
        for sent in (signal.SIGUSR1, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            with self.subTest(signal=sent):
                self.signalled(sent)
        with self.subTest("when it is no longer sent again"):
            self.signalled(signal.SIGTERM, after=11)

        with self.subTest("an mpirun that does not listen yet"):
            (self.world / "deaf").touch()
            process = subprocess.Popen([self.root / "shardmill", "run", "j", "--ranks", "2"],
                                       env=self.env, text=True, stdout=subprocess.PIPE)
            time.sleep(0.3)
            process.send_signal(signal.SIGTERM)
            output, _ = process.communicate(timeout=20)
            self.assertEqual(process.returncode, 75)
            self.assertIn("got USR1", output)

    def test_who_interrupts_twice_does_not_wait(self):
        self.built()
        (self.world / "wait").touch()
        (self.world / "busy").touch()
        process = self.waiting()
        process.send_signal(signal.SIGINT)
        time.sleep(1.5)  # USR1 is sent again and again
        self.assertIsNone(process.poll())
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=20)
        self.assertEqual(process.returncode, 130, output)

    def signalled(self, sent, after=0):
        process = self.waiting()
        time.sleep(after)
        process.send_signal(sent)
        output, _ = process.communicate(timeout=20)
        self.assertEqual(process.returncode, 75)
        self.assertIn("got USR1", output)

    def waiting(self):
        """The launcher, when the mpirun that waits listens."""
        (self.world / "pid").unlink(missing_ok=True)
        # Whoever started the tests may ignore these, and no shell can trap what it ignored at first.
        def listen():
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            signal.signal(signal.SIGHUP, signal.SIG_DFL)
        process = subprocess.Popen([self.root / "shardmill", "run", "j", "--ranks", "2"],
                                   env=self.env, text=True, stdout=subprocess.PIPE, preexec_fn=listen)
        self.addCleanup(process.kill)
        deadline = time.time() + 20
        while not (self.world / "pid").exists() and time.time() < deadline:
            time.sleep(0.02)
        return process

    @unittest.skipUnless(shutil.which("mpirun"), "no mpirun on this machine")
    def test_with_the_real_mpirun_from_outside_and_inside(self):
        self.built()
        (self.world / "tools/mpirun").unlink()
        (self.root / "build/release/shardmill").write_text(
            "#!/bin/bash\necho rank $OMPI_COMM_WORLD_RANK of $OMPI_COMM_WORLD_SIZE\nexit ${STATUS:-0}")
        expected = ["rank 0 of 3", "rank 1 of 3", "rank 2 of 3"]
        result = self.launch("run", "j", "--ranks", "3")
        self.assertEqual(sorted(result.stdout.splitlines()), expected, result.stderr)
        inside = subprocess.run(
            ["mpirun", "--oversubscribe", "-n", "3", self.root / "shardmill", "run", "j"],
            env=self.env | {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"},
            text=True, capture_output=True, timeout=60)
        self.assertEqual(sorted(inside.stdout.splitlines()), expected, inside.stderr)
        failed = self.launch("run", "j", "--ranks", "2", STATUS="4")
        self.assertEqual((failed.returncode, failed.stderr), (4, ""))  # mpirun adds no paragraphs


if __name__ == "__main__":
    unittest.main()
