// What goes into a module and comes out of it: tensors, also in arrays and plain records.

import { session } from "../tensor/session.js";
import { Tensor } from "../tensor/tensor.js";

/** True for arrays and plain records. */
export function isCollection(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  return Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
}

/** Says that user code now holds the tensors in `value`. */
export function handOut(value: unknown): void {
  if (value instanceof Tensor) session().escape(value.storage);
  else if (isCollection(value)) for (const item of Object.values(value)) handOut(item);
}

/** `value` with other tensors in the places of its own. */
export function mapTensors(value: unknown, map: (tensor: Tensor) => Tensor): unknown {
  if (value instanceof Tensor) return map(value);
  if (Array.isArray(value)) return value.map((item) => mapTensors(item, map));
  if (!isCollection(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapTensors(item, map)]));
}
