/**
 * TensorFlow.js, imported in one place: the program's own copy (a peer dependency), so that tensors, backends and
 * registered classes are shared with it. Both packages are CommonJS, whose names Node finds by itself.
 */
export * as tf from '@tensorflow/tfjs-core';
export * as tfl from '@tensorflow/tfjs-layers';
