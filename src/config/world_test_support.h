// SPDX-License-Identifier: Apache-2.0
// A machine made of tables, for the tests of the reader and for its fuzzer.
#pragma once

#include <cerrno>
#include <map>

#include "base/text.h"
#include "config/reader.h"

namespace stayd::config {

class FakeWorld : public World {
 public:
  std::map<std::string, std::string> files;
  std::map<std::string, FileKind> kinds{{"/", FileKind::folder},
                                        {"/srv", FileKind::folder},
                                        {"/srv/conf.d", FileKind::folder},
                                        {"/bin/sh", FileKind::executable},
                                        {"/bin/server", FileKind::executable}};
  std::vector<User> users{{"www", 33, 33, "/var/www", "/bin/false"}};
  std::vector<Group> groups{{"adm", 4}};
  std::vector<std::string> variables{"PATH=/bin", "HOME=/root"};
  std::uint32_t own_uid = 0;
  std::string changeable;  ///< the file that others can write

  Result<std::string> read_file(const std::string& path, std::size_t most_bytes) override {
    const auto found = files.find(path);
    if (found == files.end()) return failure(ENOENT, "open " + path + ": no such file");
    if (found->second.size() > most_bytes) return failure(EFBIG, path + ": it is too large");
    return found->second;
  }
  Result<std::vector<std::string>> list_matching(const std::string& pattern) override {
    std::vector<std::string> found;
    for (const auto& [path, text] : files) {
      if (glob_match(pattern, path)) found.push_back(path);
    }
    return found;
  }
  FileKind kind_of(const std::string& path) override {
    if (const auto known = kinds.find(path); known != kinds.end()) return known->second;
    return files.contains(path) ? FileKind::regular : FileKind::missing;
  }
  std::optional<std::string> who_else_can_change(const std::string& path) override {
    if (path != changeable) return std::nullopt;
    return path + " can be written by everybody";
  }
  Result<std::optional<User>> find_user(const std::string& name) override {
    for (const User& user : users) {
      if (user.name == name) return user;
    }
    return std::nullopt;
  }
  Result<std::optional<User>> find_user(std::uint32_t uid) override {
    for (const User& user : users) {
      if (user.uid == uid) return user;
    }
    return std::nullopt;
  }
  Result<std::optional<Group>> find_group(const std::string& name) override {
    for (const Group& group : groups) {
      if (group.name == name) return group;
    }
    return std::nullopt;
  }
  Result<std::vector<std::uint32_t>> groups_of(const std::string& name) override {
    return name == "www" ? std::vector<std::uint32_t>{33, 44} : std::vector<std::uint32_t>{};
  }
  const std::vector<std::string>& environment() override { return variables; }
  std::uint32_t uid() override { return own_uid; }
  std::uint64_t descriptor_limit() override { return 1 << 20; }
  SupervisorName name_for(const std::string&) override { return {"srv-0a1b2c", "srv"}; }
  Result<Folders> folders_for(const std::string& name, const std::string& state_dir) override {
    const std::string state = state_dir.empty() ? "/var/lib/stayd/" + name : state_dir;
    return Folders{"/run/stayd/" + name, state, state + "/log"};
  }
};

/// What a reading gave: a Spec, or the errors as a person sees them.
struct Outcome {
  model::Spec spec;
  std::vector<std::string> files;
  Diagnostics problems;  ///< warnings alone when it went well
  bool read = false;

  [[nodiscard]] std::string text() const { return render(problems); }
};

inline Outcome outcome_of(std::expected<Compiled, Diagnostics> compiled) {
  if (!compiled) return {{}, {}, std::move(compiled).error(), false};
  return {std::move(compiled->spec), std::move(compiled->files), std::move(compiled->warnings),
          true};
}

inline Outcome read_in(World& world, const ReadOptions& options = {.path = "/srv/stayd.toml",
                                                                   .current_folder = "/srv",
                                                                   .restart = std::nullopt}) {
  return outcome_of(read_configuration(world, options));
}

/// The configuration `text` alone, on a machine without anything special.
inline Outcome read_text_of(std::string text) {
  FakeWorld world;
  world.files["/srv/stayd.toml"] = std::move(text);
  return read_in(world);
}

}  // namespace stayd::config
