// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <vector>

#include "app/cli/output.h"
#include "app/cli/verbs.h"
#include "base/text.h"
#include "config/keys.h"
#include "os/fd.h"

namespace stayd::app {
namespace {

CommandLine the_table;

std::string_view base_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

/// A login shell puts a dash before its name; containers may call us by any path.
std::string_view called_as(std::span<char* const> words) {
  return words.empty() || words[0] == nullptr ? std::string_view("stayd") : base_name(words[0]);
}

const Verb* find_verb(std::string_view name) {
  const auto found =
      std::ranges::find_if(the_table.verbs, [&](const Verb& v) { return v.syntax->verb == name; });
  return found == the_table.verbs.end() ? nullptr : &*found;
}

int no_such_verb(std::string_view name) {
  if (name.starts_with('-')) {
    complain("a verb comes first, then its options: stayd status -f FILE; see stayd help");
    return exit_usage;
  }
  std::vector<std::string_view> known;
  for (const Verb& verb : the_table.verbs) known.push_back(verb.syntax->verb);
  std::string message = "there is no verb \"" + printable(name, 64) + "\"";
  if (const auto near = nearest(name, known.data(), known.size())) {
    message.append(" (did you mean \"").append(*near).append("\"?)");
  }
  complain(message.append("; see stayd help"));
  return exit_usage;
}

std::string overview() {
  std::string text =
      "stayd keeps processes up: it starts them, restarts them when they die, stops them\n"
      "completely, and keeps every line that they print.\n\n"
      "  stayd run -- COMMAND...   supervise one command, here and now\n"
      "  stayd up                  supervise what stayd.toml or a Procfile describes\n"
      "  stayd status              what runs, and what does not\n\n"
      "Verbs:\n";
  std::size_t column = 0;
  for (const Verb& verb : the_table.verbs) column = std::max(column, verb.syntax->verb.size());
  for (const Verb& verb : the_table.verbs) {
    std::string row = "  " + std::string(verb.syntax->verb);
    row.resize(column + 4, ' ');
    text.append(row).append(verb.syntax->summary).append("\n");
  }
  text.append("\nstayd help VERB tells of one verb, stayd help config of the configuration.\n");
  return text;
}

int help_config(std::span<const std::string_view> keys) {
  if (keys.empty()) {
    print(config::help_overview());
    return exit_done;
  }
  const auto text = config::help_for(keys.front());
  if (!text) {
    complain("there is no key \"" + printable(keys.front(), 64) + "\"; see stayd help config");
    return exit_usage;
  }
  print(*text);
  return exit_done;
}

/// What the documents are made from; no option of help, since the documents are at hand.
std::optional<std::string> document_asked_for(std::span<char* const> arguments) {
  if (arguments.size() != 2 || std::string_view(arguments[0]) != "config") return std::nullopt;
  if (std::string_view(arguments[1]) == "--reference") return config::reference_page();
  if (std::string_view(arguments[1]) == "--schema") return config::json_schema();
  return std::nullopt;
}

std::span<char* const> behind_first(std::span<char* const> words) {
  return words.empty() ? words : words.subspan(1);
}

}  // namespace

const CommandLine& command_line() { return the_table; }

constinit const Syntax help_syntax{.verb = "help",
                                   .operands = "[VERB | config [KEY]]",
                                   .summary = "tells of one verb, of all, or of the configuration",
                                   .most_operands = 2};

int help_main(std::span<char* const> arguments) {
  if (const auto document = document_asked_for(arguments)) {
    print(*document);
    return exit_done;
  }
  const auto given = parse_or_explain(help_syntax, arguments);
  if (!given) return given.error();
  if (given->operands().empty()) {
    print(overview());
    return exit_done;
  }
  const auto name = given->operands().front();
  if (name == "config") return help_config(std::span(given->operands()).subspan(1));
  const Verb* verb = find_verb(name);
  if (verb == nullptr) return no_such_verb(name);
  if (given->operands().size() > 1) {
    complain("only config takes a second word; see stayd help");
    return exit_usage;
  }
  print(help_text(*verb->syntax));
  return exit_done;
}

namespace {

int run_verb(std::span<char* const> words) {
  if (words.empty()) {
    print(overview());
    return exit_usage;
  }
  const std::string_view first = words[0];
  const auto behind = behind_first(words);
  if (first == "--version" || first == "-V") return version_main(behind);
  if (first == "--help" || first == "-h") return help_main(behind);
  const Verb* verb = find_verb(first);
  return verb == nullptr ? no_such_verb(first) : verb->main(behind);
}

}  // namespace

int dispatch(const CommandLine& table, std::span<char* const> words) {
  the_table = table;
  const auto name = called_as(words);
  const auto rest = behind_first(words);
  if (table.init != nullptr && (name == "tini" || name == "dumb-init")) {
    return table.init(name, rest);
  }
  // Init opens no file, and leaves to its command what is closed.
  if (table.init != nullptr && !rest.empty() && std::string_view(rest[0]) == "init")
    return table.init("stayd", behind_first(rest));
  // A closed 0, 1 or 2 would be given to the first file that is opened.
  if (!os::fill_standard_streams()) return exit_own_failure;
  if (!rest.empty() && *rest[0] == '@') {
    const std::string_view first = rest[0];
    const auto process = std::ranges::find(table.processes, first, &InternalProcess::name);
    if (process != table.processes.end()) return process->main();
  }
  return ending_with(run_verb(rest));
}

}  // namespace stayd::app
