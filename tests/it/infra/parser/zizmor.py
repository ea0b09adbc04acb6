"""Runs zizmor, which has no Python interface, without the network."""

import subprocess
import sys
from pathlib import Path

program = Path(sys.executable).parent / "zizmor"
arguments = ["--offline", "--no-progress", "--persona=regular", *sys.argv[1:]]
sys.exit(subprocess.run([program, *arguments]).returncode)
