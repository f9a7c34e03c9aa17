#include "runtime/source_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#if defined(_WIN32)
#define NOMINMAX
#include <windows.h>
#else
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

namespace sa {

namespace {

// Systems refuse a single read of 2 GiB or more.
constexpr size_t kLargestRead = size_t{1} << 30;

#if defined(_WIN32)

constexpr int64_t kTicksTo1970 = 116444736000000000;

bool state_of(HANDLE file, FileState* out) {
  BY_HANDLE_FILE_INFORMATION info;
  if (GetFileInformationByHandle(file, &info) == 0) return false;
  out->device = info.dwVolumeSerialNumber;
  out->inode = uint64_t{info.nFileIndexHigh} << 32 | info.nFileIndexLow;
  out->size = uint64_t{info.nFileSizeHigh} << 32 | info.nFileSizeLow;
  const FILETIME& time = info.ftLastWriteTime;
  const int64_t ticks = static_cast<int64_t>(uint64_t{time.dwHighDateTime} << 32 | time.dwLowDateTime);
  out->modified_ns = (ticks - kTicksTo1970) * 100;
  return true;
}

#else

FileState state_from(const struct stat& info) {
  FileState out;
  out.device = static_cast<uint64_t>(info.st_dev);
  out.inode = static_cast<uint64_t>(info.st_ino);
  out.size = static_cast<uint64_t>(info.st_size);
  out.links = static_cast<uint64_t>(info.st_nlink);
  out.mode = static_cast<uint64_t>(info.st_mode);
  out.user = static_cast<uint64_t>(info.st_uid);
  out.group = static_cast<uint64_t>(info.st_gid);
#if defined(__APPLE__)
  const struct timespec &modified = info.st_mtimespec, &changed = info.st_ctimespec;
#else
  const struct timespec &modified = info.st_mtim, &changed = info.st_ctim;
#endif
  out.modified_ns = static_cast<int64_t>(modified.tv_sec) * 1000000000 + modified.tv_nsec;
  out.changed_ns = static_cast<int64_t>(changed.tv_sec) * 1000000000 + changed.tv_nsec;
  return out;
}

#endif

}  // namespace

std::string SourceFile::changed() const {
  return path_ + " was changed while the model was in use; load the model again";
}

#if defined(_WIN32)

std::string SourceFile::open(const std::string& path) {
  path_ = path;
  const int length = MultiByteToWideChar(CP_UTF8, 0, path.c_str(), -1, nullptr, 0);
  std::wstring wide(static_cast<size_t>(length), L'\0');
  MultiByteToWideChar(CP_UTF8, 0, path.c_str(), -1, &wide[0], length);
  // Nobody can write to the file as long as it is open here; renaming and deleting it is allowed.
  HANDLE file = CreateFileW(wide.c_str(), GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE, nullptr,
                            OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, nullptr);
  if (file == INVALID_HANDLE_VALUE) return "a file that cannot be opened";
  file_ = file;
  if (GetFileType(file) != FILE_TYPE_DISK) return "something other than a regular file";
  if (!state_of(file, &state_)) return "a file without a size";
  return state_.size > 0 ? "" : "an empty file";
}

SourceFile::~SourceFile() {
  if (file_ != nullptr) CloseHandle(file_);
}

std::string SourceFile::read(uint64_t begin, size_t bytes, void* to) const {
  uint8_t* out = static_cast<uint8_t*>(to);
  while (bytes > 0) {
    OVERLAPPED at = {};
    at.Offset = static_cast<DWORD>(begin);
    at.OffsetHigh = static_cast<DWORD>(begin >> 32);
    DWORD done = 0;
    const DWORD wanted = static_cast<DWORD>(std::min(bytes, kLargestRead));
    if (ReadFile(file_, out, wanted, &done, &at) == 0 && GetLastError() != ERROR_HANDLE_EOF) {
      return path_ + " can no longer be read: error " + std::to_string(GetLastError());
    }
    if (done == 0) return changed();
    out += done;
    begin += done;
    bytes -= done;
  }
  return "";
}

std::string SourceFile::verify() const {
  FileState now;
  if (!state_of(file_, &now)) return path_ + " can no longer be read";
  const std::lock_guard<std::mutex> lock(mutex_);
  return now.size == state_.size && now.modified_ns == state_.modified_ns ? "" : changed();
}

#else

std::string SourceFile::open(const std::string& path) {
  path_ = path;
  // Without O_NONBLOCK the open of a pipe that nobody writes to would wait for ever.
  file_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (file_ < 0) return std::strerror(errno);
  struct stat info;
  if (fstat(file_, &info) != 0) return std::strerror(errno);
  if (!S_ISREG(info.st_mode)) return "something other than a regular file";
  state_ = state_from(info);
  return state_.size > 0 ? "" : "an empty file";
}

SourceFile::~SourceFile() {
  if (file_ >= 0) ::close(file_);
}

std::string SourceFile::read(uint64_t begin, size_t bytes, void* to) const {
  uint8_t* out = static_cast<uint8_t*>(to);
  while (bytes > 0) {
    const ssize_t done = pread(file_, out, std::min(bytes, kLargestRead), static_cast<off_t>(begin));
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return path_ + " can no longer be read: " + std::strerror(errno);
    if (done == 0) return changed();
    out += done;
    begin += static_cast<uint64_t>(done);
    bytes -= static_cast<size_t>(done);
  }
  return "";
}

std::string SourceFile::verify() const {
  struct stat info;
  if (fstat(file_, &info) != 0) return path_ + " can no longer be read: " + std::strerror(errno);
  const FileState now = state_from(info);
  const std::lock_guard<std::mutex> lock(mutex_);
  if (now.size != state_.size || now.modified_ns != state_.modified_ns) return changed();
  if (now.changed_ns == state_.changed_ns) return "";
  // Only the time of the last change to anything differs. Another name, link, owner or mode explains it;
  // otherwise the file was written and its time of modification put back.
  struct stat named;
  const bool renamed =
      stat(path_.c_str(), &named) != 0 || named.st_ino != info.st_ino || named.st_dev != info.st_dev;
  const bool explained = renamed || now.links != state_.links || now.mode != state_.mode ||
                         now.user != state_.user || now.group != state_.group;
  if (!explained) return changed();
  state_ = now;
  return "";
}

#endif

}  // namespace sa
