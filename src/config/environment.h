// SPDX-License-Identifier: Apache-2.0
// A service's environment, in layers: the few variables that everybody needs, what is inherited,
// the user's own (HOME, USER, LOGNAME, SHELL), env-files, `env`.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/draft.h"
#include "config/env_file.h"
#include "config/expand.h"
#include "config/world.h"

namespace stayd::config {

/// Specials that an environment does not decide: ${service}, ${config-dir}, ...
struct Specials {
  std::string_view service;
  std::string_view config_dir;
  std::string_view state_dir;
  std::string_view runtime_dir;
  bool numbered = false;  ///< ${instance} and ${replica} stay as they are
};

/// The value of NAME in NAME=VALUE lines.
std::optional<std::string_view> value_in(const std::vector<std::string>& environment,
                                         std::string_view name);

class Environment {
 public:
  Environment(const Specials& specials, Report& report) : specials_(specials), report_(report) {}

  struct Variable {
    std::string name;
    std::string value;  ///< escaped
  };

  /// Takes all of `variables` as the lowest layer.
  void begin_with(const std::vector<Variable>& variables) { variables_ = variables; }
  /// Layers below `env`, in order; a later value replaces an earlier one.
  void set(std::string_view name, std::string_view value);
  void set_all(const std::vector<std::string>& assignments);
  void set_all(const Assignments& assignments);
  void remove(std::string_view name);

  /// The top layer; its values may speak of each other and, of the same name, of the layer below.
  void expand_env(const Value& env);

  /// A name's value in escaped form: a special, else a variable.
  [[nodiscard]] std::optional<std::string> find(std::string_view name);
  /// `find`, bound.
  [[nodiscard]] Lookup lookup();
  /// NAME=VALUE in escaped form, sorted by name.
  [[nodiscard]] std::vector<std::string> assignments() const;

 private:
  enum class Progress : std::uint8_t { waiting, expanding, done };
  struct Pending {
    const Entry* entry = nullptr;
    Progress progress = Progress::waiting;
    std::string value;
  };
  [[nodiscard]] std::optional<std::string> special(std::string_view name) const;
  [[nodiscard]] std::optional<std::string> below(std::string_view name) const;
  void expand_one(Pending& pending);
  std::optional<std::string> find_for(const Pending& asking, std::string_view name);

  const Specials& specials_;
  Report& report_;
  std::vector<Variable> variables_;
  std::vector<Pending> pending_;
  std::uint32_t depth_ = 0;
};

}  // namespace stayd::config
