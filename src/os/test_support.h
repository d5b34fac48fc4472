// SPDX-License-Identifier: Apache-2.0
// What unit tests of os/ share.
#pragma once

#include <fcntl.h>
#include <sys/resource.h>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "os/fd.h"
#include "os/files.h"

namespace stayd::os {

/// Whether an address sanitizer is at work: its allocator keeps what was freed, and
/// does not bear limits of memory.
#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool is_sanitized = true;
#elif defined(__has_feature)
inline constexpr bool is_sanitized = __has_feature(address_sanitizer);
#else
inline constexpr bool is_sanitized = false;
#endif

/// An empty folder, removed with all that is in it.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    const std::string base = environment("TMPDIR");
    path_ = (base.empty() ? "/tmp" : base) + "/stayd-test-XXXXXX";
    if (::mkdtemp(path_.data()) == nullptr) path_.clear();
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

/// A terminal: what is written to its end is read from the controller.
struct Terminal {
  Fd controller;
  Fd end;
  static Terminal open() {
    Terminal made;
    made.controller = Fd(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
    ::grantpt(made.controller.number());
    ::unlockpt(made.controller.number());
    made.end = Fd(::open(::ptsname(made.controller.number()), O_RDWR | O_NOCTTY | O_CLOEXEC));
    return made;
  }
};

/// How many descriptors this process has open.
inline std::size_t open_descriptors() {
  const auto folder = open_folder("/proc/self/fd");
  return folder ? list_folder(folder->view()).size() - 2 : 0;  // less the two used for looking
}

/// A soft RLIMIT_NOFILE for as long as it lives.
class DescriptorLimit {
 public:
  explicit DescriptorLimit(rlim_t most) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit now{.rlim_cur = most, .rlim_max = before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &now);
  }
  DescriptorLimit(const DescriptorLimit&) = delete;
  DescriptorLimit& operator=(const DescriptorLimit&) = delete;
  ~DescriptorLimit() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

/// Runs `call` with room for 0, 1, 2, ... more descriptors until it succeeds, and says whether each
/// failure was EMFILE and left no descriptor behind. `call` returns a Result.
template <typename Call>
bool fails_cleanly_without_descriptors(Call call) {
  const std::size_t before = open_descriptors();
  constexpr int most_room = 16;
  for (int room = 0; room < most_room; ++room) {
    auto lowest_free = duplicate(FdView(0), 0);
    const int first = lowest_free->number();
    lowest_free->reset();
    bool done = false;
    {
      const DescriptorLimit limit(static_cast<rlim_t>(first + room));
      const auto result = call();
      done = result.has_value();
      if (!done && result.error().number != EMFILE) return false;
    }
    if (open_descriptors() != before) return false;
    if (done) return room > 0;
  }
  return false;
}

}  // namespace stayd::os
