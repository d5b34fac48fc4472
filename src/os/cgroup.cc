// SPDX-License-Identifier: Apache-2.0
#include "os/cgroup.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <memory>

#include "os/error.h"
#include "os/proc_files.h"
#include "os/process.h"
#include "os/retry.h"

namespace stayd::os {
namespace {

struct Mount {
  std::string point;  ///< where
  std::string root;   ///< what of the cgroup tree is seen there
};

/// Spaces and the like are octal in mountinfo: "\040".
std::string unescaped(std::string_view text) {
  std::string plain;
  for (std::size_t n = 0; n < text.size(); ++n) {
    if (text[n] == '\\' && n + 3 < text.size()) {
      const int value = (text[n + 1] - '0') * 64 + (text[n + 2] - '0') * 8 + (text[n + 3] - '0');
      plain += static_cast<char>(value);
      n += 3;
    } else {
      plain += text[n];
    }
  }
  return plain;
}

std::string_view next_word(std::string_view& line) {
  const std::size_t end = line.find(' ');
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(end == std::string_view::npos ? line.size() : end + 1);
  return word;
}

/// Calls `take` with each line of `text` until it returns true.
template <typename Take>
void each_line(std::string_view text, Take take) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (take(text.substr(0, end))) return;
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
}

/// proc(5), /proc/PID/mountinfo: number, parent, device, root, point, options, fields - type ...
Mount find_mount() {
  Mount mount;
  const Result<std::string> table = read_proc_file(0, "mountinfo", 4u << 20);
  if (!table) return mount;
  each_line(*table, [&](std::string_view line) {
    if (line.find(" - cgroup2 ") == std::string_view::npos) return false;
    for (int skipped = 0; skipped < 3; ++skipped) next_word(line);
    mount.root = unescaped(next_word(line));
    mount.point = unescaped(next_word(line));
    return true;
  });
  return mount;
}

/// The value of `key` in a flat keyed file ("populated 1"); -1 if there is none.
int flag_in(FdView folder, const char* file, std::string_view key) {
  int value = -1;
  const Result<std::string> content = read_small_file(folder, file, 4096);
  if (!content) return value;
  each_line(*content, [&](std::string_view line) {
    if (next_word(line) != key) return false;
    value = static_cast<int>(leading_number(line));
    return true;
  });
  return value;
}

void append_processes(const Cgroup& cgroup, std::vector<std::int32_t>& found) {
  const Result<std::string> content = read_small_file(cgroup.fd(), "cgroup.procs", 16u << 20);
  if (!content) return;
  each_line(*content, [&](std::string_view line) {
    const auto pid = static_cast<std::int32_t>(leading_number(line));
    if (pid > 0) found.push_back(pid);  // 0: of a PID namespace that is not ours, or dying
    return false;
  });
}

/// Kernels before 5.14: one by one, frozen so that none can fork meanwhile.
Status kill_each(const Cgroup& cgroup) {
  (void)cgroup.freeze(true);
  Status status;
  for (const std::int32_t pid : cgroup.processes()) {
    const Result<Fd> process = open_process(pid);
    if (!process) continue;
    const std::vector<std::int32_t> still = cgroup.processes();
    if (std::ranges::find(still, pid) == still.end()) continue;
    if (Status sent = send_signal(process->view(), SIGKILL); !sent && sent.error().number != ESRCH)
      status = std::move(sent);
  }
  (void)cgroup.freeze(false);
  return status;
}

Result<Fd> open_events(FdView folder, const std::string& child) {
  const std::string name = child + "/cgroup.events";
  Fd events(retry([&] { return ::openat(folder.number(), name.c_str(), O_RDONLY | O_CLOEXEC); }));
  if (!events.valid()) return last_error("cannot open " + name);
  return events;
}

Result<bool> read_populated(FdView events) {
  std::array<char, 256> content;
  const ssize_t size =
      retry([&] { return ::pread(events.number(), content.data(), content.size(), 0); });
  if (size < 0) return last_error("cannot read cgroup.events");
  return std::string_view(content.data(), static_cast<std::size_t>(size)).find("populated 1") !=
         std::string_view::npos;
}

bool is_gone(const Result<bool>& populated) {
  return !populated && (populated.error().number == ENOENT || populated.error().number == ENODEV);
}

std::optional<bool> as_far_as_told(const Result<bool>& populated) {
  if (populated) return *populated;
  return is_gone(populated) ? std::optional(false) : std::nullopt;
}

}  // namespace

std::string cgroup_mount() { return find_mount().point; }

Result<Cgroup> Cgroup::own() {
  const Mount mount = find_mount();
  if (mount.point.empty()) return failure(ENOENT, "cgroup v2 is not mounted");
  const std::string path = TRY(cgroup_of(0));
  std::string_view below = path;
  if (mount.root != "/") {
    if (!below.starts_with(mount.root))
      return failure(ENOENT,
                     "our cgroup " + path + " is outside of what is mounted at " + mount.point);
    below.remove_prefix(mount.root.size());
  }
  if (below.starts_with("/.."))
    return failure(ENOENT, "our cgroup " + path + " is outside of our cgroup namespace");
  if (below == "/") below = {};
  return open(mount.point + std::string(below));
}

