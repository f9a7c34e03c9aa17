// A file whose bytes are read when they are wanted. It is never mapped: whatever happens to a mapped file,
// truncation for example, reaches its readers as a signal that ends the process.
//
// The file is held open, so a new file renamed over its name changes nothing here. A file that is written or
// cut in place is noticed by verify(), with one exception: a change within the same tick of the file system's
// clock as the write before it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>

namespace sa {

// Where the bytes of tensors come from.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // Fills `to` with the bytes from `begin` on. Empty on success, else a sentence that says why not; what has
  // been read counts only after a verify() that follows. Any thread.
  virtual std::string read(uint64_t begin, size_t bytes, void* to) const = 0;
  // Empty as long as the bytes are those that were there at first, else a sentence.
  virtual std::string verify() const = 0;
};

// What tells one state of a file from another.
struct FileState {
  uint64_t device = 0, inode = 0, size = 0;
  int64_t modified_ns = 0;  // since 1970
  int64_t changed_ns = 0;   // 0 where the system has no such time
  uint64_t links = 0, mode = 0, user = 0, group = 0;
};

class SourceFile final : public ByteSource {
 public:
  SourceFile() = default;
  ~SourceFile() override;
  SourceFile(const SourceFile&) = delete;
  SourceFile& operator=(const SourceFile&) = delete;

  // Empty on success, else why not: also for anything but a regular file, and without waiting for one.
  std::string open(const std::string& path);
  const std::string& path() const { return path_; }
  const FileState& state() const { return state_; }

  std::string read(uint64_t begin, size_t bytes, void* to) const override;
  std::string verify() const override;

 private:
  std::string changed() const;

  std::string path_;
  mutable std::mutex mutex_;
  mutable FileState state_;
#if defined(_WIN32)
  void* file_ = nullptr;
#else
  int file_ = -1;
#endif
};

}  // namespace sa
