// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "app/cli/configuration.h"
#include "app/cli/launch.h"
#include "app/cli/output.h"
#include "app/cli/verbs.h"
#include "control/json_writer.h"

namespace stayd::app {
namespace {

constexpr Option check_options[] = {
    {.name = "json", .meaning = "one JSON object a file"},
};

std::string summary(const Configuration& loaded) {
  const auto services = loaded.spec.services.size();
  const auto instances = instance_count(loaded.spec);
  std::string text = loaded.files.front() + ": " + std::to_string(services) +
                     (services == 1 ? " service" : " services");
  if (instances != services)
    text.append(", ").append(std::to_string(instances)).append(" instances");
  if (loaded.files.size() > 1) {
    text.append(", from ").append(std::to_string(loaded.files.size())).append(" files");
  }
  const auto warnings = loaded.warnings.size();
  if (warnings == 0) return text + ": fine\n";
  return text + ": valid, with " + std::to_string(warnings) +
         (warnings == 1 ? " warning\n" : " warnings\n");
}

void write_problem(control::JsonWriter& json, const config::Diagnostic& one) {
  json.begin_object();
  json.text_field("severity", one.severity == config::Severity::error ? "error" : "warning");
  json.text_field("file", one.file);
  json.unsigned_field("line", one.line);
  json.unsigned_field("column", one.column);
  json.text_field("message", one.message);
  json.text_field("hint", one.hint);
  json.end_object();
}

void print_json(const std::string& file, const Loaded& loaded) {
  control::JsonWriter json;
  json.begin_object();
  json.text_field("file", loaded ? loaded->files.front() : file);
  json.boolean_field("valid", loaded.has_value());
  if (loaded) {
    json.unsigned_field("services", loaded->spec.services.size());
    json.unsigned_field("instances", instance_count(loaded->spec));
  }
  json.key("problems");
  json.begin_array();
  for (const auto& one : loaded ? loaded->warnings : loaded.error()) write_problem(json, one);
  json.end_array();
  json.end_object();
  print(json.take() + "\n");
}

int check_file(const Arguments& given, const std::string& file) {
  const Loaded loaded = load_configuration({.file = file, .check_only = true});
  if (given.has("json")) {
    print_json(file, loaded);
  } else {
    show_problems(loaded ? loaded->warnings : loaded.error());
    if (loaded) print(summary(*loaded));
  }
  return loaded ? exit_done : exit_configuration;
}

}  // namespace

constinit const Syntax check_syntax{
    .verb = "check",
    .operands = "[FILE...]",
    .options = check_options,
    .summary = "reads configurations and says what is wrong with them",
    .details =
        "Without a FILE, the one that up would take. What only this machine or user cannot do is "
        "a\n"
        "warning. Exit code 6 when a file is not valid."};

int check_main(std::span<char* const> arguments) {
  const auto given = parse_or_explain(check_syntax, arguments);
  if (!given) return given.error();
  auto files = given->operand_strings();
  if (files.empty()) files.emplace_back();
  int code = exit_done;
  for (const std::string& file : files) code = std::max(code, check_file(*given, file));
  return code;
}

}  // namespace stayd::app
