// SPDX-License-Identifier: Apache-2.0
// The one parser of command lines. A verb describes what it takes in a constexpr Syntax, from which
// come the parser's behaviour, its messages, and `stayd help VERB`:
//
//     constexpr Option stop_options[] = {
//         {.name = "timeout", .value = "DURATION", .meaning = "give up waiting after this long"},
//         {.name = "no-wait", .meaning = "return at once"},
//     };
//     constexpr Syntax stop_syntax{.verb = "stop", .operands = "NAME...", .options = stop_options,
//                                  .summary = "stops services", .least_operands = 1,
//                                  .reach = Reach::supervisor};
//
// Taken are: --name, --name=VALUE, --name VALUE, -x, -xVALUE, -x VALUE, several letters in one word
// (-df FILE), options after operands, and -- to end them. A flag given twice is one flag; an option
// with a value given twice keeps both values (see Arguments::values).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace stayd::app {

struct Option {
  std::string_view name{};     ///< without the dashes; empty: the letter alone
  char letter = '\0';          ///< "-n"; NUL: none
  std::string_view value{};    ///< what help calls the value ("FILE"); empty: a flag
  std::string_view meaning{};  ///< one clause for help
};

/// What stands behind the options.
enum class OperandStyle : unsigned char {
  mixed,    ///< operands and options in any order
  command,  ///< the first operand, or `--`, begins a command line that is taken as it is
};

/// Whether the verb speaks to a supervisor (or reads its logs): it then takes -f FILE and --name
/// NAME as well. A letter which the verb's own options use is the verb's (`logs -f` follows).
enum class Reach : unsigned char { nothing, supervisor };

struct Syntax {
  std::string_view verb;
  std::string_view operands{};  ///< as help shows them: "NAME..."
  std::span<const Option> options{};
  std::string_view summary{};  ///< one clause, begins in lower case, no full stop
  std::string_view details{};  ///< paragraphs for `stayd help VERB`
  std::size_t least_operands = 0;
  std::size_t most_operands = static_cast<std::size_t>(-1);
  OperandStyle style = OperandStyle::mixed;
  Reach reach = Reach::nothing;
};

/// A parsed command line; borrows the argument strings.
class Arguments {
 public:
  /// Whether the option (its long name, or its letter where it has none) was given.
  [[nodiscard]] bool has(std::string_view option) const;
  /// The last value given.
  [[nodiscard]] std::optional<std::string_view> value(std::string_view option) const;
  /// All values given, in order.
  [[nodiscard]] std::vector<std::string_view> values(std::string_view option) const;
  /// The value as a duration; an Error names the option and what was expected.
  [[nodiscard]] Result<std::optional<Duration>> duration(std::string_view option) const;
  /// The value as a whole number in [least, most].
  [[nodiscard]] Result<std::optional<std::int64_t>> number(std::string_view option,
                                                           std::int64_t least,
                                                           std::int64_t most) const;
  [[nodiscard]] const std::vector<std::string_view>& operands() const { return operands_; }
  [[nodiscard]] std::vector<std::string> operand_strings() const;
  /// The whole message for a misuse that the Syntax cannot express: "stayd stop: <what>; see ...".
  [[nodiscard]] Error misuse(std::string_view what) const;

 private:
  friend class ArgumentParser;
  std::string_view verb_;
  std::vector<std::pair<std::string_view, std::string_view>> given_;
  std::vector<std::string_view> operands_;
};

/// Parses what follows the verb. The Error's message is whole:
/// "stayd stop: unknown option --foo (did you mean --force?); see stayd help stop". Exit code 2.
/// --help and -h are known to every verb: has("help") is then true and nothing else is checked.
Result<Arguments> parse_arguments(const Syntax& syntax, std::span<char* const> arguments);

/// parse_arguments as a verb's first step: prints the help text or the error, and then gives the
/// exit code to leave with instead of Arguments.
std::expected<Arguments, int> parse_or_explain(const Syntax& syntax,
                                               std::span<char* const> arguments);

/// "stayd stop [OPTIONS] NAME..." with summary, details and options, as `stayd help stop` prints
/// it.
std::string help_text(const Syntax& syntax);

/// Exit codes (docs/reference/cli.md).
enum ExitCode : int {
  exit_done = 0,
  exit_failed = 1,
  exit_usage = 2,
  exit_not_running = 3,
  exit_no_such_service = 4,
  exit_no_supervisor = 5,
  exit_configuration = 6,
  exit_not_permitted = 7,
  exit_timed_out = 124,
  exit_own_failure = 125,
  exit_not_executable = 126,
  exit_not_found = 127,
};

}  // namespace stayd::app
