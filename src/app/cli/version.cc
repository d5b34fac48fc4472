// SPDX-License-Identifier: Apache-2.0
#include "app/cli/output.h"
#include "app/cli/verbs.h"
#include "control/json_writer.h"

namespace stayd::app {
namespace {

constexpr Option version_options[] = {
    {.name = "json", .meaning = "as one JSON object"},
};

}  // namespace

constinit const Syntax version_syntax{.verb = "version",
                                      .options = version_options,
                                      .summary = "prints the version of this stayd",
                                      .most_operands = 0};

int version_main(std::span<char* const> arguments) {
  const auto given = parse_or_explain(version_syntax, arguments);
  if (!given) return given.error();
  if (!given->has("json")) {
    print("stayd " STAYD_VERSION "\n");
    return exit_done;
  }
  control::JsonWriter json;
  json.begin_object();
  json.text_field("version", STAYD_VERSION);
  json.end_object();
  print(json.take() + "\n");
  return exit_done;
}

}  // namespace stayd::app
