// From drafts to kernels of the IR: expressions over nodes become expressions over buffers and accumulators.

import { type Expr, withChildren } from "../../graph/expr.js";
import { opNamed } from "../../graph/node.js";
import type { GraphSpec } from "../../graph/spec.js";
import type {
  Accumulator,
  MatrixOperand,
  Output,
  Pass,
  ReduceOp,
  RoutineOperand,
  SingleKernel,
} from "../ir.js";
import { type Draft, type Member, type Operand, passesOf } from "./draft.js";
import type { ExpressionBuilder } from "./expression.js";
import { Interner } from "./interner.js";
import { pathTo } from "./space.js";
import { applyMovement } from "./view.js";

export interface Source {
  readonly graph: GraphSpec;
  readonly builder: ExpressionBuilder;
  /** The plan buffer of a stored node or an input. */
  bufferOf(node: number): number;
}

/** The kernel that a draft describes. */
export function writeKernel(draft: Draft, source: Source): SingleKernel {
  return new KernelWriter(draft, source).write();
}

class KernelWriter {
  private readonly draft: Draft;
  private readonly source: Source;
  private readonly members: ReadonlyMap<number, Member>;
  /** Reductions (or the product) as `accumulator` expressions count them. */
  private readonly accumulators: readonly Member[];
  private readonly interner = new Interner();

  constructor(draft: Draft, source: Source) {
    this.draft = draft;
    this.source = source;
    this.members = new Map(draft.members.map((member) => [member.node, member]));
    this.accumulators = draft.members
      .filter(({ isReduction, expr }) => isReduction || expr === undefined)
      .sort((a, b) => a.pass - b.pass);
  }

  write(): SingleKernel {
    const { kind, members } = this.draft;
    if (kind === "routine") return this.routine(members[0]!);
    const name = members
      .map(({ node }) => this.source.graph.nodes[node]!.op.replace("reduce_", ""))
      .join(" ");
    const last = passesOf(members);
    const outputs = this.outputs(
      members.filter(({ scope }) => scope === "outer"),
      last,
    );
    if (kind === "matmul") return this.matmul(name, this.accumulators[0]!, outputs);
    const { outer, reduce } = this.draft.space;
    const passes = Array.from({ length: last }, (_, pass) => this.pass(pass));
    return { kind: "loop", name, outer, reduce, passes, outputs };
  }

  private pass(pass: number): Pass {
    const here = this.draft.members.filter((member) => member.pass === pass);
    const accumulators = here
      .filter(({ isReduction }) => isReduction)
      .map(({ node, expr }): Accumulator => {
        const { op, dtype } = this.source.graph.nodes[node]!;
        const { lowering } = opNamed(op);
        if (lowering.kind !== "reduce") throw new Error(`${op} is not a reduction`);
        return { op: lowering.op as ReduceOp, dtype, value: this.resolve(expr!, pass) };
      });
    const row = here.filter(({ scope }) => scope === "row");
    return { accumulators, outputs: this.outputs(row, pass) };
  }

  private outputs(members: readonly Member[], pass: number): Output[] {
    const { graph, builder, bufferOf } = this.source;
    return members.map((member) => {
      const { node, scope } = member;
      const view = builder.place(node, pathTo(node, graph.nodes[node]!.shape, this.draft.space, scope));
      return { buffer: bufferOf(node), view, value: this.valueOf(member, pass) };
    });
  }

  private valueOf(member: Member, pass: number): Expr {
    const index = this.accumulators.indexOf(member);
    if (index < 0) return this.resolve(member.expr!, pass);
    const { dtype } = this.source.graph.nodes[member.node]!;
    return this.interner.intern({ kind: "accumulator", dtype, index });
  }

  /** An expression as pass number `pass` evaluates it: what this kernel has at hand is not loaded. */
  private resolve(root: Expr, pass: number, done: Map<Expr, Expr> = new Map()): Expr {
    const known = done.get(root);
    if (known !== undefined) return known;
    const of = (child: Expr): Expr => this.resolve(child, pass, done);
    const member =
      root.kind === "load" && root.guard === undefined ? this.members.get(root.buffer) : undefined;
    let value: Expr;
    if (member !== undefined && this.isAtHand(member, pass)) value = this.valueOf(member, pass);
    else if (root.kind === "load" || root.kind === "gather") {
      value = { ...withChildren(root, of), buffer: this.source.bufferOf(root.buffer) } as Expr;
    } else value = withChildren(root, of);
    const result = this.interner.intern(value);
    done.set(root, result);
    return result;
  }

  private isAtHand(member: Member, pass: number): boolean {
    return member.scope === "outer" || member.pass === pass;
  }

  private matmul(name: string, { node, operands }: Member, outputs: Output[]): SingleKernel {
    const { shape } = this.source.graph.nodes[node]!;
    const [a, b] = operands as [Operand, Operand];
    const batch = shape.slice(0, -2);
    const [m, n] = shape.slice(-2) as [number, number];
    const k = a.view.shape.at(-1)!;
    const matrices = { a: this.matrix(a, [...batch, m, k]), b: this.matrix(b, [...batch, k, n]) };
    return { kind: "matmul", name, batch, m, n, k, ...matrices, outputs };
  }

  private matrix({ node, view }: Operand, shape: readonly number[]): MatrixOperand {
    const { offset, strides } = applyMovement(view, { kind: "expand", shape })!;
    const { dtype } = this.source.graph.nodes[node]!;
    return {
      buffer: this.source.bufferOf(node),
      view: { offset, strides },
      ...(dtype === "float16" ? { dtype } : {}),
    };
  }

  private routine({ node, operands }: Member): SingleKernel {
    const { op, inputs, attributes } = this.source.graph.nodes[node]!;
    const { lowering } = opNamed(op);
    if (lowering.kind !== "routine") throw new Error(`${op} is not a routine`);
    const whole = (of: number, held: number): RoutineOperand => {
      const { shape, dtype } = this.source.graph.nodes[of]!;
      return { buffer: this.source.bufferOf(held), dtype, shape };
    };
    const { name } = lowering;
    return {
      kind: "routine",
      name,
      attributes,
      inputs: inputs.map((input, i) => whole(input, operands[i]!.node)),
      outputs: [whole(node, node)],
    };
  }
}
