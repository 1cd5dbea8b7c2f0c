"""Jupyter's own tests for kernels, with a sample for everything they can test."""
import unittest

import jupyter_kernel_test


class GradbookTests(jupyter_kernel_test.KernelTests):
    kernel_name = "gradbook"
    language_name = "typescript"
    file_extension = ".ts"
    code_hello_world = "console.log('hello, world')"
    code_stderr = "console.error('oh no')"
    completion_samples = [
        {"text": "const numbers = [1]; numbers.revers", "matches": {"reverse", "toReversed"}},
        {"text": "Math.hyp", "matches": {"hypot"}},
    ]
    complete_code_samples = ["1", "const x: number = 1", "for (const i of [1]) {\n  i\n}", "function f() {}", "await f()"]
    incomplete_code_samples = ["for (const i of [1]) {", "f(1,", "const text = `a", "if (true) {"]
    invalid_code_samples = ["1 = = 2", "const const = 1", "}"]
    code_page_something = "display.page('a long text')"
    code_generate_error = "throw new RangeError('too far')"
    code_execute_result = [
        {"code": "6 * 7", "result": "42"},
        {"code": "'six' + 'seven'", "result": "'sixseven'"},
        {"code": "await Promise.resolve([6, 7])", "result": "[ 6, 7 ]"},
    ]
    code_display_data = [
        {"code": "display.html('<b>bold</b>')", "mime": "text/html"},
        {"code": "display.markdown('**bold**')", "mime": "text/markdown"},
        {"code": "display.latex('$x$')", "mime": "text/latex"},
        {"code": "display.svg('<svg xmlns=\"http://www.w3.org/2000/svg\"/>')", "mime": "image/svg+xml"},
        {"code": "display({ 'application/json': { a: 1 } }, { raw: true })", "mime": "application/json"},
    ]
    code_history_pattern = "6 [*] 7"
    supported_history_operations = ("tail", "range", "search")
    code_inspect_sample = "Math.hypot"
    code_clear_output = "display.clear()"


class GradbookWelcomeTests(jupyter_kernel_test.IopubWelcomeTests):
    kernel_name = "gradbook"
    support_iopub_welcome = True


if __name__ == "__main__":
    unittest.main(verbosity=2)
