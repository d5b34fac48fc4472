// SPDX-License-Identifier: Apache-2.0
#include "app/cli/lock.h"

#include <array>
#include <cerrno>
#include <string_view>

#include "base/text.h"
#include "os/clock.h"
#include "os/file_bytes.h"
#include "os/files.h"
#include "os/process.h"
#include "os/splice.h"

namespace stayd::app {
namespace {

constexpr std::uint32_t folder_mode = 0711;
constexpr std::uint32_t parent_mode = 0755;
constexpr std::uint32_t lock_mode = 0600;
constexpr std::uint32_t writable_by_others = 0022;
constexpr int most_races = 100;
constexpr Duration between_tries = milliseconds(20);

std::string lock_path(const std::string& runtime_dir) { return runtime_dir + "/lock"; }

/// A keeper removes the file under its lock when it ends: a description of a file that no longer
/// has its name locks nothing.
bool still_has_its_name(os::FdView lock, const std::string& path) {
  const auto here = os::status_of(lock);
  const auto there = os::status_of_path(path);
  return here && there && here->inode == there->inode && here->device == there->device;
}

std::string holder_of(os::FdView lock) {
  std::array<char, 64> text{};
  const auto got = os::read_at(lock, 0, text);
  const std::string_view words(text.data(), got.ok() ? got.bytes : 0);
  const auto space = words.find(' ');
  const auto end = words.find('\n');
  if (space == std::string_view::npos || end == std::string_view::npos) return {};
  const auto since = parse_integer(words.substr(space + 1, end - space - 1), 0, INT64_MAX);
  if (!since) return {};
  std::string at = format_rfc3339({*since / 1'000'000'000 * 1'000'000'000});
  if (const auto dot = at.find('.'); dot != std::string::npos) at.replace(dot, at.size(), "Z");
  return " (pid " + std::string(words.substr(0, space)) + ", since " + at + ")";
}

/// Locked; or EBUSY; or EAGAIN, ENOENT: a keeper that ended has just taken the file, or the folder
/// too, away under our hands.
Result<os::Fd> try_once(const std::string& runtime_dir) {
  TRY(make_runtime_folder(runtime_dir));
  const std::string path = lock_path(runtime_dir);
  os::Fd file = TRY(os::open_file(path, os::OpenFor::read_write_create, lock_mode));
  if (!TRY(os::try_lock(file.view())).held) {
    return failure(EBUSY, "already running" + holder_of(file.view()));
  }
  if (!still_has_its_name(file.view(), path)) return failure(EAGAIN, "the lock has just gone");
  return file;
}

}  // namespace

Status make_runtime_folder(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash != std::string::npos && slash > 0) {
    TRY(os::make_folders(path.substr(0, slash), parent_mode));
  }
  if (!os::exists(path)) TRY(os::make_folders(path, folder_mode));
  const auto folder = TRY(os::open_folder(path));
  const auto status = TRY(os::status_of(folder.view()));
  if (status.uid != os::own_uid()) {
    return failure("the runtime folder " + path + " belongs to uid " + std::to_string(status.uid) +
                   ", not to us; choose another runtime-dir");
  }
  if ((status.mode & writable_by_others) != 0) {
    return failure("others can write to the runtime folder " + path + "; chmod go-w " + path);
  }
  return {};
}

Result<os::Fd> take_lock(const std::string& runtime_dir, Duration patience) {
  const Instant give_up = os::now() + patience;
  for (int races = 0;;) {
    auto lock = try_once(runtime_dir);
    if (lock) return lock;
    const int number = lock.error().number;
    if (number == EBUSY) {
      if (os::now() >= give_up) return lock;
      os::nap(between_tries);
      continue;
    }
    if ((number != EAGAIN && number != ENOENT) || ++races > most_races) return lock;
  }
}

void name_holder(os::FdView lock, std::int32_t pid, WallTime since) {
  const std::string text = std::to_string(pid) + " " + std::to_string(since.ns) + "\n";
  if (os::set_file_size(lock, 0) == 0) (void)os::write_at(lock, 0, text);
}

}  // namespace stayd::app
