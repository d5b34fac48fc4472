// SPDX-License-Identifier: Apache-2.0
// Where errors of a reading are gathered: every one of them, each with its place, none twice.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "config/diagnostics.h"
#include "config/tree.h"

namespace stayd::config {

/// One file, or one option of a command line.
struct Source {
  std::string name;    ///< as shown to the user
  std::string path;    ///< absolute; empty for an option
  std::string folder;  ///< absolute: what relative paths in it are relative to
  std::string text;    ///< whole content
};

class Sources {
 public:
  std::uint32_t add(Source source);
  /// Of something given on the command line, in one line: the place of all of it.
  Place add_argument(std::string name, std::string text, std::string folder = {});
  [[nodiscard]] const Source& at(std::uint32_t number) const { return sources_[number]; }
  [[nodiscard]] std::uint32_t count() const { return static_cast<std::uint32_t>(sources_.size()); }
  /// The line `number` (from 1) without its line end.
  [[nodiscard]] std::string_view line(std::uint32_t source, std::uint32_t number) const;

 private:
  std::deque<Source> sources_;  // their texts do not move
};

class Report {
 public:
  explicit Report(const Sources& sources) : sources_(&sources) {}

  void error(Place place, std::string message, std::string hint = {}) {
    add(Severity::error, Problem::meaning, place, {std::move(message), std::move(hint)});
  }
  void error(Problem problem, Place place, std::string message, std::string hint = {}) {
    add(Severity::error, problem, place, {std::move(message), std::move(hint)});
  }
  void warning(Place place, std::string message, std::string hint = {}) {
    add(Severity::warning, Problem::meaning, place, {std::move(message), std::move(hint)});
  }
  /// Something that only this machine or this user cannot do: an error before a start, a warning
  /// when a file is only checked.
  void not_here(Place place, std::string message, std::string hint = {}) {
    add(check_only_ ? Severity::warning : Severity::error, Problem::meaning, place,
        {std::move(message), std::move(hint)});
  }
  void set_check_only() { check_only_ = true; }
  [[nodiscard]] bool has_errors() const { return errors_ != 0; }
  /// Whether so many errors have been found that more would help nobody.
  [[nodiscard]] bool is_full() const { return list_.size() >= most_diagnostics; }

  /// "stayd.toml:12", for a message about a second place.
  [[nodiscard]] std::string name_of(Place place) const;

  [[nodiscard]] bool has_syntax_errors() const;
  /// A syntax error is reported alone: everything else may follow from it.
  void keep_syntax_errors_only();

  /// All that was reported, by file and line.
  [[nodiscard]] Diagnostics take();

  static constexpr std::size_t most_diagnostics = 1'000;

 private:
  struct Words {
    std::string message;
    std::string hint;
  };
  void add(Severity severity, Problem problem, Place place, Words words);

  struct Reported {
    Place place;
    Diagnostic diagnostic;
  };
  const Sources* sources_;
  std::vector<Reported> list_;
  std::size_t errors_ = 0;
  bool check_only_ = false;
};

}  // namespace stayd::config
