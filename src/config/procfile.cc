// SPDX-License-Identifier: Apache-2.0
#include "config/procfile.h"

#include <algorithm>

#include "base/text.h"

namespace stayd::config {
namespace {

constexpr std::uint16_t foreman_port = 5000;

std::string_view trimmed(std::string_view text) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

Entry entry_of(std::string_view key, Value value) {
  const Place place = value.place;
  return {std::string(key), place, std::move(value)};
}

/// Some words, such as a shell's own, cannot stand behind `exec`: those with operators do not
/// either.
std::string shell_line(std::string_view command) {
  const bool is_simple = command.find_first_of(";&|()<>`\n") == std::string_view::npos &&
                         command.find("$(") == std::string_view::npos;
  const auto word = command.substr(0, command.find_first_of(" \t"));
  const bool assigns = word.find('=') != std::string_view::npos;
  return is_simple && !assigns ? "exec " + std::string(command) : std::string(command);
}

class ProcfileReader {
 public:
  ProcfileReader(Report& report, std::uint32_t source) : report_(report), source_(source) {}

  void read_line(std::string_view line, std::uint32_t number) {
    const std::string_view text = trimmed(line);
    if (text.empty() || text.starts_with('#')) return;
    const auto width = static_cast<std::uint32_t>(std::max<std::size_t>(text.size(), 1));
    const Place place{source_, number, 1, width};
    const auto colon = text.find(':');
    if (colon == std::string_view::npos) {
      return report_.error(place, "the line has no colon", "expected NAME: COMMAND");
    }
    const std::string_view written = trimmed(text.substr(0, colon));
    std::string name = procfile_service_name(written);
    const std::string_view command = trimmed(text.substr(colon + 1));
    if (!is_service_name(name)) {
      report_.error(place, "\"" + printable(written, 80) + "\" cannot be the name of a service",
                    "expected letters, digits and ._-, at most 63");
    } else if (command.empty()) {
      report_.error(place, "\"" + name + "\" has no command", "expected NAME: COMMAND");
    } else if (const auto first = std::ranges::find(services_, name, &NamedTable::name);
               first != services_.end()) {
      report_.error(place, "the service \"" + name + "\" is defined twice",
                    "the first one is at " + report_.name_of(first->place));
    } else {
      add(std::move(name), command, place);
    }
  }

  std::vector<NamedTable> take() { return std::move(services_); }

 private:
  void add(std::string name, std::string_view command, Place place) {
    Value table = table_value(place);
    table.entries.push_back(entry_of("command", text_value(shell_line(command), place)));
    Value yes;
    yes.kind = ValueKind::boolean;
    yes.boolean = true;
    yes.place = place;
    table.entries.push_back(entry_of("shell", yes));
    table.entries.push_back(entry_of("restart", text_value("never", place)));
    services_.push_back({std::move(name), place, std::move(table)});
  }

  Report& report_;
  std::uint32_t source_;
  std::vector<NamedTable> services_;
};

}  // namespace

std::string procfile_service_name(std::string_view name) {
  std::string ours(name.substr(std::min(name.find_first_not_of("_-"), name.size())));
  for (char& c : ours) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return ours;
}

bool is_procfile(std::string_view path) {
  const auto name = path.substr(path.rfind('/') + 1);
  return name == "Procfile" || name.starts_with("Procfile.") || name.ends_with(".procfile");
}

Documents read_procfile(World& world, Sources& sources, Report& report, const FileRequest& file,
                        Defaults& defaults) {
  defaults.exit_when = model::ExitWhen::any_exits;
  defaults.inherit_env = true;
  defaults.first_port = foreman_port;
  Documents documents;
  const auto source = open_source(world, sources, report, file);
  if (!source) return documents;
  const std::string dotenv = join_path(folder_of(file.path), ".env");
  if (world.kind_of(dotenv) != FileKind::missing) {
    const auto below = open_source(world, sources, report, {dotenv, {}, file.shown_from});
    if (below) defaults.below_ours = parse_env_file(sources, *below, report);
  }
  ProcfileReader reader(report, *source);
  std::string_view rest = sources.at(*source).text;
  if (rest.starts_with("\xef\xbb\xbf")) rest.remove_prefix(3);
  for (std::uint32_t number = 1; !rest.empty(); ++number) {
    const auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    reader.read_line(line, number);
  }
  documents.services = reader.take();
  return documents;
}

}  // namespace stayd::config
