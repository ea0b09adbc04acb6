"""Parses Bicep files and prints them as one JSON object by path."""

import json
import sys
from pathlib import Path

from pycep import BicepParser

parser = BicepParser()
parsed = {path: parser.parse(text=Path(path).read_text()) for path in sys.argv[1:]}
json.dump(parsed, sys.stdout, default=str)
