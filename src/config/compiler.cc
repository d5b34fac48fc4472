// SPDX-License-Identifier: Apache-2.0
#include "config/compiler.h"

#include <algorithm>

#include "base/text.h"
#include "config/accounts.h"
#include "config/expand.h"
#include "config/graph.h"
#include "config/merge.h"
#include "config/procfile.h"
#include "config/service_compiler.h"
#include "model/descriptors.h"

namespace stayd::config {
namespace {

bool is_supervisor_name(std::string_view name) {
  const auto is_portable = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  };
  return !name.empty() && name.size() <= 64 && name[0] != '.' && name[0] != '-' &&
         std::ranges::all_of(name, is_portable);
}

/// "web=2" into its parts; none when it is something else.
std::optional<std::pair<std::string_view, std::int64_t>> parse_count(std::string_view text) {
  const auto equals = text.find('=');
  if (equals == std::string_view::npos) return std::nullopt;
  const auto number = parse_integer(text.substr(equals + 1), 0, model::most_replicas);
  if (!number) return std::nullopt;
  return std::pair(text.substr(0, equals), *number);
}

std::vector<Environment::Variable> basics_of(const std::vector<std::string>& ours,
                                             const Defaults& defaults) {
  constexpr std::string_view usual_path =
      "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  std::vector<Environment::Variable> basics;
  basics.push_back({"PATH", escaped(value_in(ours, "PATH").value_or(usual_path))});
  for (const char* name : {"HOME", "USER", "LOGNAME", "SHELL", "LANG", "TERM"}) {
    if (name == std::string_view("TERM") && !defaults.foreground) continue;
    if (const auto value = value_in(ours, name)) basics.push_back({name, escaped(*value)});
  }
  return basics;
}

void set_replicas(Value& table, std::int64_t count, Place place) {
  Value number;
  number.kind = ValueKind::integer;
  number.integer = count;
  number.place = place;
  if (Value* given = table.find("replicas")) {
    *given = number;
  } else {
    table.entries.push_back({"replicas", place, number});
  }
}

void check_descriptors(const model::Spec& spec, std::uint64_t limit, Report& report) {
  model::DescriptorNeed need;
  for (const model::Service& service : spec.services) need.add(service);
  if (!need.fits(limit))
    report.not_here({0, 0, 0, 1}, need.refusal(limit), model::descriptor_advice);
}

}  // namespace

model::Spec Compiler::compile(Documents documents, const ReadOptions& options) {
  shown_from_ = options.current_folder;
  if (options.check_only) report_.set_check_only();
  if (options.restart) defaults_.restart = options.restart;
  read_supervisor(documents, options);
  check_templates(documents);
  basics_ = basics_of(world_.environment(), defaults_);
  auto tables = merge_extended(documents, report_);
  apply_counts(documents, tables, options);
  model::Spec spec;
  spec.supervisor = supervisor_.supervisor;
  spec.services.resize(tables.size());
  std::vector<ServiceDraft> drafts;
  drafts.reserve(tables.size());
  for (std::size_t i = 0; i < tables.size(); ++i) {
    drafts.push_back(read_service(documents.services[i], tables[i], spec.services[i]));
  }
  for (ServiceDraft& draft : drafts) {
    ServiceCompiler(*this, draft).run();
    ++compiled_;
    if (report_.is_full()) break;
  }
  resolve_graph(drafts, report_);
  if (drafts.empty() && !report_.has_errors()) {
    report_.error({0, 0, 0, 1}, "there is no service in it", "add a table [service.NAME]");
  }
  if (drafts.size() > model::most_services) {
    report_.error(drafts.back().place,
                  "there are more than " + std::to_string(model::most_services) + " services");
  }
  check_descriptors(spec, world_.descriptor_limit(), report_);
  return spec;
}

void Compiler::read_supervisor(const Documents& documents, const ReadOptions& options) {
  model::Supervisor& s = supervisor_.supervisor;
  s.exit_when = defaults_.exit_when;
  s.when_supervisor_dies = defaults_.when_dies;
  s.foreground = defaults_.foreground;
  s.pass_status = defaults_.pass_status;
  s.config_path = options.path;
  if (!options.path.empty()) {
    const auto usual = world_.name_for(options.path);
    s.name = usual.name;
    s.title = usual.title;
  }
  const std::string usual_name = s.name;
  if (documents.supervisor) {
    read_section({.report = report_, .supervisor = &supervisor_}, Section::supervisor,
                 documents.supervisor->value);
  }
  if (!options.name.empty()) s.name = options.name;
  if (!is_supervisor_name(s.name)) {
    const Value* given = documents.supervisor ? documents.supervisor->value.find("name") : nullptr;
    Place place = given != nullptr ? given->place : Place{0, 0, 0, 1};
    if (!options.name.empty()) place = sources_.add_argument("--name", options.name);
    report_.error(place, "\"" + printable(s.name, 80) + "\" cannot be a supervisor's name",
                  "expected letters, digits and _.- (the last two not first), at most 64");
    return;
  }
  if (s.name != usual_name || s.title.empty()) s.title = s.name;
  resolve_peers(world_, report_, supervisor_);
  place_folders(documents);
}

