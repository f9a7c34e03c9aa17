#include "runtime/file_lock.h"

#if defined(_WIN32)
#define NOMINMAX
#include <windows.h>
#else
#include <sys/file.h>

#include <cerrno>
#endif

namespace sa {

#if defined(_WIN32)

namespace {

using OsHandle = HANDLE (*)(int fd);

// The table of descriptors belongs to the C library inside of the host, so only the host's libuv can look
// into it. Looked up by name: hosts other than Node have Node-API, but may have no libuv.
OsHandle find_os_handle() {
  const wchar_t* const modules[] = {nullptr, L"libnode.dll", L"node.dll"};
  for (const wchar_t* module : modules) {
    const HMODULE host = GetModuleHandleW(module);
    FARPROC found = host == nullptr ? nullptr : GetProcAddress(host, "uv_get_osfhandle");
    if (found != nullptr) return reinterpret_cast<OsHandle>(reinterpret_cast<void*>(found));
  }
  return nullptr;
}

}  // namespace

FileLock try_lock_file(int fd) {
  static const OsHandle os_handle = find_os_handle();
  if (os_handle == nullptr) return FileLock::kUnsupported;
  HANDLE file = os_handle(fd);
  if (file == INVALID_HANDLE_VALUE) return FileLock::kFailed;
  OVERLAPPED place = {};
  place.OffsetHigh = 0x40000000;
  if (LockFileEx(file, LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &place) != 0)
    return FileLock::kLocked;
  switch (GetLastError()) {
    case ERROR_LOCK_VIOLATION:
    case ERROR_IO_PENDING:
      return FileLock::kBusy;
    case ERROR_INVALID_FUNCTION:
    case ERROR_NOT_SUPPORTED:
      return FileLock::kUnsupported;
    default:
      return FileLock::kFailed;
  }
}

#else

FileLock try_lock_file(int fd) {
  int status;
  do {
    status = flock(fd, LOCK_EX | LOCK_NB);
  } while (status != 0 && errno == EINTR);
  if (status == 0) return FileLock::kLocked;
  switch (errno) {
    case EWOULDBLOCK:
      return FileLock::kBusy;
    case ENOLCK:
    case ENOSYS:
    case EINVAL:
    case EOPNOTSUPP:
#if ENOTSUP != EOPNOTSUPP
    case ENOTSUP:
#endif
      return FileLock::kUnsupported;
    default:
      return FileLock::kFailed;
  }
}

#endif

}  // namespace sa
