"""A Slurm of the test's own: munged, slurmctld and two slurmd on this machine, in a folder, on free ports
of the loopback. They are children of the test and end with it; nothing of an installed Slurm is touched.
"""

import os
import re
import shutil
import socket
import subprocess
import time
from pathlib import Path

NODES = 2
CONFIGURATION = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
# a requeued job is held back for as long as a credential is valid
AuthInfo=socket={folder}/munge/socket,cred_expire=5
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool/%n
TmpFS={folder}/tmp/%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
# no control groups, no systemd; nodes are fictions on one host: believe this file
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SlurmdParameters=config_overrides
ReturnToService=2
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=sched_interval=2,bf_interval=2
AccountingStorageType=accounting_storage/none
MpiDefault=none
JobRequeue=1
KillWait=5
InactiveLimit=0
PropagateResourceLimits=NONE
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
PartitionName=main Nodes=ALL Default=YES MaxTime=1-0 State=UP
"""


def why_not():
    """Why there can be no Slurm here; None: there can."""
    if os.geteuid() != 0:
        return "needs root, for slurmd to start jobs"
    lacking = [p for p in ("munged", "slurmctld", "slurmd", "sbatch", "scontrol", "setpriv") if not shutil.which(p)]
    return f"no {', '.join(lacking)} here: ./shardmill setup hosts" if lacking else None


def free_ports(number):
    sockets = [socket.socket() for _ in range(number)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


class PrivateSlurm:
    """Raises RuntimeError, with the last words of the daemons, where it does not come up."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.daemons = []
        for name in ("munge", "state", "spool", "tmp"):
            (self.folder / name).mkdir()
        for n in range(NODES):
            (self.folder / f"spool/node{n}").mkdir()
            (self.folder / f"tmp/node{n}").mkdir()
        (self.folder / "munge").chmod(0o755)
        key = self.folder / "munge/key"
        key.write_bytes(os.urandom(128))
        key.chmod(0o600)
        self.environment = {**os.environ, "SLURM_CONF": str(self.folder / "slurm.conf")}
        self.environment = {k: v for k, v in self.environment.items() if not re.match("SLURM_(?!CONF)|SBATCH_", k)}
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self):
        munge = self.folder / "munge"
        self._daemon("munged", "--foreground", "--force", f"--key-file={munge}/key", f"--socket={munge}/socket",
                     f"--pid-file={munge}/pid", f"--log-file={munge}/log", f"--seed-file={munge}/seed")
        self._until("munged", lambda: (munge / "socket").exists())
        controller, *ports = free_ports(1 + NODES)
        host = socket.gethostname().split(".")[0]
        text = CONFIGURATION.format(host=host, port=controller, folder=self.folder)
        for n, port in enumerate(ports):
            text += (f"NodeName=node{n} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} CPUs=16 "
                     "RealMemory=65536 State=UNKNOWN\n")
        (self.folder / "slurm.conf").write_text(text)
        self._daemon("slurmctld", "-D", "-c", "-f", self.folder / "slurm.conf")
        for n in range(NODES):
            self._daemon("slurmd", "-D", "-N", f"node{n}", "-f", self.folder / "slurm.conf")
        self._until("nodes", lambda: self.call("sinfo", "-h", "-N", "-t", "idle", check=False).split("\n")[NODES - 1:])

    def _daemon(self, program, *arguments):
        log = self.folder / f"daemon-{len(self.daemons)}-{program}.log"
        with open(log, "w") as out:
            self.daemons.append(subprocess.Popen(["setpriv", "--pdeathsig", "TERM", program, *map(str, arguments)],
                                                 stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                                 env=self.environment, cwd=self.folder))

    def _until(self, what, is_up):
        deadline = time.monotonic() + 20
        while not is_up():
            if time.monotonic() > deadline or any(daemon.poll() is not None for daemon in self.daemons):
                words = [log.name + ": " + line for log in sorted(self.folder.glob("daemon-*.log"))
                         for line in log.read_text().splitlines()[-2:]]
                raise RuntimeError(f"Slurm does not start here, {what} not up: " + "; ".join(words))
            time.sleep(0.1)

    def call(self, *words, check=True, **settings):
        """What a command of Slurm prints, without the last newline."""
        done = subprocess.run(list(map(str, words)), capture_output=True, text=True, timeout=60,
                              env=self.environment | settings)
        if check and done.returncode:
            raise AssertionError(f"{words}: {done.stderr}")
        return done.stdout.rstrip("\n")

    def job(self, number):
        """The fields of `scontrol show job`."""
        return dict(re.findall(r"(\w+)=(\S*)", self.call("scontrol", "show", "job", number, "-o")))

    def wait(self, number, *states, seconds=100):
        """Until the job is in one of the states, and no longer completing."""
        deadline = time.monotonic() + seconds
        while (job := self.job(number))["JobState"] not in states:
            if time.monotonic() > deadline:
                raise AssertionError(f"job {number} is {job} and not {states} after {seconds} s")
            time.sleep(0.1)
        return job

    def stop(self):
        """Cancels what runs, then ends the daemons, last the one that the others need."""
        if len(self.daemons) > 1:
            self.call("scancel", "-u", "root", check=False)
            deadline = time.monotonic() + 10
            while self.call("squeue", "-h", check=False) and time.monotonic() < deadline:
                time.sleep(0.1)
        for daemon in reversed(self.daemons):
            daemon.terminate()
            try:
                daemon.wait(10)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()
