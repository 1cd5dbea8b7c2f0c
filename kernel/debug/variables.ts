// Values of the stopped program as front ends show them: one line of text, and a number that asks for the parts. Looking runs
// no code of the user's: getters are not called, and tensors are not computed.

import type { Runtime } from "node:inspector";
import type { Session } from "node:inspector/promises";
import { LIMITS } from "../limits.js";
import type { DapVariable } from "../protocol/dap.js";
import { NOTEBOOK } from "./expressions.js";

/** Name of the group in which V8 keeps the values that have been shown. */
export const SHOWN = "shown";

type Children = () => Promise<DapVariable[]>;

export class Variables {
  readonly #session: Session;
  readonly #children = new Map<number, Children>();
  #next = 1;

  constructor(session: Session) {
    this.#session = session;
  }

  /** A number that asks for these variables. */
  reference(children: Children): number {
    this.#children.set(this.#next, children);
    return this.#next++;
  }

  /** What a number asks for; nothing once the program has gone on. */
  async of(reference: number): Promise<DapVariable[]> {
    return (await this.#children.get(reference)?.()) ?? [];
  }

  /** Forgets all numbers, and lets V8 forget the values. */
  async clear(): Promise<void> {
    this.#children.clear();
    await this.#session.post("Runtime.releaseObjectGroup", { objectGroup: SHOWN }).catch(() => {});
  }

  /** Of a scope: the variables of the user's that have a value. */
  async names(objectId: string): Promise<string[]> {
    const { result } = await this.#session.post("Runtime.getProperties", { objectId, ownProperties: true });
    return result.filter(({ name, value }) => value !== undefined && isUsers(name)).map(({ name }) => name);
  }

  /** An object's own properties. */
  async properties(objectId: string): Promise<DapVariable[]> {
    const { result, internalProperties = [] } = await this.#session.post("Runtime.getProperties", {
      objectId,
      ownProperties: true,
      generatePreview: true,
    });
    const entries = internalProperties.filter(({ name }) => name === "[[Entries]]");
    const shown = [...result, ...entries];
    return Promise.all(
      shown.slice(0, LIMITS.debugProperties).map(({ name, value }) => this.variable(name, value)),
    );
  }

  /** A variable with this value; without one it has a getter. */
  async variable(name: string, value: Runtime.RemoteObject | undefined): Promise<DapVariable> {
    if (value === undefined) return { name, value: "(getter)", variablesReference: 0 };
    const { objectId } = value;
    const summary = await this.#summary(value);
    const text = summary ?? textOf(value);
    const hasParts = objectId !== undefined && (value.type === "object" || summary !== undefined);
    const variablesReference = hasParts ? this.reference(() => this.properties(objectId)) : 0;
    return { name, value: text, variablesReference };
  }

  /** A line about a tensor, or about a function that is more than that. */
  async #summary(value: Runtime.RemoteObject): Promise<string | undefined> {
    const { type, className = "" } = value;
    if (value.objectId === undefined || !(type === "function" || /^(Tensor|Parameter)$/.test(className)))
      return undefined;
    const { result } = await this.#session.post("Runtime.callFunctionOn", {
      objectId: value.objectId,
      functionDeclaration: `function () { return ${NOTEBOOK}.summary(this); }`,
      returnByValue: true,
      throwOnSideEffect: true,
    } as Runtime.CallFunctionOnParameterType);
    return typeof result.value === "string" ? result.value : undefined;
  }
}

/** True for names of variables in the source; compiled cells and V8 have others beside them. */
function isUsers(name: string): boolean {
  const hidden = /^__(gb|\$)/.test(name) || ["require", "arguments", "this"].includes(name);
  return !hidden && /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name);
}

/** One line about a value. */
function textOf(value: Runtime.RemoteObject): string {
  const { type, subtype, description = "", className = "", preview } = value;
  if (type === "string") return JSON.stringify(value.value);
  if (type === "undefined" || subtype === "null") return subtype ?? type;
  if (type === "function") {
    const [ofClass] = /^class\b(?:\s+[\w$]+)?/.exec(description) ?? [];
    const head = description.split(/\n|\{/, 1)[0] ?? "";
    return ofClass ?? `ƒ ${head.replace(/^function\s*/, "").trim()}`;
  }
  if (subtype === "error") return description.split("\n", 1)[0] ?? "";
  if (type !== "object" || preview === undefined) return description;
  return previewText(preview, className);
}

/** Like `[1, 2, …]`, `{a: 1}` or `Point {x: 1}`. */
function previewText(preview: Runtime.ObjectPreview, className: string): string {
  const { subtype, properties, overflow, entries, description = "" } = preview;
  const more = overflow ? ["…"] : [];
  if (entries !== undefined) {
    const parts = entries.map(({ key, value }) => `${key ? `${short(key)} => ` : ""}${short(value)}`);
    return `${description} {${[...parts, ...more].join(", ")}}`;
  }
  if (subtype === "array" || subtype === "typedarray") {
    const items = `[${[...properties.map(partText), ...more].join(", ")}]`;
    return subtype === "array" ? items : `${description} ${items}`;
  }
  if (subtype !== undefined) return description;
  const parts = properties.map((part) => `${part.name}: ${partText(part)}`);
  const fields = `{${[...parts, ...more].join(", ")}}`;
  return className === "Object" ? fields : `${className} ${fields}`;
}

function partText({ type, value = "" }: Runtime.PropertyPreview): string {
  return type === "string" ? JSON.stringify(value) : value;
}

function short({ description = "", type }: Runtime.ObjectPreview): string {
  return type === "string" ? JSON.stringify(description) : description;
}
