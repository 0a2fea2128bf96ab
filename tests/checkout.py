"""A folder that looks like a checkout that is built: the launcher and slurm/ beside the program under test."""

import os
import shutil
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]


def make_checkout(folder):
    """Makes it and returns the launcher in it. SHARDMILL_NO_INSTALL=1 is to be in its environment."""
    for name in ["cmake", "cluster", "engine", "operators", "jobs", "build/release"]:
        (folder / name).mkdir(parents=True)
    for name in ["CMakeLists.txt", "CMakePresets.json", "shardmill"]:
        shutil.copy(ROOT / name, folder / name)
    shutil.copytree(ROOT / "slurm", folder / "slurm")
    (folder / "build/release/shardmill").symlink_to(Path(os.environ["SHARDMILL_BIN"]).resolve())
    time.sleep(0.05)  # file times have a grain: what is built is newer than what it is built from
    (folder / "build/release/.built").touch()
    return folder / "shardmill"
