"""Scans a folder of Bicep files, and prints the checks that failed.

The scanner comes with an older parser. The first argument is the folder of a newer one.
"""

import json
import os
import subprocess
import sys

parser, folder = sys.argv[1:]
arguments = ["--directory", folder, "--framework", "bicep", "--output", "json", "--skip-download"]
scan = subprocess.run(
    [sys.executable, "-m", "checkov.main", *arguments],
    env=os.environ | {"PYTHONPATH": parser},
    stdout=subprocess.PIPE,
)
report = json.loads(scan.stdout)
failed = report["results"]["failed_checks"]
json.dump(
    {
        "failed": sorted({f'{check["check_id"]} {check["resource"]}' for check in failed}),
        "passed": report["summary"]["passed"],
        "unreadable": report["summary"]["parsing_errors"],
    },
    sys.stdout,
)
