// The bodies of the Debug Adapter Protocol's responses and events, with Jupyter's additions: the fields that they must have.
// Written from the two specifications.

import { type Check, fields, flag, listOf, object, oneOf, text, whole } from "./schema.js";

const path: Check = fields({ path: text });
const breakpoint: Check = fields({ id: whole, verified: flag, line: whole, source: path });
const variable: Check = fields({ name: text, value: text, variablesReference: whole });
const nothing: Check = (body) => object(body) && Object.keys(body as object).length === 0;

const BODIES: Record<string, Check> = {
  initialize: fields({
    supportsConfigurationDoneRequest: flag,
    exceptionBreakpointFilters: listOf(fields({ filter: text, label: text, default: flag })),
  }),
  attach: nothing,
  configurationDone: nothing,
  disconnect: nothing,
  debugInfo: fields({
    isStarted: flag,
    hashMethod: text,
    hashSeed: whole,
    tmpFilePrefix: text,
    tmpFileSuffix: text,
    breakpoints: listOf(fields({ source: text, breakpoints: listOf(fields({ line: whole })) })),
    stoppedThreads: listOf(whole),
    richRendering: flag,
    exceptionPaths: listOf(text),
    copyToGlobals: flag,
  }),
  dumpCell: fields({ sourcePath: text }),
  source: fields({ content: text }),
  modules: fields({ modules: listOf(object), totalModules: whole }),
  setBreakpoints: fields({ breakpoints: listOf(breakpoint) }),
  setExceptionBreakpoints: nothing,
  threads: fields({ threads: listOf(fields({ id: whole, name: text })) }),
  stackTrace: fields({
    stackFrames: listOf(fields({ id: whole, name: text, line: whole, column: whole, source: path })),
  }),
  scopes: fields({ scopes: listOf(fields({ name: text, variablesReference: whole, expensive: flag })) }),
  variables: fields({ variables: listOf(variable) }),
  inspectVariables: fields({ variables: listOf(variable) }),
  richInspectVariables: fields({ data: object, metadata: object }),
  evaluate: fields({ result: text, variablesReference: whole }),
  continue: fields({ allThreadsContinued: flag }),
  next: nothing,
  stepIn: nothing,
  stepOut: nothing,
  pause: nothing,
};

const EVENTS: Record<string, Check> = {
  initialized: nothing,
  stopped: fields({
    reason: oneOf("breakpoint", "step", "pause", "exception"),
    threadId: whole,
    allThreadsStopped: flag,
  }),
  continued: fields({ threadId: whole, allThreadsContinued: flag }),
};

/** What is wrong with the content of a `debug_reply` or `debug_event`. */
export function dapProblems({
  type,
  command,
  event,
  success,
  message,
  body,
}: Record<string, unknown>): string[] {
  if (type === "response" && success !== true) return text(message) ? [] : ["a failure without a message"];
  const name = String(type === "response" ? command : event);
  const check = (type === "response" ? BODIES : EVENTS)[name];
  if (check === undefined) return [`unknown: ${type} ${name}`];
  return check(body) ? [] : [`${name}: ${JSON.stringify(body)}`];
}
