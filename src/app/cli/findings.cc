// SPDX-License-Identifier: Apache-2.0
#include "app/cli/findings.h"

#include <algorithm>

#include "base/text.h"
#include "control/json_writer.h"

namespace stayd::app {
namespace {

struct Mark {
  std::string_view unicode, ascii, colour;
};

Mark mark_of(Health health) {
  switch (health) {
    case Health::good: return {"✓", "+", "\x1b[32m"};
    case Health::lesser: return {"○", "o", "\x1b[33m"};
    case Health::missing: return {"✗", "x", "\x1b[31m"};
  }
  return {};
}

std::string line_of(const Finding& finding, std::size_t column, const Style& style) {
  const Mark mark = mark_of(finding.health);
  std::string line(style.colours ? mark.colour : "");
  line.append(style.unicode ? mark.unicode : mark.ascii).append(style.colours ? "\x1b[0m" : "");
  std::string name(finding.name);
  name.resize(column, ' ');
  line.append(" ").append(name).append(printable(finding.detail)).append("\n");
  if (finding.consequence.empty()) return line;
  return line.append(column + 2, ' ').append(printable(finding.consequence)).append("\n");
}

}  // namespace

std::string_view word(Health health) {
  switch (health) {
    case Health::good: return "good";
    case Health::lesser: return "lesser";
    case Health::missing: return "missing";
  }
  return "missing";
}

std::string render_diagnosis(const Diagnosis& diagnosis, const Style& style) {
  std::string text = "stayd " STAYD_VERSION " on Linux " + printable(diagnosis.kernel) + "\n";
  std::size_t column = 0;
  for (const auto& finding : diagnosis.findings) column = std::max(column, finding.name.size() + 2);
  for (const auto& finding : diagnosis.findings) text.append(line_of(finding, column, style));
  return text;
}

std::string diagnosis_json(const Diagnosis& diagnosis) {
  control::JsonWriter json;
  json.begin_object();
  json.number_field("version", 1);
  json.text_field("stayd", STAYD_VERSION);
  json.text_field("kernel", diagnosis.kernel);
  json.key("findings");
  json.begin_array();
  for (const auto& finding : diagnosis.findings) {
    json.begin_object();
    json.text_field("name", finding.name);
    json.text_field("health", word(finding.health));
    json.text_field("detail", finding.detail);
    if (!finding.consequence.empty()) json.text_field("consequence", finding.consequence);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return json.take() + "\n";
}

}  // namespace stayd::app
