"""dbt's commands of argv, as JSON, one after the other in one process: to load dbt takes longer than most."""

import json
import sys

from dbt.cli.main import dbtRunner

for command in json.loads(sys.argv[1]):
    done = dbtRunner().invoke(["--no-use-colors", *command])
    if not done.success:
        raise SystemExit(f"dbt {' '.join(command)} failed: {done.exception}")
