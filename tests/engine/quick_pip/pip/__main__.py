"""`python -m pip list`, answered from the first answer.

Pulumi's language host asks for it before each run of a program, to know which packages bring plugins. It takes longer
than all that an empty program does besides. The tests install nothing while they run, so one answer serves them all;
whatever else is asked, the real pip does.
"""

import os
import runpy
import sys
from pathlib import Path

HERE = str(Path(__file__).parents[1])
LIST = Path(os.environ.get("QUICK_PIP_LIST", os.devnull))

if sys.argv[1:] == ["list", "-v", "--format", "json"] and os.environ.get("QUICK_PIP_PREFIX") == sys.prefix:
    sys.stdout.write(LIST.read_text())
else:
    sys.path[:] = [place for place in sys.path if place != HERE]
    for name in [name for name in sys.modules if name.partition(".")[0] == "pip"]:
        del sys.modules[name]
    runpy.run_module("pip", run_name="__main__", alter_sys=True)
