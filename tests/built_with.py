"""What the program under test was built with."""

import json
import os
import subprocess


def lacks(operator):
    """What the build lacks to run the operator; None: nothing."""
    said = subprocess.run([os.environ["SHARDMILL_BIN"], "ops", "--json"], capture_output=True, check=True)
    return next(o["lacks"] for o in json.loads(said.stdout)["operators"] if o["name"] == operator)
