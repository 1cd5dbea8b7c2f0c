// Programs of others that drive the kernel: Jupyter's own kernel tests, nbclient, papermill, jupyter console; and installing it for
// them.

import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { afterAll, describe, expect, test, vi } from "vitest";
import { placeFrom } from "../../scripts/setup/install.ts";
import { jupyterEnvironment } from "../../scripts/setup/jupyter.ts";
import { runNotebook } from "../../scripts/setup/notebooks.ts";
import { ROOT } from "../../scripts/setup/paths.mjs";
import { PYTHON } from "../../scripts/setup/python.ts";

const folder = mkdtempSync(join(tmpdir(), "gradbook-front-ends-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs a Python program to its end; gives all that it printed and its exit code. */
function python(
  args: string[],
  input = "",
  more: Readonly<Record<string, string>> = {},
): Promise<{ code: number | null; text: string }> {
  const env = { ...process.env, ...jupyterEnvironment(), GRADBOOK_HISTORY: join(folder, "history"), ...more };
  const child = spawn(PYTHON, args, { cwd: folder, env });
  let text = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => {
      text += chunk;
    });
  child.stdin.end(input);
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, text })));
}

/** A small notebook that uses the library; its path. */
function notebook(name: string): string {
  const cells = [
    "const y = tensor([[1, 2], [3, 4]]).matmul(tensor.eye(2));\ny",
    "console.log(nn.Linear(2, 3)(y).shape)",
  ].map((source) => ({ cell_type: "code", source, metadata: {}, outputs: [], execution_count: null }));
  const kernelspec = { name: "gradbook", display_name: "Gradbook", language: "typescript" };
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify({ cells, metadata: { kernelspec }, nbformat: 4, nbformat_minor: 4 }));
  return path;
}

describe("jupyter_kernel_test", () => {
  test("passes in full, nothing skipped", async () => {
    const { code, text } = await python([join(import.meta.dirname, "jupyter", "kernel_tests.py")]);
    expect(text).toMatch(/Ran 13 tests/);
    expect(text).not.toMatch(/skipped|FAIL|ERROR/);
    expect(code, text).toBe(0);
  });
});

describe("an installed kernel", () => {
  const command = (name: string, ...args: string[]) =>
    spawnSync(process.execPath, [join(ROOT, "scripts", "commands", `${name}.ts`), ...args], {
      encoding: "utf8",
    });

  test("is found and run from its prefix, and removed again", async () => {
    const prefix = join(folder, "prefix");
    const installed = command("install-kernel", "--prefix", prefix, "--name", "grad2");
    expect(installed.status, installed.stderr).toBe(0);
    const share = join(prefix, "share", "jupyter");
    const listed = await python(["-m", "jupyter_client.kernelspecapp", "list", "--json"], "", {
      JUPYTER_PATH: share,
    });
    const spec = JSON.parse(listed.text.slice(listed.text.indexOf("{"))).kernelspecs.grad2;
    expect(spec.spec.argv[0]).toBe(process.execPath);
    expect(existsSync(join(share, "labextensions", "@gradbook", "extension", "package.json"))).toBe(true);
    const { text } = await python(
      ["-m", "jupyter_console", "--kernel", "grad2", "--simple-prompt"],
      "tensor([1, 2]).sum().item()\nexit\n",
      { JUPYTER_PATH: share },
    );
    expect(text).toMatch(/Out\[1\]: 3/);
    expect(command("uninstall-kernel", "--prefix", prefix, "--name", "grad2").status).toBe(0);
    expect(existsSync(join(share, "kernels", "grad2"))).toBe(false);
  });
  test("goes where Jupyter looks", () => {
    const ask =
      "import jupyter_core.paths as p; print(p.jupyter_data_dir(), p.ENV_JUPYTER_PATH[0], sep='\\n')";
    const { stdout, stderr } = spawnSync(PYTHON, ["-c", ask], { encoding: "utf8" });
    vi.stubEnv("PATH", `${dirname(PYTHON)}${delimiter}${process.env.PATH}`);
    const places = ["--user", "--sys-prefix"].map((where) => placeFrom([where], "gradbook").share);
    vi.unstubAllEnvs();
    expect(places, stderr).toEqual(stdout.trim().split("\n"));
  });

  test("needs a place, and leaves kernels of others alone", () => {
    expect(command("install-kernel").stderr).toMatch(/Say where: --user, --sys-prefix/);
    expect(command("uninstall-kernel", "--prefix", folder).stderr).toMatch(
      /No kernel "gradbook" is installed/,
    );
    const other = join(folder, "share", "jupyter", "kernels", "other");
    mkdirSync(other, { recursive: true });
    writeFileSync(
      join(other, "kernel.json"),
      JSON.stringify({ language: "python", display_name: "Python 3" }),
    );
    expect(command("uninstall-kernel", "--prefix", folder, "--name", "other").stderr).toMatch(/left alone/);
    expect(existsSync(other)).toBe(true);
  });
});

describe("a notebook runs to its end", () => {
  test("by nbclient", async () => {
    expect(await runNotebook(notebook("nbclient.ipynb"))).toMatchObject({ ok: true, cells: 2 });
  });
  test("by papermill", async () => {
    const target = join(folder, "papermill-out.ipynb");
    const { code, text } = await python(["-m", "papermill", notebook("papermill.ipynb"), target]);
    expect(code, text).toBe(0);
    const { cells } = JSON.parse(readFileSync(target, "utf8")) as {
      cells: { outputs: { text?: string[] }[] }[];
    };
    expect(cells.at(-1)!.outputs[0]!.text!.join("")).toBe("[ 2, 3 ]\n");
  });
  test("by jupyter console", async () => {
    const { text } = await python(
      ["-m", "jupyter_console", "--kernel", "gradbook", "--simple-prompt"],
      "const a = tensor([1, 2]);\na.mul(2)\nexit\n",
    );
    expect(text).toContain("tensor([2., 4.])");
  });
});
