"""The process that runs workloads on PyTorch; see protocol.ts. A workload NAME is the function `prepare` in workloads/NAME.py."""
import importlib
import json
import sys
import time
import traceback
from pathlib import Path

import torch

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parent / "workloads"))
built = {}


def answer(request):
    torch.set_num_threads(request["threads"])
    name = request["workload"]
    if request["fresh"]:
        built[name] = importlib.import_module(name.replace("-", "_")).prepare()
    since = time.perf_counter()
    value = built[name](request["iterations"])
    return {"seconds": time.perf_counter() - since, "value": value}


print(json.dumps({"name": "PyTorch", "version": torch.__version__}), flush=True)
for line in sys.stdin:
    try:
        reply = answer(json.loads(line))
    except Exception:
        reply = {"error": traceback.format_exc()}
    print(json.dumps(reply), flush=True)
