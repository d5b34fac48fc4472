// SPDX-License-Identifier: Apache-2.0
// From documents to a Spec: every key typed, every name looked up, every text expanded.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/documents.h"
#include "config/draft.h"
#include "config/environment.h"
#include "config/reader.h"

namespace stayd::config {

/// What a configuration does not say itself; differs by how stayd is started and from what.
struct Defaults {
  model::ExitWhen exit_when = model::ExitWhen::all_done;
  model::WhenSupervisorDies when_dies = model::WhenSupervisorDies::kill;
  bool foreground = true;
  bool pass_status = false;
  bool to_console = true;
  bool inherit_env = false;  ///< all of ours, unless the service says otherwise
  model::LogFormat format = model::LogFormat::prefix;
  model::StdinFrom stdin_from = model::StdinFrom::null;
  std::optional<model::RestartPolicy> restart;  ///< of every service, whatever it says
  std::uint16_t first_port = 0;                 ///< Procfile: PORT of the first service; 0: none
  Assignments below_ours{};                     ///< Procfile: lines of .env, below our environment
};

class Compiler {
 public:
  Compiler(World& world, Sources& sources, Report& report, Defaults defaults)
      : world_(world), sources_(sources), report_(report), defaults_(std::move(defaults)) {}

  /// `config_path` empty: `name` is the supervisor's. `shown_from` is for names of env-files.
  model::Spec compile(Documents documents, const ReadOptions& options);

 private:
  friend class ServiceCompiler;
  void read_supervisor(const Documents& documents, const ReadOptions& options);
  void place_folders(const Documents& documents);
  void apply_counts(const Documents& documents, std::vector<Value>& tables,
                    const ReadOptions& options);
  ServiceDraft read_service(const NamedTable& named, const Value& table, model::Service& into);
  void check_templates(const Documents& documents);
  /// An env-file's lines, read once.
  const Assignments& env_file(const Text& file, const std::string& path);

  World& world_;
  Sources& sources_;
  Report& report_;
  Defaults defaults_;
  std::vector<Environment::Variable> basics_;  ///< what each service has of our environment
  SupervisorDraft supervisor_;
  std::string shown_from_;
  std::uint32_t compiled_ = 0;  ///< services that are through
  std::vector<std::pair<std::string, Assignments>> env_files_;
};

}  // namespace stayd::config
