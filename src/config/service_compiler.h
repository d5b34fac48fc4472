// SPDX-License-Identifier: Apache-2.0
// One service's draft into its final form. See expand.h for what becomes of its texts.
#pragma once

#include "config/compiler.h"

namespace stayd::config {

class ServiceCompiler {
 public:
  ServiceCompiler(Compiler& compiler, ServiceDraft& draft);
  void run();

 private:
  [[nodiscard]] Report& report() { return compiler_.report_; }
  [[nodiscard]] World& world() { return compiler_.world_; }
  [[nodiscard]] model::Execution& execution() { return draft_.service.execution; }

  void check_type();
  void apply_defaults();
  void check_delays();
  void check_permissions();

  void build_environment(const std::optional<User>& user);
  void give_ports();
  void inherit();
  void set_user(const User& user);
  void read_env_files();

  void resolve_directory();
  void check_directory(const std::string& path, Place place);
  std::vector<std::string> argv_of(const Value& command, bool shell);
  std::vector<std::string> resolved_command(const Value* command);
  void resolve_command();
  /// The absolute path of a program, or empty after a report.
  std::string find_program(const std::string& program, Place place);
  std::string search_path(const std::string& program, Place place);
  void report_program(const std::string& path, Place place, FileKind kind);

  void resolve_stdin();
  void resolve_probe();
  void resolve_log();
  void check_pattern(const std::string& pattern);
  void check_address(std::string& target, Place place);
  void end_escaped_form();

  Compiler& compiler_;
  ServiceDraft& draft_;
  Specials specials_;
  Environment environment_;
  std::string folder_;  // first instance's directory, for programs
};

}  // namespace stayd::config
