// SPDX-License-Identifier: Apache-2.0
// Names of signals (signal(7), x86 and Arm numbering), without asking the C library: base makes no
// system call, and RTMIN is the library's (two of the kernel's real-time signals are its own).
#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.h"

namespace stayd {

namespace {

constexpr int first_real_time = 34;
constexpr int last_real_time = 64;

constexpr std::array<std::string_view, 32> names{
    "",     "HUP",  "INT",  "QUIT", "ILL",    "TRAP",   "ABRT",  "BUS",  "FPE",  "KILL", "USR1",
    "SEGV", "USR2", "PIPE", "ALRM", "TERM",   "STKFLT", "CHLD",  "CONT", "STOP", "TSTP", "TTIN",
    "TTOU", "URG",  "XCPU", "XFSZ", "VTALRM", "PROF",   "WINCH", "IO",   "PWR",  "SYS"};

struct Alias {
  std::string_view name;
  int number;
};
constexpr std::array<Alias, 4> aliases{{{"IOT", 6}, {"CLD", 17}, {"POLL", 29}, {"UNUSED", 31}}};

std::string upper(std::string_view text) {
  std::string made(text);
  for (char& c : made) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return made;
}

/// All of `text` as a number; -1 if it is none.
int number_in(std::string_view text) {
  int number = -1;
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, number);
  return error == std::errc{} && at == end ? number : -1;
}

/// "RTMIN", "RTMIN+3", "RTMAX-2"; 0 if it is none of them.
int real_time_number(std::string_view name) {
  if (name == "RTMIN") return first_real_time;
  if (name == "RTMAX") return last_real_time;
  const bool from_least = name.starts_with("RTMIN+");
  if (!from_least && !name.starts_with("RTMAX-")) return 0;
  const int step = number_in(name.substr(6));
  if (step < 0 || step > last_real_time - first_real_time) return 0;
  return from_least ? first_real_time + step : last_real_time - step;
}

int number_of_name(std::string_view name) {
  if (name.empty()) return 0;
  const auto known = std::find(names.begin(), names.end(), name);
  if (known != names.end()) return static_cast<int>(known - names.begin());
  for (const Alias& alias : aliases) {
    if (alias.name == name) return alias.number;
  }
  return real_time_number(name);
}

}  // namespace

Result<int> parse_signal(std::string_view text) {
  const std::string name = upper(text);
  int number = number_in(text);
  if (number < 0) {
    number = number_of_name(name.starts_with("SIG") ? std::string_view(name).substr(3) : name);
  }
  if (number >= 1 && number <= last_real_time) return number;
  return failure("\"" + printable(text, 64) +
                 "\" is not a signal: a name such as \"TERM\" or \"RTMIN+3\", or a number from 1 "
                 "to 64 is expected");
}

std::string signal_name(int number) {
  if (number >= 1 && number < static_cast<int>(names.size())) {
    return std::string(names[static_cast<std::size_t>(number)]);
  }
  if (number < first_real_time || number > last_real_time) return std::to_string(number);
  if (number == first_real_time) return "RTMIN";
  return "RTMIN+" + std::to_string(number - first_real_time);
}

}  // namespace stayd