Result<Cgroup> Cgroup::open(const std::string& path) {
  Fd fd(retry([&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
  if (!fd.valid()) return last_error("cannot open the cgroup " + path);
  struct statfs status{};
  if (fstatfs(fd.number(), &status) != 0 || status.f_type != CGROUP2_SUPER_MAGIC)
    return failure(EINVAL, path + " is not a folder of cgroup v2");
  return Cgroup(std::move(fd), path);
}

Result<Cgroup> Cgroup::create_child(const std::string& name, std::uint32_t mode) const {
  if (::mkdirat(fd_.number(), name.c_str(), mode) != 0 && errno != EEXIST)
    return last_error("cannot make the cgroup " + path_ + "/" + name);
  return open_child(name);
}

Result<Cgroup> Cgroup::open_child(const std::string& name) const {
  const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  Fd fd(retry([&] { return ::openat(fd_.number(), name.c_str(), flags); }));
  if (!fd.valid()) return last_error("cannot open the cgroup " + path_ + "/" + name);
  return Cgroup(std::move(fd), path_ + "/" + name);
}

Status Cgroup::remove_child(const std::string& name) const {
  if (::unlinkat(fd_.number(), name.c_str(), AT_REMOVEDIR) != 0 && errno != ENOENT)
    return last_error("cannot remove the cgroup " + path_ + "/" + name);
  return {};
}

Status Cgroup::remove_child_tree(const std::string& name) const {
  const Result<Cgroup> child = open_child(name);
  if (!child) {
    if (child.error().number == ENOENT) return {};
    return std::unexpected(child.error());
  }
  for (const std::string& grandchild : child->children()) TRY(child->remove_child_tree(grandchild));
  return remove_child(name);
}

std::vector<std::string> Cgroup::children() const {
  std::vector<std::string> names;
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(
      [&]() -> DIR* {
        const int copy = ::openat(fd_.number(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        return copy < 0 ? nullptr : ::fdopendir(copy);
      }(),
      ::closedir);
  if (!folder) return names;
  while (const dirent* entry = ::readdir(folder.get()))
    if (entry->d_type == DT_DIR && entry->d_name[0] != '.') names.emplace_back(entry->d_name);
  return names;
}

bool Cgroup::populated() const { return is_populated(".") == true; }

std::optional<bool> Cgroup::is_populated(const std::string& child) const {
  const auto look = [&]() -> Result<bool> {
    const Fd events = TRY(open_events(fd(), child));
    return read_populated(events.view());
  };
  return as_far_as_told(look());
}

RecentChildren::Entry& RecentChildren::entry_of(const std::string& child) {
  for (Entry& entry : entries_)
    if (entry.child == child) return entry;
  Entry& replaced = entries_[next_++ % entries_.size()];
  replaced = {.child = child, .folder = {}, .events = {}};
  return replaced;
}

std::optional<bool> RecentChildren::is_populated(const Cgroup& parent, const std::string& child) {
  if (entries_.empty()) return parent.is_populated(child);
  Entry& entry = entry_of(child);
  const auto look = [&]() -> Result<bool> {
    if (!entry.events.valid()) entry.events = TRY(open_events(parent.fd(), child));
    return read_populated(entry.events.view());
  };
  const Result<bool> populated = look();
  if (is_gone(populated)) entry = {};
  return as_far_as_told(populated);
}

Result<std::shared_ptr<const Cgroup>> RecentChildren::open(const Cgroup& parent,
                                                           const std::string& child) {
  if (entries_.empty()) return std::make_shared<const Cgroup>(TRY(parent.open_child(child)));
  Entry& entry = entry_of(child);
  if (!entry.folder) entry.folder = std::make_shared<const Cgroup>(TRY(parent.open_child(child)));
  return entry.folder;
}

void RecentChildren::forget(const std::string& child) {
  for (Entry& entry : entries_)
    if (entry.child == child) entry = {};
}

bool Cgroup::frozen() const { return flag_in(fd(), "cgroup.events", "frozen") == 1; }

Status Cgroup::freeze(bool on) const {
  return write_small_file(fd(), "cgroup.freeze", on ? "1" : "0");
}

Status Cgroup::kill_all() const {
  Status status = write_small_file(fd(), "cgroup.kill", "1");
  if (status || status.error().number != ENOENT || !populated()) return status;
  return kill_each(*this);
}

std::vector<std::int32_t> Cgroup::processes() const {
  std::vector<std::int32_t> found;
  append_processes(*this, found);
  for (const std::string& name : children()) {
    const Result<Cgroup> child = open_child(name);
    if (!child) continue;
    const std::vector<std::int32_t> below = child->processes();
    found.insert(found.end(), below.begin(), below.end());
  }
  return found;
}

Status Cgroup::move_in(std::int32_t pid) const {
  return write_small_file(fd(), "cgroup.procs", std::to_string(pid));
}

Result<std::string> Cgroup::read(const char* file) const { return read_small_file(fd(), file); }

Result<std::string> Cgroup::read(const std::string& child, const char* file) const {
  return read_small_file(fd(), (child + "/" + file).c_str());
}

bool Cgroup::lock() const {
  return retry([&] { return ::flock(fd_.number(), LOCK_EX | LOCK_NB); }) == 0 ||
         errno != EWOULDBLOCK;
}

std::uint64_t Cgroup::id() const {
  struct stat status{};
  return ::fstat(fd_.number(), &status) == 0 ? status.st_ino : 0;
}

}  // namespace stayd::os
