// Locks on open files that the kernel takes back when their process ends, however it ends.
#pragma once

namespace sa {

enum class FileLock {
  kLocked = 0,
  // Another open file, of this process or another one, holds the lock.
  kBusy = 1,
  // The file system has no locks.
  kUnsupported = 2,
  // `fd` is not an open file that can be locked.
  kFailed = 3,
};

// Takes the exclusive lock of the file behind a descriptor, without waiting. It lasts until the descriptor is
// closed or the process ends. Descriptors that Node opens are not inherited by child processes, so no child
// can keep the lock. POSIX: flock, which Linux passes on to the server for files on NFS. Windows: LockFileEx
// of one byte far beyond the content, since it forbids others to read what it covers.
FileLock try_lock_file(int fd);

}  // namespace sa