void Compiler::place_folders(const Documents& documents) {
  model::Supervisor& s = supervisor_.supervisor;
  const Place place = documents.supervisor ? documents.supervisor->place : Place{0, 0, 0, 1};
  const std::uint32_t source = sources_.count() == 0 ? 0 : place.source;
  Specials specials{.service = {},
                    .config_dir = sources_.at(source).folder,
                    .state_dir = {},
                    .runtime_dir = {},
                    .numbered = false};
  Environment environment(specials, report_);
  environment.set_all(world_.environment());
  const auto path_of = [&](const Text& text) -> std::string {
    if (!text.given) return {};
    const auto expanded = expand(text, environment.lookup(), report_);
    if (!expanded) return {};
    return join_path(specials.config_dir, unescaped(*expanded));
  };
  s.state_dir = path_of(supervisor_.state_dir);
  const bool has_all =
      supervisor_.runtime_dir.given && supervisor_.state_dir.given && supervisor_.log_dir.given;
  if (!has_all) {
    const auto usual = world_.folders_for(s.name, s.state_dir);
    if (!usual) return report_.error(place, usual.error().message);
    s.state_dir = usual->state_dir;
    s.runtime_dir = usual->runtime_dir;
    s.log_dir = usual->log_dir;
  }
  specials.state_dir = s.state_dir;
  if (supervisor_.runtime_dir.given) s.runtime_dir = path_of(supervisor_.runtime_dir);
  specials.runtime_dir = s.runtime_dir;
  if (supervisor_.log_dir.given) s.log_dir = path_of(supervisor_.log_dir);
}

void Compiler::apply_counts(const Documents& documents, std::vector<Value>& tables,
                            const ReadOptions& options) {
  for (std::string_view list : options.counts) {
    const Place place = sources_.add_argument("-m", std::string(list));
    while (!list.empty()) {
      const auto one = list.substr(0, list.find(','));
      list.remove_prefix(std::min(list.size(), one.size() + 1));
      const auto count = parse_count(one);
      if (!count) {
        report_.error(place, "\"" + printable(one, 80) + "\" is no count of a service",
                      "expected NAME=NUMBER, as in web=2,worker=1");
        continue;
      }
      const bool is_procfile = defaults_.first_port != 0;
      const std::string name =
          is_procfile ? procfile_service_name(count->first) : std::string(count->first);
      bool known = false;
      for (std::size_t i = 0; i < tables.size(); ++i) {
        if (name != "all" && documents.services[i].name != name) continue;
        set_replicas(tables[i], count->second, place);
        known = true;
      }
      if (!known)
        report_.error(place, "there is no service \"" + printable(count->first, 80) + "\"");
    }
  }
}

ServiceDraft Compiler::read_service(const NamedTable& named, const Value& table,
                                    model::Service& into) {
  ServiceDraft draft{.service = into};
  draft.service.name = named.name;
  draft.place = named.place;
  draft.source = named.place.source;
  draft.service.log.format = defaults_.format;
  draft.service.execution.stdin_from = defaults_.stdin_from;
  read_section({.report = report_, .service = &draft}, Section::service, table);
  if (draft.service.replicas == 0) {
    draft.service.enabled = false;
    draft.service.replicas = 1;
  }
  return draft;
}

void Compiler::check_templates(const Documents& documents) {
  for (const NamedTable& one : documents.templates) {
    model::Service unused;
    read_service(one, one.table, unused);
  }
}

const Assignments& Compiler::env_file(const Text& file, const std::string& path) {
  const auto known =
      std::ranges::find(env_files_, path, &std::pair<std::string, Assignments>::first);
  if (known != env_files_.end()) return known->second;
  Assignments lines;
  if (const auto source = open_source(world_, sources_, report_, {path, file.place, shown_from_})) {
    lines = parse_env_file(sources_, *source, report_);
  }
  return env_files_.emplace_back(path, std::move(lines)).second;
}

}  // namespace stayd::config
