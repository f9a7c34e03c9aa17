/**
 * Jest's environment for Node, with globals of the language as constants.
 *
 * The global object of a test is one of node:vm, which asks a callback in C++ whenever a global name is used: a loop
 * that calls Math.imul takes a hundred times as long as outside of Jest. A constant of a script hides the property of
 * the same name and is as fast as any variable. RegExp and Date, which tests replace, stay properties.
 */
import { Script } from 'node:vm';
import { TestEnvironment } from 'jest-environment-node';

const CONSTANT = `
  Array ArrayBuffer BigInt BigInt64Array BigUint64Array Boolean DataView Float32Array Float64Array Int16Array Int32Array
  Int8Array JSON Map Math Number Object Promise Set String Symbol Uint16Array Uint32Array Uint8Array Uint8ClampedArray
  WeakMap`;

export default class extends TestEnvironment {
  async setup() {
    await super.setup();
    const names = CONSTANT.trim().split(/\s+/);
    new Script(names.map((name) => `const ${name} = globalThis.${name};`).join('\n')).runInContext(
      this.getVmContext(),
    );
  }
}
