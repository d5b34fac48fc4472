// SPDX-License-Identifier: Apache-2.0
#include "config/service_compiler.h"

#include <algorithm>
#include <utility>

#include "base/pattern.h"
#include "base/text.h"
#include "config/accounts.h"
#include "config/address.h"
#include "config/log_rules.h"

namespace stayd::config {
namespace {

/// A word that programs seldom take, and that a shell would not give them.
bool is_shell_operator(std::string_view word) {
  return word == "&&" || word == "||" || word == "|" || word == "&" || word == ">" ||
         word == ">>" || word == "<" || word == "2>&1";
}

}  // namespace

ServiceCompiler::ServiceCompiler(Compiler& compiler, ServiceDraft& draft)
    : compiler_(compiler),
      draft_(draft),
      specials_{.service = draft.service.name,
                .config_dir = compiler.sources_.at(draft.source).folder,
                .state_dir = compiler.supervisor_.supervisor.state_dir,
                .runtime_dir = compiler.supervisor_.supervisor.runtime_dir,
                .numbered = draft.service.numbered},
      environment_(specials_, compiler.report_) {}

void ServiceCompiler::run() {
  check_type();
  apply_defaults();
  if (draft_.service.type == model::ServiceType::group) return;
  check_delays();
  check_log(report(), draft_);
  const auto user = resolve_accounts(world(), report(), draft_);
  check_permissions();
  build_environment(user);
  resolve_directory();
  resolve_command();
  draft_.service.stop.command = resolved_command(draft_.stop_command);
  draft_.service.reload.command = resolved_command(draft_.reload_command);
  resolve_stdin();
  resolve_probe();
  resolve_log();
  end_escaped_form();
}

void ServiceCompiler::check_type() {
  const auto heading = [&] { return "[service." + draft_.service.name + "]"; };
  const bool is_group = draft_.service.type == model::ServiceType::group;
  if (!is_group && !draft_.command_given) {
    report().error(draft_.place, heading() + " has no command",
                   "add command = [\"PROGRAM\", \"ARGUMENT\", ...], or type = \"group\"");
  }
  if (is_group && draft_.command != nullptr) {
    report().error(draft_.command->place, heading() + " is a group and has no process",
                   "take out command, or type = \"group\"");
  }
  if (draft_.shell && draft_.command != nullptr && !draft_.command->is(ValueKind::text)) {
    report().error(draft_.command->place, "with shell = true, command is a string",
                   "write what the shell is to run as one string");
  }
}

void ServiceCompiler::apply_defaults() {
  model::Service& s = draft_.service;
  if (!draft_.policy_given && s.type == model::ServiceType::task) {
    s.restart.policy = model::RestartPolicy::never;
  }
  if (compiler_.defaults_.restart) s.restart.policy = *compiler_.defaults_.restart;
  if (!draft_.stop_timeout_given) s.stop.timeout = compiler_.supervisor_.stop_timeout;
  if (!draft_.log_to_given) s.log.to_console = compiler_.defaults_.to_console;
}

void ServiceCompiler::check_delays() {
  const model::Restart& restart = draft_.service.restart;
  const bool is_known = restart.delay.ns >= 0 && restart.max_delay.ns >= 0;
  if (!is_known || restart.max_delay >= restart.delay) return;
  const auto told = [](std::string_view key, const Text& given, Duration standard) {
    const std::string name = "\"" + std::string(key) + "\"";
    return given.given ? name + " = \"" + given.text + "\""
                       : name + ", which is " + format_duration_short(standard) + " unless given";
  };
  const std::string first = told("delay", draft_.delay, restart.delay);
  const std::string longest = told("max-delay", draft_.max_delay, restart.max_delay);
  const std::string hint = "expected at least the first delay: raise max-delay, or lower delay";
  if (draft_.max_delay.given) {
    report().error(draft_.max_delay.place, longest + " is below " + first, hint);
  } else {
    report().error(draft_.delay.place, first + " is above " + longest, hint);
  }
}

void ServiceCompiler::check_permissions() {
  if (world().uid() == 0) return;
  if (execution().nice.value_or(0) < 0) {
    report().not_here(draft_.place, "only root can set a negative nice value");
  }
  if (execution().oom_score_adjust.value_or(0) < 0) {
    report().not_here(draft_.place, "only root can set a negative oom-score-adjust");
  }
}

void ServiceCompiler::build_environment(const std::optional<User>& user) {
  environment_.begin_with(compiler_.basics_);
  environment_.set_all(compiler_.defaults_.below_ours);
  inherit();
  if (user && draft_.user.given) set_user(*user);
  read_env_files();
  if (draft_.env != nullptr) environment_.expand_env(*draft_.env);
  execution().environment = environment_.assignments();
  if (compiler_.defaults_.first_port != 0 && !environment_.find("PORT")) give_ports();
}

/// PORT of a Procfile's service.
void ServiceCompiler::give_ports() {
  constexpr std::uint32_t ports_of_a_line = 100;
  constexpr std::uint32_t most_port = 65'535;
  const std::uint32_t first =
      compiler_.defaults_.first_port + ports_of_a_line * compiler_.compiled_;
  const std::uint32_t last = first + draft_.service.replicas - 1;
  if (last <= most_port) {
    execution().port_base = static_cast<std::uint16_t>(first);
    return;
  }
  report().error(draft_.place,
                 "\"" + draft_.service.name + "\" would get ports up to " + std::to_string(last) +
                     ", and the highest is 65535",
                 "PORT is " + std::to_string(compiler_.defaults_.first_port) +
                     " + 100 x line + replica - 1; set PORT in .env, or fewer replicas with -m");
}

void ServiceCompiler::inherit() {
  const auto& ours = world().environment();
  const Value* names = draft_.inherit_env;
  const bool all = names == nullptr ? compiler_.defaults_.inherit_env
                                    : names->is(ValueKind::boolean) && names->boolean;
  if (all) return environment_.set_all(ours);
  if (names == nullptr) return;
  for (const Value& name : names->items) {
    if (const auto value = value_in(ours, name.text)) environment_.set(name.text, *value);
  }
}

void ServiceCompiler::set_user(const User& user) {
  environment_.set("HOME", user.home);
  environment_.set("SHELL", user.shell);
  for (const std::string_view name : {"USER", "LOGNAME"}) {
    if (user.name.empty()) {
      environment_.remove(name);
    } else {
      environment_.set(name, user.name);
    }
  }
}

void ServiceCompiler::read_env_files() {
  for (const Text& file : draft_.env_files) {
    Text path = file;
    if (path.text.starts_with('?')) path.text.erase(0, 1);
    const auto expanded = expand(path, environment_.lookup(), report());
    if (!expanded) continue;
    const std::string full = join_path(specials_.config_dir, unescaped(*expanded));
    const bool may_be_missing = file.text.starts_with('?');
    if (may_be_missing && world().kind_of(full) == FileKind::missing) continue;
    environment_.set_all(compiler_.env_file(file, full));
  }
}

void ServiceCompiler::resolve_directory() {
  std::string path = escaped(specials_.config_dir);
  const Place place = draft_.directory.given ? draft_.directory.place : draft_.place;
  if (draft_.directory.given) {
    const auto expanded = expand(draft_.directory, environment_.lookup(), report());
    if (!expanded) return;
    path = join_path(path, *expanded);
  }
  execution().directory = path;
  if (!has_instance_text(path)) {
    folder_ = unescaped(path);
    return check_directory(folder_, place);
  }
  model::Service probe{.name = draft_.service.name, .numbered = draft_.service.numbered};
  constexpr std::uint32_t most_checked = 16;
  for (auto replica = std::min(draft_.service.replicas, most_checked); replica >= 1; --replica) {
    probe.execution.directory = path;
    probe.execution.has_instance_text = true;
    folder_ = model::for_instance(probe, replica).execution.directory;
    check_directory(folder_, place);
  }
}

void ServiceCompiler::check_directory(const std::string& path, Place place) {
  const std::string what = "the directory " + printable(path, 200);
  switch (world().kind_of(path)) {
    case FileKind::folder: return;
    case FileKind::missing: report().error(place, what + " does not exist"); return;
    case FileKind::not_permitted:
      report().not_here(place, what + " cannot be entered: permission denied");
      return;
    case FileKind::executable:
    case FileKind::regular:
    case FileKind::other: report().error(place, what + " is no directory"); return;
  }
}

std::vector<std::string> ServiceCompiler::argv_of(const Value& command, bool shell) {
  if (shell) return {"/bin/sh", "-c", escaped(command.text)};
  std::vector<Written> words;
  Result<std::vector<std::string>> split;
  if (command.is(ValueKind::array)) {
    for (const Value& item : command.items) words.push_back({item.text, item.place});
  } else {
    split = split_shell_words(command.text);
    if (!split) {
      report().error(command.place, split.error().message, "quotes are those of a POSIX shell");
      return {};
    }
    for (const std::string& word : *split) words.push_back({word, command.place});
    if (const auto found = std::ranges::find_if(*split, is_shell_operator); found != split->end())
      report().warning(command.place, "\"" + *found + "\" is an argument here: no shell is asked",
                       "shell = true has command read by one");
  }
  if (words.empty()) report().error(command.place, "the command is empty");
  std::vector<std::string> argv;
  argv.reserve(words.size());
  for (const Written& word : words) {
    auto expanded = expand(word, environment_.lookup(), report());
    if (!expanded && argv.empty()) return {};
    argv.push_back(std::move(expanded).value_or(""));
  }
  return argv;
}

std::vector<std::string> ServiceCompiler::resolved_command(const Value* command) {
  if (command == nullptr) return {};
  auto argv = argv_of(*command, false);
  if (!argv.empty()) argv[0] = escaped(find_program(argv[0], command->place));
  return argv;
}

void ServiceCompiler::resolve_command() {
  if (draft_.command == nullptr) return;
  const bool shell = draft_.shell && draft_.command->is(ValueKind::text);
  execution().command = argv_of(*draft_.command, shell);
  if (execution().command.empty()) return;
  execution().executable = find_program(execution().command[0], draft_.command->place);
}

std::string ServiceCompiler::find_program(const std::string& program, Place place) {
  if (has_instance_text(program)) {
    report().error(place, "the program must be the same for all instances",
                   "only its arguments may have ${instance} and ${replica}");
    return {};
  }
  const std::string name = unescaped(program);
  if (name.empty()) {
    report().error(place, "the program's name is empty");
    return {};
  }
  if (name.find('/') == std::string::npos) return search_path(name, place);
  std::string path = join_path(folder_, name);
  const FileKind kind = world().kind_of(path);
  if (kind == FileKind::executable) return path;
  report_program(path, place, kind);
  return {};
}

std::string ServiceCompiler::search_path(const std::string& program, Place place) {
  const std::string list = unescaped(environment_.find("PATH").value_or(""));
  std::string unusable;
  std::string_view rest = list;
  while (!rest.empty()) {
    const auto folder = rest.substr(0, rest.find(':'));
    rest.remove_prefix(std::min(rest.size(), folder.size() + 1));
    if (folder.empty()) continue;
    std::string path = join_path(join_path(folder_, folder), program);
    const FileKind kind = world().kind_of(path);
    if (kind == FileKind::executable) return path;
    if (kind == FileKind::regular && unusable.empty()) unusable = std::move(path);
  }
  if (!unusable.empty()) {
    report_program(unusable, place, FileKind::regular);
  } else {
    report().error(Problem::command_not_found, place,
                   "there is no program \"" + printable(program, 80) + "\" in PATH",
                   "PATH is " + printable(list, 200));
  }
  return {};
}

void ServiceCompiler::report_program(const std::string& path, Place place, FileKind kind) {
  const std::string what = "the program " + printable(path, 200);
  switch (kind) {
    case FileKind::missing:
      return report().error(Problem::command_not_found, place, what + " does not exist");
    case FileKind::not_permitted:
      return report().error(Problem::command_not_executable, place,
                            what + " cannot be looked at: permission denied");
    case FileKind::folder:
      return report().error(Problem::command_not_executable, place, what + " is a directory");
    case FileKind::regular:
      return report().error(Problem::command_not_executable, place, what + " is not executable",
                            "chmod +x makes it so");
    case FileKind::other:
      return report().error(Problem::command_not_executable, place, what + " is no regular file");
    case FileKind::executable: return;
  }
}

void ServiceCompiler::resolve_stdin() {
  if (!draft_.stdin_text.given) return;
  auto expanded = expand(draft_.stdin_text, environment_.lookup(), report());
  if (!expanded) return;
  execution().stdin_value = std::move(*expanded);
  if (execution().stdin_from != model::StdinFrom::file) return;
  execution().stdin_value = join_path(escaped(specials_.config_dir), execution().stdin_value);
  if (has_instance_text(execution().stdin_value)) return;
  const std::string path = unescaped(execution().stdin_value);
  const FileKind kind = world().kind_of(path);
  if (kind == FileKind::missing || kind == FileKind::folder) {
    report().error(draft_.stdin_text.place,
                   "the file " + printable(path, 200) +
                       (kind == FileKind::missing ? " does not exist" : " is a directory"),
                   "\"text:...\" gives a text itself, \"null\" nothing");
  }
}

void ServiceCompiler::resolve_probe() {
  model::Probe& probe = draft_.service.ready;
  if (probe.kind == model::ProbeKind::exec) {
    probe.command = resolved_command(draft_.ready_command);
    return;
  }
  if (draft_.probeless_key.given) {
    report().error(draft_.probeless_key.place,
                   "\"" + draft_.probeless_key.text + "\" does not say how readiness is seen",
                   "add notify = true, tcp = \"HOST:PORT\" or another probe, or take ready out");
  }
  if (!draft_.ready_target.given) return;
  auto expanded = expand(draft_.ready_target, environment_.lookup(), report());
  if (!expanded) return;
  probe.target = std::move(*expanded);
  if (probe.kind == model::ProbeKind::log) return check_pattern(probe.target);
  const bool is_path =
      probe.kind == model::ProbeKind::unix_socket || probe.kind == model::ProbeKind::file;
  if (is_path) {
    probe.target = join_path(execution().directory, probe.target);
  } else {
    check_address(probe.target, draft_.ready_target.place);
  }
}

void ServiceCompiler::resolve_log() {
  constexpr std::size_t longest_command = 4000;
  constexpr std::size_t longest_tag = 100;
  constexpr std::size_t most_groups = 500;  // with the command, they fit into a message
  draft_.service.log.exec = resolved_command(draft_.log_command);
  std::size_t length = 0;
  for (const std::string& word : draft_.service.log.exec) length += word.size() + 4;
  if (length > longest_command) {
    report().error(draft_.log_command->place, "a command for the log has at most 4000 bytes",
                   "put it into a script");
  }
  if (!draft_.service.log.exec.empty() && execution().groups.size() > most_groups) {
    report().error(draft_.log_command->place,
                   "a command for the log has at most 500 supplementary groups, as its service",
                   "name those that it needs with supplementary-groups");
  }
  if (!draft_.log_tag.given) return;
  auto tag = expand(draft_.log_tag, environment_.lookup(), report());
  if (!tag) return;
  const bool is_plain = std::ranges::all_of(*tag, [](char c) { return c > ' ' && c < 0x7f; });
  if (tag->empty() || tag->size() > longest_tag || !is_plain) {
    report().error(draft_.log_tag.place, "a tag is a word of ASCII characters, at most 100");
  }
  draft_.service.log.tag = std::move(*tag);
}

void ServiceCompiler::check_pattern(const std::string& pattern) {
  constexpr std::size_t longest_pattern = 1000;
  const std::string text = unescaped(pattern);
  const Place place = draft_.ready_target.place;
  if (text.empty() || text.size() > longest_pattern) {
    return report().error(place, "\"log\": an expression has 1 to 1000 bytes");
  }
  if (const auto compiled = Pattern::compile(text); !compiled) {
    report().error(place, "\"log\": " + compiled.error().text(),
                   "it is a Perl-compatible regular expression, as grep -P takes it");
  }
}

void ServiceCompiler::check_address(std::string& target, Place place) {
  const bool is_http = draft_.service.ready.kind == model::ProbeKind::http;
  auto normal = is_http ? http_target(target) : tcp_target(target);
  if (normal) {
    target = std::move(*normal);
    return;
  }
  const std::string key = is_http ? "http" : "tcp";
  report().error(place,
                 "\"" + key + "\": \"" + printable(target, 80) + "\": " + normal.error().message,
                 std::string("expected ") + (is_http ? "\"http://127.0.0.1:8080/healthz\""
                                                     : "\"127.0.0.1:8080\" or \"[::1]:8080\""));
}

void ServiceCompiler::end_escaped_form() {
  model::Service& s = draft_.service;
  const auto differs = [](const std::vector<std::string>& list) {
    return std::ranges::any_of(list, has_instance_text);
  };
  const model::Execution& e = s.execution;
  const bool any = differs(e.command) || differs(e.environment) || differs(s.stop.command) ||
                   differs(s.reload.command) || differs(s.ready.command) || differs(s.log.exec) ||
                   has_instance_text(e.directory) || has_instance_text(e.stdin_value) ||
                   has_instance_text(s.ready.target) || has_instance_text(s.log.tag);
  execution().has_instance_text = true;
  if (any) return;
  const auto port = std::exchange(execution().port_base, 0);  // differs by instance all the same
  s = model::for_instance(std::move(s), 1);
  s.execution.port_base = port;
}

}  // namespace stayd::config
