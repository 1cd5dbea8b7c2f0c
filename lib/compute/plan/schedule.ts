// Which kernel computes which nodes. Each node that is stored starts as a kernel of its own; then kernels are joined: work
// on the elements of a product or reduction with what follows it, reductions over the same rows with each other and with what
// is done to those rows, and loops that read the same.

import { opNamed } from "../../graph/node.js";
import type { GraphSpec } from "../../graph/spec.js";
import { chooseStored, isLeaf } from "./cost.js";
import { Draft, leadsTo, type Member, needsOf, passesOf, type Read } from "./draft.js";
import { type ExpressionBuilder, MustStore, type Surroundings } from "./expression.js";
import { chooseHomes, type Home } from "./homes.js";
import {
  pathTo,
  rowsAreSmall,
  type Scope,
  type Space,
  sameLoops,
  scopeOf,
  spaceOf,
  viewKey,
} from "./space.js";

export interface Schedule {
  /** In an order in which they can run. */
  readonly drafts: readonly Draft[];
  /** Overwriting results that are written right where the old value lies. */
  readonly inPlace: ReadonlySet<number>;
  /** Where parts of joined results are stored. */
  readonly homes: ReadonlyMap<number, Home>;
}

type MakeBuilder = (surroundings: Omit<Surroundings, "fault" | "halfFactors">) => ExpressionBuilder;

/** Thrown when the in-place update of `node` would destroy a value that is read later. */
export class ReadAfterWrite extends Error {
  readonly node: number;
  constructor(node: number) {
    super(`node ${node} cannot be written in place`);
    this.node = node;
  }
}

/** More outputs than this in one kernel cost registers and, on the GPU, bindings. */
const MAX_OUTPUTS = 16;

/** Assigns every stored node to a kernel. `viaCopy`: results not to write in place. */
export function schedule(
  graph: GraphSpec,
  viaCopy: ReadonlySet<number>,
  makeBuilder: MakeBuilder,
): Schedule & { readonly builder: ExpressionBuilder } {
  const scheduler = new Scheduler(graph, viaCopy, makeBuilder);
  const { inPlace, homes, builder } = scheduler;
  return { drafts: scheduler.run(), inPlace, homes, builder };
}

/** Overwriting results that can be computed right where the old value lies: element by element. */
function chooseInPlace(graph: GraphSpec, viaCopy: ReadonlySet<number>): ReadonlySet<number> {
  const inPlace = new Set<number>();
  for (const { node, overwrites } of graph.results) {
    const { op } = graph.nodes[node]!;
    if (overwrites === undefined || viaCopy.has(node) || isLeaf(op)) continue;
    if (opNamed(op).lowering.kind === "elementwise") inPlace.add(node);
  }
  return inPlace;
}

/** For each node, whether it is or needs one of `nodes`. */
function needing(graph: GraphSpec, nodes: ReadonlySet<number>): boolean[] {
  const found: boolean[] = [];
  graph.nodes.forEach(({ inputs }, node) => {
    found.push(nodes.has(node) || inputs.some((input) => found[input]));
  });
  return found;
}

class Scheduler {
  readonly inPlace: ReadonlySet<number>;
  readonly homes: ReadonlyMap<number, Home>;
  readonly builder: ExpressionBuilder;
  private readonly graph: GraphSpec;
  private readonly stored: Set<number>;
  private readonly drafts = new Set<Draft>();
  private readonly draftOf = new Map<number, Draft>();
  /** Kernels that read a node or an input. */
  private readonly readers = new Map<number, Set<Draft>>();
  /** The update that overwrites an input, and the input that an update overwrites. */
  private readonly updateOf = new Map<number, number>();
  private readonly overwritten = new Map<number, number>();

  constructor(graph: GraphSpec, viaCopy: ReadonlySet<number>, makeBuilder: MakeBuilder) {
    this.graph = graph;
    this.inPlace = chooseInPlace(graph, viaCopy);
    this.stored = chooseStored(graph);
    this.homes = chooseHomes(graph);
    for (const [part, { whole }] of this.homes) {
      this.stored.add(part);
      this.stored.delete(whole);
    }
    this.builder = makeBuilder({
      homes: this.homes,
      isStored: (node) => this.stored.has(node) || graph.nodes[node]!.op === "input",
    });
    for (const { node, overwrites } of graph.results) {
      if (!this.inPlace.has(node)) continue;
      this.updateOf.set(overwrites!, node);
      this.overwritten.set(node, overwrites!);
    }
  }

  run(): Draft[] {
    const late = needing(this.graph, this.inPlace);
    const nodes = this.graph.nodes.map((_, node) => node);
    // updates in place come last, with all that needs their new values: who reads the old values is known by then
    for (const updating of [false, true]) {
      for (const node of nodes) if (late[node] === updating && this.stored.has(node)) this.place(node);
    }
    return this.inOrder();
  }

