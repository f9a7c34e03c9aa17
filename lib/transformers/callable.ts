/** Objects that are called like functions, as the pipelines of transformers.js are. */

export abstract class Callable {
  constructor() {
    // biome-ignore lint/suspicious/noExplicitAny: each class declares its own call
    const call = (...args: any[]): unknown => (call as unknown as Callable)._call(...args);
    // biome-ignore lint/correctness/noConstructorReturn: the function takes the place of the object
    return Object.setPrototypeOf(call, new.target.prototype) as Callable;
  }

  // biome-ignore lint/suspicious/noExplicitAny: each class declares its own call
  abstract _call(...args: any[]): unknown;
}
