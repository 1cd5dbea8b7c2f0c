// What a notebook shows of tensors, models, pictures, figures and pages: every display has a text beside it.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { inflateSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { sharedKernel } from "./kernel.js";

const kernel = sharedKernel({ library: fileURLToPath(import.meta.resolve("gradbook")) });

type Data = Record<string, string>;

/** The data of everything that a cell showed, in order. */
async function shown(code: string): Promise<Data[]> {
  const { messages, reply, stderr } = await kernel().execute(code);
  expect([reply.content.status, stderr], JSON.stringify(reply.content.traceback)).toEqual(["ok", ""]);
  const displays = messages.filter((m) => /^(display_data|update_display_data|execute_result)$/.test(m.type));
  return displays.map((m) => m.content.data as Data);
}

/** Width, height and the colours of a PNG's points. */
function pixels(base64: string): { width: number; height: number; at: (x: number, y: number) => number[] } {
  const file = Buffer.from(base64, "base64");
  const [width, height] = [file.readUInt32BE(16), file.readUInt32BE(20)];
  const start = file.indexOf("IDAT") + 4;
  const raw = inflateSync(file.subarray(start, start + file.readUInt32BE(start - 8)));
  return { width, height, at: (x, y) => [...raw.subarray(y * (1 + 3 * width) + 1 + 3 * x).subarray(0, 3)] };
}

