// SPDX-License-Identifier: Apache-2.0
// cgroup v2 (Documentation/admin-guide/cgroup-v2.rst), through directories held open.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "os/fd.h"

namespace stayd::os {

/// Where cgroup v2 is mounted, from /proc/self/mountinfo; empty if nowhere.
std::string cgroup_mount();

/// A directory of the cgroup tree.
class Cgroup {
 public:
  /// Our own process's cgroup; an Error says why there is none to be had.
  static Result<Cgroup> own();
  static Result<Cgroup> open(const std::string& path);
  Cgroup() = default;

  /// mkdir + open below this one; an existing one is opened.
  Result<Cgroup> create_child(const std::string& name, std::uint32_t mode = 0755) const;
  Result<Cgroup> open_child(const std::string& name) const;
  /// rmdir of an empty child; ENOENT is success, EBUSY an Error with that number.
  Status remove_child(const std::string& name) const;
  /// rmdir of the child's whole subtree, deepest first.
  Status remove_child_tree(const std::string& name) const;
  [[nodiscard]] std::vector<std::string> children() const;

  /// cgroup.events: populated. ENODEV, ENOENT (removed) are false.
  [[nodiscard]] bool populated() const;
  /// populated() of a child by its name; none if it cannot be told.
  [[nodiscard]] std::optional<bool> is_populated(const std::string& child) const;
  /// read() of a child's file.
  [[nodiscard]] Result<std::string> read(const std::string& child, const char* file) const;
  [[nodiscard]] bool frozen() const;
  /// cgroup.freeze.
  Status freeze(bool on) const;
  /// cgroup.kill (kernel 5.14): SIGKILL to all of the subtree; a frozen one dies too.
  Status kill_all() const;
  /// Pids in cgroup.procs of the subtree, without the 0 of foreign pid namespaces.
  [[nodiscard]] std::vector<std::int32_t> processes() const;
  /// cgroup.procs: 0 is the writer itself.
  Status move_in(std::int32_t pid) const;
  /// Content of a file such as "memory.current"; an Error where there is no such controller.
  [[nodiscard]] Result<std::string> read(const char* file) const;
  /// flock(2), exclusive: it goes with the open file description, whoever holds copies of that.
  /// False: another one has it. Where cgroups cannot be locked, everybody has it.
  [[nodiscard]] bool lock() const;
  /// cgroup id as in PIDFD_GET_INFO: inode of the directory.
  [[nodiscard]] std::uint64_t id() const;

  [[nodiscard]] FdView fd() const { return fd_.view(); }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] bool valid() const { return fd_.valid(); }

 private:
  Cgroup(Fd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}
  Fd fd_;
  std::string path_;  ///< absolute, with the mount
};

/// A few children of always the same cgroup, kept open with their cgroup.events: to open takes
/// several times as long as to read, or to be born there.
class RecentChildren {
 public:
  /// At most so many; none: each is opened when it is asked for.
  explicit RecentChildren(std::size_t most = 0) : entries_(most) {}
  /// Cgroup::is_populated() of a child.
  std::optional<bool> is_populated(const Cgroup& parent, const std::string& child);
  /// Cgroup::open_child(). It may have been removed since: nothing can be born in it then.
  Result<std::shared_ptr<const Cgroup>> open(const Cgroup& parent, const std::string& child);
  /// To be called before it is removed: an open file keeps the kernel's part of it in memory.
  void forget(const std::string& child);

 private:
  struct Entry {
    std::string child;
    std::shared_ptr<const Cgroup> folder;
    Fd events;
  };
  Entry& entry_of(const std::string& child);

  std::vector<Entry> entries_;
  std::size_t next_ = 0;  ///< to be replaced
};

/// One inotify descriptor that watches cgroup.events of those where something is left.
class CgroupWatch {
 public:
  static Result<CgroupWatch> create();
  /// Returns the number to be told by next(); one watch a cgroup.
  Result<std::int32_t> watch(const Cgroup& cgroup);
  void forget(std::int32_t watch);
  /// The next watch whose cgroup.events changed, or none.
  std::optional<std::int32_t> next();
  [[nodiscard]] FdView fd() const { return fd_.view(); }

 private:
  explicit CgroupWatch(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
  std::vector<std::int32_t> pending_;
};

}  // namespace stayd::os
