// How instances of a class show, instead of as their fields: as a text wherever values are printed, and in formats of a notebook.

interface Shown<T extends object> {
  readonly prototype: T;
}

/** console.log, and a notebook that is offered nothing else, show `describe` of an instance: its `toString()` if not given. */
export function printsAs<T extends object>(
  Class: Shown<T>,
  describe: (instance: T) => string = (instance) => instance.toString(),
): void {
  show(Class, "nodejs.util.inspect.custom", describe);
}

/** A notebook shows these formats of an instance, by their MIME types; nothing for undefined. */
export function displaysAs<T extends object>(
  Class: Shown<T>,
  formats: (instance: T) => Readonly<Record<string, unknown>> | undefined,
): void {
  show(Class, "Jupyter.display", formats);
}

function show<T extends object>(Class: Shown<T>, symbol: string, value: (instance: T) => unknown): void {
  Object.defineProperty(Class.prototype, Symbol.for(symbol), {
    value(this: T): unknown {
      return value(this);
    },
  });
}
