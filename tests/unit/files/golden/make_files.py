"""Files of tensors as Python writes them, for tests/unit/files; with `--check FOLDER`, reads what saved.mjs wrote there.

Needs NumPy, PyTorch and safetensors 0.5 (PyPI): python3 make_files.py
"""
import json
import sys
from pathlib import Path

import numpy as np
import torch
from safetensors import serialize
from safetensors.numpy import load_file

HERE = Path(__file__).parent
SAFETENSORS = {
    "F16": ("float16", np.float16), "F32": ("float32", np.float32), "F64": ("float64", np.float64),
    "I8": ("int8", np.int8), "U8": ("uint8", np.uint8), "I16": ("int16", np.int16), "U16": ("uint16", np.uint16),
    "I32": ("int32", np.int32), "U32": ("uint32", np.uint32), "I64": ("int64", np.int64),
    "U64": ("uint64", np.uint64), "BOOL": ("bool", np.bool_),
}


def values(dtype):
    """A [2, 3] array with the ends of the type's range, as far as int32 holds them."""
    if dtype == np.bool_:
        return np.array([[1, 0, 1], [0, 0, 1]], dtype)
    if np.issubdtype(dtype, np.floating):
        return np.array([[0.1, -2.5, 6e-8], [65504.0, -0.0, np.inf]], dtype)
    info = np.iinfo(dtype)
    low, high = max(info.min, -(2**31)), min(info.max, 2**31 - 1)
    return np.array([[0, 1, low], [high, 7, low + 1]], dtype)


def flat(array):
    return [str(v) if not np.isfinite(v) else float(v) for v in np.asarray(array).astype(np.float64).reshape(-1)]


def item(dtype, array):
    return {"dtype": dtype, "shape": list(array.shape), "data": np.ascontiguousarray(array).tobytes()}


def make():
    expected = {"types": {}, "npz": {}}
    tensors = {}
    for name, (long_name, dtype) in SAFETENSORS.items():
        array = values(dtype)
        tensors[name] = item(long_name, array)
        as_float = np.issubdtype(dtype, np.floating)
        expected["types"][name] = flat(array.astype(np.float32) if as_float else array)
    wide = values(np.float32).view(np.uint32)
    upper = (wide >> 16).astype(np.uint16)
    tensors["BF16"] = item("bfloat16", upper)
    expected["types"]["BF16"] = flat((upper.astype(np.uint32) << 16).view(np.float32))
    tensors["scalar"] = item("float32", np.array(3.5, np.float32))
    tensors["empty"] = item("int32", np.zeros((2, 0, 3), np.int32))
    (HERE / "types.safetensors").write_bytes(serialize(tensors, {"made": "in Python", "größe": "ß"}))

    arrays = {name: values(dtype) for name, (_, dtype) in SAFETENSORS.items()}
    cube = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    arrays |= {"big": cube.astype(">f8"), "bigInt": cube.astype(">i2"), "fortran": np.asfortranarray(cube),
               "scalar": np.array(3.5), "empty": np.zeros((2, 0, 3), np.int32), "size.ß": np.arange(5)}
    for name, array in arrays.items():
        as_float = np.issubdtype(array.dtype, np.floating)
        expected["npz"][name] = {"shape": list(array.shape), "data": flat(array.astype(np.float32) if as_float else array)}
    np.savez(HERE / "stored.npz", **arrays)
    np.savez_compressed(HERE / "deflated.npz", **arrays)
    for version in (1, 2, 3):
        with open(HERE / f"version{version}.npy", "wb") as file:
            np.lib.format.write_array(file, np.asfortranarray(cube[:, :, :2].astype(">f4")), (version, 0))

    torch.manual_seed(42)
    nn = torch.nn
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 2))
    model(torch.randn(8, 3))
    model.eval()
    x = torch.arange(6.0).reshape(2, 3) / 4 - 0.5
    state = {k: item(str(v.dtype)[len("torch."):], v.numpy()) for k, v in model.state_dict().items()}
    (HERE / "model.safetensors").write_bytes(serialize(state, None))
    expected["model"] = {"x": flat(x), "y": flat(model(x).detach()), "keys": list(state)}
    (HERE / "expected.json").write_text(json.dumps(expected, indent=1, allow_nan=False) + "\n")


def check(folder):
    """What saved.mjs wrote must be what it says in its own words."""
    want = {"x": np.arange(6, dtype=np.float32).reshape(2, 3).T / 4, "n": np.array([[-(2**31), 2**31 - 1]], np.int32),
            "b": np.array([True, False]), "scalar": np.array(2.5, np.float32), "empty": np.zeros((0, 3), np.float32)}
    state = load_file(folder / "saved.safetensors")
    assert state.pop("1.num_batches_tracked").dtype == np.int64
    for found in (state, np.load(folder / "saved.npz"), np.load(folder / "saved-compressed.npz")):
        assert sorted(found.keys()) == sorted(want), sorted(found.keys())
        for name, array in want.items():
            assert found[name].dtype == array.dtype and found[name].shape == array.shape, name
            assert (found[name] == array).all(), name
    assert (np.load(folder / "saved.npy") == want["x"]).all()
    nn = torch.nn
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 2))
    loaded = load_file(folder / "model.safetensors")
    original = load_file(HERE / "model.safetensors")
    assert all(loaded[k].dtype == v.dtype and (loaded[k] == v).all() for k, v in original.items())
    print(model.load_state_dict({k: torch.from_numpy(np.array(v)) for k, v in loaded.items()}, strict=True))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--check"]:
        check(Path(sys.argv[2]))
    else:
        make()
