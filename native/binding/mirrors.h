// Memory that an asynchronous operation works on in place of the caller's arrays.
//
// JavaScript may write to an array while the operation runs, transfer its buffer to another thread, or let it
// be collected, and Node-API has no means to forbid it. So what the operation reads is copied on the
// JavaScript thread before the call returns, and what it writes goes to memory of its own, which is copied to
// the caller's array when it has ended. Arrays that nobody but this package can reach (the list of own
// arrays) are used where they are.
//
// Relations between arrays stay as they were: what lies inside of an output of an earlier operation of a
// batch is read there.
#pragma once

#include "binding/node_api.h"

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "runtime/workspace.h"

namespace sa {

class Mirrors {
 public:
  Mirrors() = default;
  ~Mirrors();
  Mirrors(const Mirrors&) = delete;
  Mirrors& operator=(const Mirrors&) = delete;

  // Reads the list of own arrays; anything else means that there are none. The list is held until release().
  void own(Napi::Env env, Napi::Value list);

  struct Place {
    void* data = nullptr;  // null when there is none
    const char* shares_with =
        nullptr;  // the output that it would share some of its memory with; else no memory
  };
  // Where the operation reads what lies in the `bytes` bytes from `origin`.
  Place read(const void* origin, size_t bytes);
  // Where it writes instead of to `array`, whose memory this is. `name` is a literal.
  Place write(void* origin, size_t bytes, Napi::Value array, const char* name);
  // What follows belongs to the next operation of a batch.
  void next_operation() { ++operation_; }

  // Writes what was computed into the caller's arrays. Says what is wrong when one of them is not there any
  // more; then none is written.
  std::string copy_back(napi_env env);
  // Gives up the arrays; to be called on the JavaScript thread.
  void release(napi_env env);

  // Bytes that all operations of the process hold now.
  static size_t total_bytes();

 private:
  struct Range {
    const char* begin;
    const char* end;
    bool contains(const Range& other) const { return begin <= other.begin && other.end <= end; }
    bool overlaps(const Range& other) const { return begin < other.end && other.begin < end; }
  };
  struct Input {
    Range origin;
    char* copy;
  };
  struct Output {
    Range origin;
    char* copy;
    int operation;
    const char* name;
    napi_ref array;
  };

  bool is_own(const Range& range) const;
  char* allocate(size_t bytes);

  std::vector<Range> own_;
  std::vector<Input> inputs_;
  std::vector<Output> outputs_;
  std::vector<std::unique_ptr<Workspace>> memory_;
  char* chunk_ = nullptr;  // what is left of the last chunk for small arrays
  size_t chunk_bytes_ = 0;
  size_t bytes_ = 0;
  int operation_ = 0;
  napi_ref own_list_ = nullptr;
};

}  // namespace sa
