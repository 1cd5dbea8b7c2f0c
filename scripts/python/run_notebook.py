"""Executes one notebook through its kernel and prints the outcome as one line of JSON.

    python run_notebook.py NOTEBOOK SECONDS [SAVE_TO]

SECONDS is the most a cell may take. With SAVE_TO the executed notebook is written there.
"""

import json
import os
import sys
import time

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError


def failed_cell(notebook):
    """The number (from 1, code cells only) and first line of the cell that raised, or the first that did not run."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for number, cell in enumerate(code, 1):
        raised = any(output.output_type == "error" for output in cell.outputs)
        if raised or cell.execution_count is None:
            return number, cell.source.strip().split("\n")[0]
    return None, ""


def main(path, seconds, save_to=None):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.execution_count, cell.outputs = None, []
    client = NotebookClient(
        notebook,
        timeout=float(seconds),
        kernel_name=notebook.metadata.kernelspec.name,
        resources={"metadata": {"path": os.path.dirname(os.path.abspath(path))}},
    )
    since = time.monotonic()
    outcome = {"cells": sum(cell.cell_type == "code" for cell in notebook.cells)}
    try:
        client.execute()
        outcome["ok"] = True
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        number, line = failed_cell(notebook)
        name, value = getattr(error, "ename", type(error).__name__), getattr(error, "evalue", str(error))
        outcome |= {"ok": False, "cell": number, "line": line, "error": f"{name}: {value}"}
    outcome["seconds"] = round(time.monotonic() - since, 1)
    if save_to:
        nbformat.write(notebook, save_to)
    print(json.dumps(outcome))


main(*sys.argv[1:])
