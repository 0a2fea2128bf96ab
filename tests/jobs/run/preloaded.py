"""A library that the loader puts before libc's (LD_PRELOAD), for file systems and moments that are hard to come by."""

import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path


def preloaded(test_class, source):
    """Compiles C; the library's path, as long as the class's tests run. Skips them without a compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise unittest.SkipTest("no C compiler")
    folder = tempfile.TemporaryDirectory()
    test_class.addClassCleanup(folder.cleanup)
    library = Path(folder.name) / "shim.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-x", "c", "-o", library, "-", "-ldl"], input=source, text=True, check=True)
    return library
