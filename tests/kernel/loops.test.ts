// Loops as cells run them, in strips between looks at the stop button or with a look in each turn, do what V8 makes of the text.

import { expect, test } from "vitest";
import { sharedKernel } from "./kernel.js";

const kernel = sharedKernel();

/** Bodies of functions of `n`, a number, and `a`, a list of small numbers; most take more turns than a strip has. */
const IN_STRIPS = [
  "let s = 0; for (let i = 0; i < n; i++) s += i % 7; return s;",
  "let s = 0; for (let i = 0; i <= n; ++i) { s += i; } return s;",
  "let s = 0; const most = n * 2; for (let i = 3; i < most; i++) { if (i % 3 === 0) continue; s += i; } return s;",
  "let last = -1; for (let i = 0; i < n; i++) { last = i; if (i === 100000) break; } return last;",
  "let last = -1; for (let i = 0; i < n; i++) { switch (i % 3) { case 0: break; case 1: last = i; continue; default: last++; } if (last > 70000) break; } return last;",
  "for (let i = 0; i < n; i++) { if (i * i > 1e10) return i; } return 'none';",
  "let s = 0; for (let i = 0; i < n; i++) { try { if (i % 5 === 0) continue; if (i > 90000) break; s += i; } finally { s++; } } return s;",
  "let s = 0; outer: for (let j = 0; j < 3; j++) for (let i = 0; i < n; i++) { if (i === 66000 + j) continue outer; s += i; } return s;",
  "let s = 0; outer: for (let j = 0; j < 3; j++) { for (let i = 0; i < n; i++) { if (i === 66000) break outer; s++; } s = 0; } return s;",
  "let s = 0; for (let i = 0; i < 400; i++) for (let j = i + 1; j < n; j++) { s += i ^ j; if (j - i > 500) break; } return s;",
  "let s = 0; for (let i = 0, m = a.length; i < m; i++) s += a[i]; return s;",
  "let s = 0; for (let i = 0; i < n; i++) { const x = i * 2; let y = x + 1; y *= 3; s = (s + x ^ y) | 0; } return s;",
  "const none = undefined; let s = 0; for (let i = 0; i < none; i++) s++; return s;",
  "const text = '70000'; let s = 0; for (let i = 0; i < text; i++) s++; return s;",
  "const big = 70000n; let s = 0; for (let i = 0; i < big; i++) s++; return s;",
  "const not = NaN; let s = 0; for (let i = 0; i < not; i++) s++; return s;",
  "const all = Infinity; let s = 0; for (let i = 0; i < all; i++) { s++; if (s === 200000) break; } return s;",
  "const below = -3; let s = 0; for (let i = 0; i < below; i++) s++; return s;",
  "let s = 0; for (let i = 0; i < n; i++) ; for (let i = 0; i < n; i++) if (i & 1) s++; else s += 2; return s;",
];

/** Loops around others are cut as well. */
const NESTED = [
  "let s = 0; for (let i = 0; i < 1300; i++) for (let j = 0; j < 1100; j++) s = (s * 3 + i ^ j) | 0; return s;",
  "const m = a.length / 100; let s = 0; for (let i = 0; i < m; i++) { if (i % 3 === 0) continue; if (i > 900) break; for (let j = i; j < m; j++) { if (j % 5 === 0) continue; if (j > 800) break; s += i ^ j; } s = (s * 3) | 0; } return s;",
  "let s = 0; outer: for (let r = 0; r < 2; r++) for (let i = 0; i < 700; i++) for (let j = 0; j < 600; j++) { if (j === 590) continue outer; if (i === 650) break outer; s = (s + j * i) | 0; } return s;",
  "let s = 0; for (let i = 0; i < 700; i++) { for (let j = 0; j < 600; j++) s += j; switch (i % 3) { case 1: continue; case 2: break; default: s ^= i; } for (let j = 0; j < 3; j++) { if (j === i) break; s++; } if (s < 0) break; } return s;",
  "let s = 0; const m = a.length - 99990; for (let i = 0; i < m; i++) for (let j = 0; j < m; j++) { let t = 0; for (let k = 0; k < m; k++) t += a[i * m + k] * a[k * m + j]; s = s * 0.5 + t; } return s;",
  "let s = 0; for (let i = 0; i < 40; i++) try { for (let j = 0; j < 600; j++) { if (j > i * 20) return [s, i, j]; s++; if (i > 38) throw s; } } catch (e) { s = e; } return s;",
];

/** Where strips could be told apart. */
const NOT_IN_STRIPS = [
  // the counter, or the bound, changes
  "let s = 0; for (let i = 0; i < n; i++) { if (i === 70000) i += 100; s++; } return s;",
  "let s = 0; for (let i = 0; i < n; i++) { s++; if (i === 1000) n = 2000; } return s;",
  "let s = 0; for (let i = 0; i < a.length; i++) { s++; if (a.length < 70000) a[a.length] = 1; } return s;",
  "let m = 5; const o = { get more() { m += m < 70000 ? 1 : 0; return 1; } }; let s = 0; for (let i = 0; i < m; i++) s += o.more; return s;",
  "let s = 0; for (let i = 0; i < n; i++) { var n = i < 80000 ? i + 2 : i; s++; } return s;",
  // the counter is no number
  "let s = 0n; for (let i = 0n; i < n; i++) s += i; return String(s);",
  "const from = '1'; let s = ''; for (let i = from; i < 5; i++) s += i; return s;",
  // a function keeps the counter
  "const kept = []; for (let i = 0; i < n; i++) if (i % 40000 === 0) kept[kept.length] = () => i; return kept.map((f) => f());",
  // its own label
  "let s = 0; own: for (let i = 0; i < n; i++) { if (i % 2) continue own; s += i; } return s;",
  "var s = 0; for (var i = 0; i < n; i++) s += i; return [s, i];",
  "let s = 0, i = 0; for (i = 0; i < n; i++) s += i; return [s, i];",
  "let s = 0; for (let i = 0; i < n; i += 3) s += i; for (let i = n; i > 0; i--) s -= i; return s;",
];

test.each([
  ...IN_STRIPS.map((body) => [body, "__gbStrip:"] as const),
  ...NESTED.map((body) => [body, "__gbStripOuter:"] as const),
  ...NOT_IN_STRIPS.map((body) => [body, ""] as const),
])("%s", async (body, label) => {
  const strips = label === "" ? "!code.includes('__gbStrip')" : `code.includes('${label}')`;
  const { result, reply } = await kernel().execute(`
    const checked: any = (n: any, a: any) => { ${body} };
    const plain = (0, eval)(${JSON.stringify(`(n, a) => { ${body} }`)});
    const answer = (f: any) => JSON.stringify(f(150_000, Array.from({ length: 100_000 }, (_, i) => i % 10)));
    const code = String(checked);
    [answer(checked) === answer(plain), answer(plain), ${strips}].join(" ")`);
  expect(reply.content).toMatchObject({ status: "ok" });
  expect(result).toMatch(/^'true .+ true'$/);
});