  private inOrder(): Draft[] {
    const order = new Set<Draft>();
    const visit = (draft: Draft): void => {
      if (order.has(draft)) return;
      for (const before of draft.after) visit(before);
      order.add(draft);
    };
    for (const draft of this.drafts) visit(draft);
    return [...order];
  }

  /** Finds a kernel for a node that is stored. */
  private place(node: number): void {
    if (this.draftOf.has(node) || isLeaf(this.graph.nodes[node]!.op)) return;
    for (;;) {
      try {
        this.join(this.open(this.draft(node)));
        return;
      } catch (error) {
        // it reads what would need a buffer of its own
        if (!(error instanceof MustStore) || error.node === node || this.draftOf.has(error.node)) throw error;
        this.stored.add(error.node);
        this.place(error.node);
      }
    }
  }

  /** A kernel that computes nothing else. */
  private draft(node: number): Draft {
    const { op, inputs, shape, attributes } = this.graph.nodes[node]!;
    const { lowering } = opNamed(op);
    if (lowering.kind === "matmul" || lowering.kind === "routine") {
      const isRoutine = lowering.kind === "routine";
      const operands = inputs.map((input) =>
        isRoutine ? this.builder.whole(input) : this.builder.factor(input),
      );
      const reads = operands.map((operand) => ({ node: operand.node, place: undefined }));
      const space = spaceOf(shape);
      const place = this.placeOf(node, space, "outer");
      const member = {
        node,
        expr: undefined,
        operands,
        reads,
        checks: false,
        isReduction: false,
        pass: 0,
        place,
      };
      return new Draft(lowering.kind, space, { ...member, scope: "outer" });
    }
    if (lowering.kind !== "reduce") {
      const space = spaceOf(shape);
      return new Draft("loop", space, this.elementwise(node, space, "outer"));
    }
    const input = inputs[0]!;
    const space = spaceOf(this.graph.nodes[input]!.shape, attributes.axes as readonly number[]);
    const expr = this.builder.build(input, pathTo(input, space.shape, space, "row"));
    const member = { node, expr, operands: [], ...needsOf(expr, space), isReduction: true, pass: 0 };
    return new Draft("loop", space, { ...member, scope: "outer", place: this.placeOf(node, space, "outer") });
  }

  private elementwise(node: number, space: Space, scope: Scope): Member {
    const expr = this.builder.define(node, pathTo(node, this.graph.nodes[node]!.shape, space, scope));
    const place = this.placeOf(node, space, scope);
    return { node, expr, operands: [], ...needsOf(expr, space), scope, isReduction: false, pass: 0, place };
  }

  private placeOf(node: number, space: Space, scope: Scope): string {
    const path = pathTo(node, this.graph.nodes[node]!.shape, space, scope);
    return viewKey(this.builder.place(node, path), space);
  }

  /** Enters a kernel, after all that it needs and before what would overwrite its inputs. */
  private open(draft: Draft): Draft {
    const [member] = draft.members;
    if (member === undefined) return draft;
    const { node, reads, place } = member;
    for (const read of reads) {
      const owner = this.draftOf.get(read.node);
      if (owner !== undefined) draft.after.add(owner);
    }
    const old = this.overwritten.get(node);
    if (old !== undefined) {
      for (const reader of this.readersOf(old)) draft.after.add(reader);
      for (const other of this.drafts) if (other.checks) draft.after.add(other);
    }
    for (const read of reads) {
      if (read.node === old && read.place !== place) throw new ReadAfterWrite(node);
      const update = this.updateOf.get(read.node);
      const updating = update === undefined ? undefined : this.draftOf.get(update);
      if (updating === undefined) continue;
      if (leadsTo(draft.after, [updating])) throw new ReadAfterWrite(update!);
      updating.after.add(draft);
    }
    this.drafts.add(draft);
    this.own(draft);
    return draft;
  }

  private own(draft: Draft): void {
    for (const { node, reads } of draft.members) {
      this.draftOf.set(node, draft);
      for (const read of reads) this.readersOf(read.node).add(draft);
    }
  }

  private readersOf(node: number): Set<Draft> {
    let readers = this.readers.get(node);
    if (readers === undefined) {
      readers = new Set();
      this.readers.set(node, readers);
    }
    return readers;
  }

  /** Joins a kernel with the kernels it has something to do with, as far as that can be. */
  private join(start: Draft): void {
    let draft = start;
    const read = new Set(start.members.flatMap(({ reads }) => reads.map(({ node }) => node)));
    const related = new Set<Draft>();
    for (const node of [...read].reverse()) {
      const owner = this.draftOf.get(node);
      if (owner !== undefined) related.add(owner);
    }
    for (const node of read) for (const reader of this.readersOf(node)) related.add(reader);
    for (const other of related) {
      if (other === draft || !this.drafts.has(other)) continue;
      if (this.joined(other, draft)) draft = other;
    }
  }

