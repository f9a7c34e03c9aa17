/**
 * `tensor[0]`: a class whose prototype chain ends in a proxy. Only names that neither the object nor its classes
 * have reach the proxy, so that `tensor.data` in a loop costs what any property costs.
 */

interface Rows {
  row(index: number): unknown;
}

const last = new Proxy(
  {},
  {
    get(target, key, receiver) {
      if (typeof key === 'string' && /^-?\d+$/.test(key)) return (receiver as Rows).row(Number(key));
      return Reflect.get(target, key, receiver) as unknown;
    },
  },
);

function IndexedObject(): void {}
IndexedObject.prototype = Object.create(last) as object;

export const Indexed = IndexedObject as unknown as new () => object;
