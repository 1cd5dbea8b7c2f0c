"""The process that runs workloads on PyTorch or NumPy (the argument says which); see protocol.ts."""
import ctypes
import importlib
import json
import os
import re
import sys
import time
import traceback
from pathlib import Path

library = importlib.import_module(sys.argv[1])
sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parent / "workloads"))
built = {}
cuda = os.environ.get("GRADBOOK_TORCH_DEVICE") == "cuda"
if cuda:  # TF32 only where it is asked for
    library.backends.cuda.matmul.allow_tf32 = os.environ.get("GRADBOOK_TORCH_TF32") == "1"


def loaded_openblas():
    """The path of the OpenBLAS that this process has loaded, whatever name it goes by."""
    try:
        mapped = set(re.findall(r"/\S+", Path("/proc/self/maps").read_text()))
    except OSError:
        return None
    return next((path for path in sorted(mapped) if "openblas" in path.lower()), None)


def blas():
    """Which BLAS the library calls: "openblas" and the CPU that it takes this one for, "mkl", or "unknown"."""
    path = loaded_openblas()
    if path is not None:
        shared = ctypes.CDLL(path)
        for name in ("openblas_get_corename", "scipy_openblas_get_corename64_", "openblas_get_corename64_"):
            if hasattr(shared, name):
                function = getattr(shared, name)
                function.restype = ctypes.c_char_p
                return f"openblas {function().decode()}"
        return "openblas"
    if sys.argv[1] == "torch" and library.backends.mkl.is_available():
        return "mkl"
    return "unknown"


def set_threads(threads):
    if sys.argv[1] == "torch":
        library.set_num_threads(threads["own"])
    path = loaded_openblas()
    if path is None:
        return
    shared = ctypes.CDLL(path)
    for name in ("openblas_set_num_threads", "scipy_openblas_set_num_threads64_", "openblas_set_num_threads64_"):
        if hasattr(shared, name):
            getattr(shared, name)(ctypes.c_int(threads["blas"]))


last = None


def answer(request):
    global last
    if request.get("threads", last) != last:
        last = request["threads"]
        set_threads(last)
    twin = request["twin"]
    if "pair" in request:
        slices = importlib.import_module(twin["module"]).pair(twin["argument"], request["watchedFirst"])
        return {"slices": [dict(zip(("plain", "watched", "samples"), each)) for each in slices]}
    name = request["workload"]
    if request["fresh"]:
        built.clear()  # what the last one holds may be wanted for this one
        built[name] = importlib.import_module(twin["module"]).prepare(twin["argument"])
    run, value = built[name]
    if cuda:
        library.cuda.synchronize()
    since = time.perf_counter()
    run(request["iterations"])
    if cuda:
        library.cuda.synchronize()
    return {"seconds": time.perf_counter() - since, "value": value()}


print(json.dumps({"name": sys.argv[1], "version": library.__version__, "blas": blas()}), flush=True)
for line in sys.stdin:
    try:
        reply = answer(json.loads(line))
    except Exception:
        reply = {"error": traceback.format_exc()}
    print(json.dumps(reply), flush=True)