  /** Moves all of `b` into `a`, if they can be one kernel. */
  private joined(a: Draft, b: Draft): boolean {
    const space = commonSpace(a, b);
    if (space === undefined || a.members.length + b.members.length > MAX_OUTPUTS) return false;
    if (!this.liesOver(a, space) || !this.liesOver(b, space) || !isRelated(a, b)) return false;
    const others = [...a.after, ...b.after].filter((before) => before !== a && before !== b);
    if (leadsTo(others, [a, b])) return false;
    const members = this.membersIn(space, [...a.members, ...b.members]);
    if (members === undefined || !this.keepsOldValues(members, a, b)) return false;
    const passes = passesOf(members);
    const severalTimes = passes > 1 || members.some(({ scope }) => scope === "row");
    if (severalTimes && !rowsAreSmall(space)) return false;
    if (b.kind === "matmul") a.kind = "matmul";
    a.space = space;
    a.members = members;
    for (const before of b.after) a.after.add(before);
    a.after.delete(a);
    a.after.delete(b);
    this.drafts.delete(b);
    for (const other of this.drafts) if (other.after.delete(b) && other !== a) other.after.add(a);
    for (const { reads } of b.members) for (const { node } of reads) this.readersOf(node).delete(b);
    this.own(a);
    return true;
  }

  private liesOver({ members }: Draft, space: Space): boolean {
    return members.every(
      ({ node, isReduction }) => isReduction || scopeOf(this.graph.nodes[node]!.shape, space) !== undefined,
    );
  }

  /** The members as one kernel over `space` computes them; undefined if it can't. */
  private membersIn(space: Space, all: readonly Member[]): Member[] | undefined {
    const found = new Map<number, Member>();
    for (const old of [...all].sort((x, y) => x.node - y.node)) {
      const member = this.memberIn(space, old);
      const pass = member && firstPass(member, found);
      if (pass === undefined) return undefined;
      found.set(old.node, { ...member!, pass });
    }
    return [...found.values()];
  }

  private memberIn(space: Space, old: Member): Member | undefined {
    if (old.isReduction || old.expr === undefined) return old;
    const scope = scopeOf(this.graph.nodes[old.node]!.shape, space);
    if (scope === undefined) return undefined;
    try {
      const member = this.elementwise(old.node, space, scope);
      // what has come to be stored since then may be computed later
      const known = new Set(old.reads.map(({ node }) => node));
      return member.reads.every(({ node }) => known.has(node)) ? member : undefined;
    } catch (error) {
      if (error instanceof MustStore) return undefined;
      throw error;
    }
  }

  /** Whether no member reads an old value after another one has overwritten it, and nothing is overwritten where a check may
   *  still fail. */
  private keepsOldValues(members: readonly Member[], a: Draft, b: Draft): boolean {
    const updates = members.filter(({ node }) => this.overwritten.has(node));
    if (updates.length === 0) return true;
    if (a.checks || b.checks) return false;
    return updates.every((update) => {
      const old = this.overwritten.get(update.node)!;
      return members.every((member) =>
        member.reads.every(({ node, place }) => {
          if (node !== old) return true;
          const inTime = update.scope === "outer" || (member.scope === "row" && member.pass <= update.pass);
          return place === update.place && (inTime || member === update);
        }),
      );
    });
  }
}

/** The first pass in which `member` can be computed, after those it reads; undefined if it reads one of them elsewhere (as
 *  what is computed once for a row does, if it reads what is computed for each point of it). */
function firstPass(member: Member, before: ReadonlyMap<number, Member>): number | undefined {
  let pass = 0;
  for (const { node, place } of member.reads) {
    const read = before.get(node);
    if (read === undefined) continue;
    if (place !== read.place) return undefined;
    pass = Math.max(pass, read.isReduction ? read.pass + 1 : read.pass);
  }
  return pass;
}

/** The loops of a kernel that does the work of both. */
function commonSpace(a: Draft, b: Draft): Space | undefined {
  if (a.kind === "routine" || b.kind === "routine") return undefined;
  if (a.kind === "matmul" || b.kind === "matmul") {
    const reduces = [...a.members, ...b.members].some(({ isReduction }) => isReduction);
    const simple = a.kind !== b.kind && !reduces;
    return simple ? (a.kind === "matmul" ? a.space : b.space) : undefined;
  }
  if (a.space.reduce.length > 0 && b.space.reduce.length > 0) {
    return sameLoops(a.space, b.space) ? a.space : undefined;
  }
  return b.space.reduce.length > 0 ? b.space : a.space;
}

/** Whether one needs what the other computes, or loops read the same. */
function isRelated(a: Draft, b: Draft): boolean {
  const uses = (x: Draft, y: Draft): boolean =>
    x.members.some((m) => m.reads.some((read) => computes(y, read)));
  if (uses(a, b) || uses(b, a)) return true;
  if (a.kind !== b.kind) return false;
  return a.members.some((x) =>
    x.reads.some((read) => b.members.some((y) => y.reads.some((r) => same(r, read)))),
  );
}

const computes = (draft: Draft, { node }: Read): boolean =>
  draft.members.some((member) => member.node === node);
const same = (x: Read, y: Read): boolean => x.node === y.node;
