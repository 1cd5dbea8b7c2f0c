// The Jupyter message schema (protocol 5.5, jupyter_client's "Messaging in Jupyter"), as far as this kernel speaks it: the fields
// each message must have, with their types. Written from the specification, not from the kernel.

export type Check = (value: unknown) => boolean;

export const text: Check = (value) => typeof value === "string";
export const whole: Check = (value) => Number.isInteger(value);
export const flag: Check = (value) => typeof value === "boolean";
export const object: Check = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
export const listOf =
  (item: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(item);
export const oneOf =
  (...values: unknown[]): Check =>
  (value) =>
    values.includes(value);
export const fields =
  (expected: Record<string, Check>): Check =>
  (value) =>
    object(value) &&
    Object.entries(expected).every(([name, check]) => check((value as Record<string, unknown>)[name]));
const mimeData: Check = (value) =>
  object(value) && Object.keys(value as object).every((type) => /^[\w.+-]+\/[\w.+-]+$/.test(type));

const error = { ename: text, evalue: text, traceback: listOf(text) };
const display = { data: mimeData, metadata: object, transient: object };

const CONTENT: Record<string, Record<string, Check>> = {
  status: { execution_state: oneOf("busy", "idle", "starting") },
  stream: { name: oneOf("stdout", "stderr"), text },
  execute_input: { code: text, execution_count: whole },
  execute_result: { ...display, execution_count: whole },
  display_data: display,
  update_display_data: { ...display, transient: fields({ display_id: text }) },
  clear_output: { wait: flag },
  error,
  comm_open: { comm_id: text, target_name: text, data: object },
  comm_msg: { comm_id: text, data: object },
  comm_close: { comm_id: text, data: object },
  iopub_welcome: { subscription: text },
  input_request: { prompt: text, password: flag },
  kernel_info_reply: {
    status: oneOf("ok"),
    protocol_version: (value) => text(value) && /^5\.\d+$/.test(value as string),
    implementation: text,
    implementation_version: text,
    language_info: fields({ name: text, version: text, mimetype: text, file_extension: text }),
    banner: text,
    help_links: listOf(fields({ text, url: text })),
    supported_features: listOf(text),
  },
  is_complete_reply: { status: oneOf("complete", "incomplete", "invalid", "unknown") },
  history_reply: { status: oneOf("ok"), history: (value) => Array.isArray(value) },
  comm_info_reply: { status: oneOf("ok"), comms: object },
  interrupt_reply: { status: oneOf("ok") },
  debug_reply: {
    type: oneOf("response"),
    seq: whole,
    request_seq: whole,
    success: flag,
    command: text,
    body: object,
  },
  debug_event: { type: oneOf("event"), seq: whole, event: text, body: object },
  shutdown_reply: { status: oneOf("ok"), restart: flag },
};

/** Replies whose fields depend on their status. */
const BY_STATUS: Record<string, Record<string, Record<string, Check>>> = {
  execute_reply: {
    ok: { execution_count: whole, user_expressions: object, payload: (value) => Array.isArray(value) },
    error: { execution_count: whole, ...error },
    aborted: {},
  },
  complete_reply: {
    ok: { matches: listOf(text), cursor_start: whole, cursor_end: whole, metadata: object },
    error,
  },
  create_subshell_reply: { ok: { subshell_id: text } },
  delete_subshell_reply: { ok: {}, error },
  list_subshell_reply: { ok: { subshell_id: listOf(text) } },
  inspect_reply: { ok: { found: flag, data: object, metadata: object }, error },
};

const HEADER: Record<string, Check> = {
  msg_id: (value) => text(value) && value !== "",
  msg_type: text,
  session: (value) => text(value) && value !== "",
  username: text,
  date: (value) => text(value) && !Number.isNaN(Date.parse(value as string)),
  version: (value) => text(value) && /^5\.\d+$/.test(value as string),
};

export interface AnyMessage {
  readonly header: Record<string, unknown>;
  readonly parent_header: Record<string, unknown>;
  readonly metadata: Record<string, unknown>;
  readonly content: Record<string, unknown>;
}

/** What is wrong with a message; nothing if it follows the schema. */
export function schemaProblems({ header, parent_header, metadata, content }: AnyMessage): string[] {
  const type = String(header.msg_type);
  const problems = wrongFields("header", header, HEADER);
  if (Object.keys(parent_header).length > 0) problems.push(...wrongFields("parent", parent_header, HEADER));
  if (!object(metadata)) problems.push("metadata is no object");
  const status = String(content.status);
  const expected = CONTENT[type] ?? BY_STATUS[type]?.[status];
  if (expected === undefined) problems.push(`unknown message type or status: ${type} ${status}`);
  return [...problems, ...wrongFields(type, content, expected ?? {})];
}

function wrongFields(
  where: string,
  value: Record<string, unknown>,
  expected: Record<string, Check>,
): string[] {
  return Object.entries(expected)
    .filter(([name, check]) => !check(value[name]))
    .map(([name]) => `${where}.${name} is ${JSON.stringify(value[name])}`);
}
