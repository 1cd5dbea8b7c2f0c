// What of the Debug Adapter Protocol crosses Jupyter's `debug_request`, `debug_reply` and `debug_event`. Lines and columns count
// from 1.

import type { Json } from "./messages.js";

export interface DapResponse {
  readonly type: "response";
  readonly seq: number;
  readonly request_seq: number;
  readonly success: boolean;
  readonly command: string;
  /** What went wrong. */
  readonly message?: string;
  readonly body: Json;
}

export interface DapEvent {
  readonly type: "event";
  readonly seq: number;
  readonly event: "initialized" | "stopped" | "continued";
  readonly body: Json;
}

/** Without a type, which the protocol leaves open: JupyterLab would show it in place of the value, unless it is one of Python's. */
export interface DapVariable {
  readonly name: string;
  readonly value: string;
  /** Asks for the parts of the value; 0: it has none. */
  readonly variablesReference: number;
}

export interface DapScope {
  readonly name: string;
  readonly variablesReference: number;
  readonly expensive: boolean;
}

/** A breakpoint as a front end wants it. */
export interface SourceBreakpoint {
  readonly line: number;
  /** An expression in TypeScript: stops only where it is true. */
  readonly condition?: string;
  /** Prints this text instead of stopping, with the values of the expressions that stand in braces in it. */
  readonly logMessage?: string;
}
