// SPDX-License-Identifier: Apache-2.0
#include "app/cli/output.h"

#include <cerrno>

#include "app/cli/arguments.h"
#include "base/text.h"
#include "os/error.h"
#include "os/fd.h"
#include "os/files.h"
#include "os/pipe.h"
#include "os/terminal_size.h"

namespace stayd::app {
namespace {

constexpr os::FdView output_fd{1};
constexpr os::FdView error_fd{2};
constexpr std::uint32_t usual_columns = 80;
int trouble = 0;

}  // namespace

bool print(std::string_view text) {
  const auto written = os::write_all(output_fd, text);
  if (!written && written.error().number != EPIPE) trouble = written.error().number;
  return written.has_value();
}

int ending_with(int code) {
  if (trouble == 0) return code;
  complain("cannot write to standard output: " + os::error_text(trouble));
  return code == exit_done ? exit_failed : code;
}

void complain(std::string_view message) {
  std::string line;
  line.reserve(message.size() + 8);
  if (!message.starts_with("stayd")) line.append("stayd: ");
  line.append(message).push_back('\n');
  static_cast<void>(os::write_all(error_fd, line));
}

void print_error(std::string_view text) { static_cast<void>(os::write_all(error_fd, text)); }

bool is_utf8_locale(std::string_view locale) {
  std::string folded;
  for (const char c : locale) {
    if (c == '-') continue;
    folded.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
  }
  return folded.find("utf8") != std::string::npos;
}

Style style_of(Stream stream) {
  Style style;
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const std::string locale = os::environment(name);
    if (locale.empty()) continue;
    style.unicode = is_utf8_locale(locale);
    break;
  }
  const os::FdView fd = stream == Stream::output ? output_fd : error_fd;
  if (!os::is_terminal(fd)) return style;
  const std::string terminal = os::environment("TERM");
  style.colours = !terminal.empty() && terminal != "dumb" && os::environment("NO_COLOR").empty();
  const auto columns = parse_integer(os::environment("COLUMNS"), 1, 10'000);
  style.width = columns ? static_cast<std::uint32_t>(*columns) : os::terminal_columns(fd);
  if (style.width == 0) style.width = usual_columns;
  return style;
}

}  // namespace stayd::app