describe("the last value of a cell", () => {
  test("a tensor says what it is, with its values as PyTorch prints them", async () => {
    const [data] = await shown("tensor([[1, 2], [3, 4.5]])");
    expect(data!["text/plain"]).toBe("tensor([[1.0000, 2.0000],\n        [3.0000, 4.5000]])");
    expect(data!["text/html"]).toMatch(/float32 \[2, 2\] on wasm.*<pre.*>tensor\(\[\[1\.0000, 2\.0000\],\n/s);
    const [scalar] = await shown("const w = tensor(2, { requiresGrad: true }); w.mul(3)");
    expect(scalar!["text/html"]).toContain("float32 scalar on wasm");
    expect(scalar!["text/html"]).toContain("gradFn=&lt;");
  });

  test("a model is a tree with shapes and counts", async () => {
    const [data] = await shown(`
      class Net extends nn.Module {
        body = nn.Sequential(nn.Linear(4, 3), nn.ReLU());
        head = nn.Linear(3, 2, { bias: false });
        forward(x: gb.Tensor) { return this.head(this.body(x)); }
      }
      const net = new Net();
      net.head.weight.requiresGrad_(false);
      net`);
    expect(data!["text/plain"]).toContain("(head): Linear(inFeatures=3, outFeatures=2, bias=false)");
    const html = data!["text/html"]!.replace(/<[^>]+>/g, "|").replace(/\|+/g, "|");
    expect(html).toContain("|Net| |2 modules: 21 parameters|");
    expect(html).toContain("|(body) |Sequential| |2 modules: 15 parameters|");
    expect(html).toContain("|weight [3, 4], bias [3]: 15 parameters|");
    expect(html).toContain("|weight [2, 3] frozen: 6 parameters|");
    expect(data!["text/html"]!.match(/<details open>/g)).toHaveLength(2);
  });

  test.each([
    [
      "({ data: [{ y: [1, 2] }, { type: 'bar', y: new Float32Array([1, 2]) }], layout: { title: 'x' } })",
      "plotly figure: scatter, bar",
    ],
    ["({ data: [], layout: {} })", "plotly figure"],
  ])("a figure %s is a chart", async (code, text) => {
    const [data] = await shown(code);
    expect(data!["text/plain"]).toBe(text);
    expect(data!["application/vnd.plotly.v1+json"]).toMatchObject({ layout: expect.any(Object) });
    const traces = (data!["application/vnd.plotly.v1+json"] as unknown as { data: { y: number[] }[] }).data;
    for (const { y } of traces) expect(y).toEqual([1, 2]);
  });

  test.each(["({ data: [1], layout: {} })", "({ data: [], layout: [] })", "({ data: {}, layout: {} })"])(
    "%s is no figure",
    async (code) => expect(Object.keys((await shown(code))[0]!)).toEqual(["text/plain"]),
  );
});

describe("pages", () => {
  test.each([
    [
      "html",
      "<b>#{'a < \"b\" & c'}</b>#{[1, 2].map((n) => html`<i>#{n}</i>`)}",
      "text/html",
      "<b>a &lt; &quot;b&quot; &amp; c</b><i>1</i><i>2</i>",
    ],
    ["svg", "<svg><title>#{'<x>'}</title></svg>", "image/svg+xml", "<svg><title>&lt;x&gt;</title></svg>"],
    ["markdown", "**#{1 + 1}** < 3", "text/markdown", "**2** < 3"],
    ["latex", "\\frac{1}{#{2}}", "text/latex", "$$\\frac{1}{2}$$"],
    ["latex", "so $x$", "text/latex", "so $x$"],
  ])(
    "the tag %s`%s` gives a piece of %s, and display shows the same",
    async (kind, template, type, source) => {
      const code = template.replaceAll("#{", "${");
      const before = 'import { html, svg, markdown, latex } from "@gradbook/kernel/notebook";';
      const [piece] = await shown(`${before} ${kind}\`${code}\``);
      const [display] = await shown(`display.${kind}\`${code}\``);
      expect(piece![type]).toBe(source);
      expect(piece!["text/plain"]).toBe(source.replace(/^\$\$|\$\$$/g, ""));
      expect(display).toEqual(piece);
    },
  );

  test("a text is taken as it is", async () => {
    expect(await shown(`display.html("<b>" + "</b>")`)).toMatchObject([{ "text/html": "<b></b>" }]);
  });
});

describe("pictures", () => {
  test("images stand in rows, a point apart, enlarged as asked", async () => {
    const [data] = await shown(`
      const batch = tensor([[[[0, 1], [0.5, 0]]], [[[1, 1], [1, 1]]], [[[0, 0], [0, 0]]]]);
      display.image(batch, { columns: 2, scale: 2 })`);
    expect(data!["text/plain"]).toBe("3 images of 2 x 2; 0 is black, 1 white");
    const { width, height, at } = pixels(data!["image/png"]!);
    expect([width, height]).toEqual([10, 10]);
    expect([at(0, 0), at(2, 0), at(3, 1), at(0, 2)]).toEqual([
      [0, 0, 0],
      [255, 255, 255],
      [255, 255, 255],
      [128, 128, 128],
    ]);
    // the gap, the second image, the third in the second row
    expect([at(4, 0), at(6, 0), at(0, 6)]).toEqual([
      [255, 255, 255],
      [255, 255, 255],
      [0, 0, 0],
    ]);
  });

  test.each([
    ["tensor.zeros(2, 3)", "image of 2 x 3; 0 is black, 1 white"],
    ["tensor.rand(3, 4, 4)", "image of 4 x 4, in colour; 0 is black, 1 white"],
    ["tensor.zeros(5, 4, 4)", "5 images of 4 x 4; 0 is black, 1 white"],
    ["tensor.ones(100, 1, 4, 4).mul(200)", "100 images of 4 x 4, the first 64 shown; 0 is black, 255 white"],
    ["tensor([[-2, 6]])", "image of 1 x 2; -2 is black, 6 white"],
  ])("%s is %s", async (code, text) => {
    expect((await shown(`display.image(${code})`))[0]).toMatchObject({
      "text/plain": text,
      "image/png": expect.any(String),
    });
  });

  test("colours keep their channels", async () => {
    const [data] = await shown("display.image(tensor([[[1]], [[0.2]], [[0]]]), { scale: 1 })");
    expect(pixels(data!["image/png"]!).at(0, 0)).toEqual([255, 51, 0]);
  });

  test("a heat map is white to blue, or has two colours around zero, and says what they mean", async () => {
    const [data] = await shown("display.heatmap(tensor([[0, 1], [2, 4]]), { scale: 1 })");
    expect(data!["text/plain"]).toBe("heat map of 2 x 2, from 0 to 4");
    expect(data!["text/html"]).toMatch(
      /<img alt="heat map[^>]*>.*<span>0<\/span>.*gradient.*<span>4<\/span>/s,
    );
    const plain = pixels(data!["image/png"]!);
    expect([plain.at(0, 0), plain.at(0, 1), plain.at(1, 1)]).toEqual([
      [255, 255, 255],
      [147, 187, 221],
      [0, 50, 92],
    ]);
    const [signed] = await shown("display.heatmap(tensor([-1, 0, 2]), { scale: 1 })");
    const { at } = pixels(signed!["image/png"]!);
    expect([at(0, 0), at(1, 0), at(2, 0)]).toEqual([
      [171, 154, 200],
      [247, 247, 247],
      [166, 97, 26],
    ]);
  });

  test.each([
    ["display.image(tensor.zeros(2, 5, 4, 4))", "the shape [2, 5, 4, 4] is not that of images"],
    ["display.heatmap(tensor.zeros(2, 2, 2))", "needs a matrix, got the shape [2, 2, 2]"],
  ])("%s says what it needs", async (code, message) => {
    expect((await kernel().execute(code)).reply.content.evalue).toContain(message);
  });
});

describe("progress", () => {
  test("of a list: drawn once, updated in place, with a text", async () => {
    const { messages, result } = await kernel().execute(
      "let sum = 0; for (const x of display.progress([1, 2, 3, 4], { label: '<sum>' })) sum += x; sum",
    );
    expect(result).toBe("10");
    const displays = messages.filter((m) => /display_data/.test(m.type));
    expect(displays.map((m) => m.type)).toEqual([
      "display_data",
      ...displays.slice(1).map(() => "update_display_data"),
    ]);
    expect(new Set(displays.map((m) => JSON.stringify(m.content.transient))).size).toBe(1);
    const [first, last] = [displays[0]!, displays.at(-1)!].map((m) => m.content.data as Data);
    expect(first!["text/plain"]).toMatch(/^<sum> \[-{20}\] 0 % 0\/4, 0\.0 s$/);
    expect(last!["text/plain"]).toMatch(/^<sum> \[#{20}\] 100 % 4\/4, \d\.\d s$/);
    expect(last!["text/html"]).toContain('<progress value="1"');
    expect(last!["text/html"]).toContain("&lt;sum&gt;");
  });

  test("10,000 steps are a few updates, and the last one is shown", async () => {
    const displays = await shown("for (const _ of display.progress(new Set(Array(1e4).keys())));");
    expect(displays.length).toBeLessThan(50);
    expect(displays.at(-1)!["text/plain"]).toContain("100 % 10,000/10,000");
  });

  test("asynchronous items, a loop that is left, a bar moved by hand", async () => {
    const code = `async function* slow() { yield 1; yield 2 }
      for await (const _ of display.progress(slow()));`;
    expect((await shown(code)).at(-1)!["text/plain"]).toMatch(/^2, \d/);
    const left = await shown("for (const x of display.progress([1, 2, 3])) if (x === 2) break;");
    expect(left.at(-1)!["text/plain"]).toContain("33 % 1/3");
    const counted =
      "const all = [...display.progress(4)]; for (const i of display.progress(9)) if (i === 2) break; all";
    const texts = (await shown(counted)).map((data) => data["text/plain"]);
    expect(texts.filter((text) => text!.includes("100 % 4/4"))).toHaveLength(1);
    expect(texts.at(-2)).toContain("2/9");
    expect(texts.at(-1)).toBe("[ 0, 1, 2, 3 ]");
    const endless = await kernel().execute("for (const i of display.progress()) i");
    expect(endless.reply.content.evalue).toContain("write display.progress(100)");
    const byHand = await shown("const bar = display.progress(4); bar.advance(3); bar.value = 4; bar");
    expect(byHand.at(-1)!["text/plain"]).toContain("100 % 4/4");
    expect(byHand.filter((data) => data["text/plain"]!.includes("0 % 0/4"))).toHaveLength(1);
  });
});

describe("examples in the documentation run", () => {
  const examples = ["display", "rich/markup", "rich/jsx", "rich/progress"].flatMap((name) => {
    const source = readFileSync(join(import.meta.dirname, `../../kernel/run/${name}.ts`), "utf8");
    return [...source.matchAll(/@example([\s\S]*?)\*\//g)].map(([, text]) =>
      text!.replace(/\n *\* {1,2}/g, "\n").trim(),
    );
  });

  test.each(examples)("%s", async (code) => {
    const given = 'import { html, svg, markdown, latex, jsx } from "@gradbook/kernel/notebook";';
    const { reply, stderr, result } = await kernel().execute(`${given}\n${code}`);
    expect([reply.content.status, stderr], JSON.stringify(reply.content.traceback)).toEqual(["ok", ""]);
    const [, expected] = /\/\/ -> (.*)$/.exec(code) ?? [];
    if (expected !== undefined) expect(result).toBe(expected);
  });

  test("there are some", () => expect(examples.length).toBeGreaterThan(15));
});
