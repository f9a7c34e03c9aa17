// A file mapped read-only. The mapping is private to the process and lives as long as the object.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace sa {

class MappedFile {
 public:
  MappedFile() = default;
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  // Empty on success, else why not.
  std::string open(const std::string& path);
  const uint8_t* data() const { return data_; }
  size_t size() const { return size_; }
  // Pages that were read need not stay in this process's memory: the next access reads them again, from the
  // system's cache where they are still there.
  void drop_pages() const;

 private:
  const uint8_t* data_ = nullptr;
  size_t size_ = 0;
#if defined(_WIN32)
  void* mapping_ = nullptr;
#endif
};

}  // namespace sa
