// The 8-bit kernels once more, for CPUs of a tier that have a better instruction for them. Included inside of
// a namespace of its own, after the tier's primitives.
#include "simd/math.h"
#include "kernels/matmul/tiling.inl.h"
#include "kernels/matmul/epilogue.inl.h"
#include "kernels/int8/int8.inl.h"

// The tier's table with these in place of its own.
static KernelSet with_int8_kernels(KernelSet set) {
  set.int8_method = kInt8Method;
  set.int8_rows = kInt8Rows;
  set.int8_packed_size = int8_packed_size;
  set.int8_pack = int8_pack;
  set.int8_quantize_rows = int8_quantize_rows;
  set.int8_block = int8_block;
  return set;
}
