// SPDX-License-Identifier: Apache-2.0
#include "app/init/init_options.h"

#include <algorithm>
#include <string>

#include "base/text.h"
#include "os/files.h"

namespace stayd::app {
namespace {

constexpr std::size_t tstp = 20, ttin = 21, ttou = 22;  // signal(7), every processor we know
constexpr std::uint8_t stop = 19;

struct LongName {
  std::string_view name;
  char letter;
};
constexpr LongName long_names[] = {
    {"single-child", 'c'}, {"rewrite", 'r'}, {"verbose", 'v'}, {"help", 'h'}, {"version", 'V'}};

std::string_view letters_of(Dialect dialect) {
  switch (dialect) {
    case Dialect::stayd: return "crvhVspwgel";
    case Dialect::tini: return "hspvwgelV";
    case Dialect::dumb_init: return "crvhV";
  }
  return {};
}

bool takes_value(char letter) { return letter == 'r' || letter == 'p' || letter == 'e'; }

Status rewrite(InitOptions& options, std::string_view rule) {
  const std::size_t colon = rule.find(':');
  if (colon == std::string_view::npos)
    return failure("-r takes SIGNAL:SIGNAL, not \"" + printable(rule) + "\"");
  const int from = TRY(parse_signal(rule.substr(0, colon)));
  const std::string_view into = rule.substr(colon + 1);
  const int to = into == "0" ? 0 : TRY(parse_signal(into));
  options.rewrite[static_cast<std::size_t>(from)] = static_cast<std::uint8_t>(to);
  options.is_rewritten[static_cast<std::size_t>(from)] = true;
  return {};
}

Status apply(InitOptions& options, char letter, std::string_view value) {
  switch (letter) {
    case 'c':
      options.single_child = true;
      options.to_group = false;
      break;
    case 'r': return rewrite(options, value);
    case 'v': ++options.verbosity; break;
    case 'h': options.request = InitRequest::help; break;
    case 'V': options.request = InitRequest::version; break;
    case 'l': options.request = InitRequest::license; break;
    case 's': options.subreaper = true; break;
    case 'w': options.warn_of_reaping = true; break;
    case 'g': options.to_group = true; break;
    case 'p': options.parent_death_signal = TRY(parse_signal(value)); break;
    default:  // 'e'
      options.success_codes.set(static_cast<std::size_t>(TRY(parse_integer(value, 0, 255))));
  }
  return {};
}

class Parser {
 public:
  Parser(InitOptions& options, std::span<char* const> words) : options_(options), words_(words) {}

  Status run() {
    for (; at_ < words_.size(); ++at_) {
      const std::string_view word = words_[at_];
      if (word == "--") {
        ++at_;
        break;
      }
      if (word.size() < 2 || word[0] != '-') break;
      TRY(word[1] == '-' ? take_long(word.substr(2)) : take_letters(word.substr(1)));
      if (options_.request != InitRequest::run) break;
    }
    options_.command = words_.subspan(std::min(at_, words_.size()));
    return {};
  }

 private:
  Result<std::string_view> next_value(char letter) {
    if (at_ + 1 >= words_.size()) return failure(std::string("-") + letter + " takes a value");
    return std::string_view(words_[++at_]);
  }

  Status take_letters(std::string_view letters) {
    while (!letters.empty()) {
      const char letter = letters[0];
      letters.remove_prefix(1);
      const bool is_known = letters_of(options_.dialect).find(letter) != std::string_view::npos;
      if (!is_known) return failure("there is no option -" + printable({&letter, 1}));
      if (!takes_value(letter)) {
        TRY(apply(options_, letter, {}));
        continue;
      }
      return apply(options_, letter, letters.empty() ? TRY(next_value(letter)) : letters);
    }
    return {};
  }

  Status take_long(std::string_view word) {
    const std::size_t equals = word.find('=');
    const auto known = std::ranges::find(long_names, word.substr(0, equals), &LongName::name);
    if (known == std::end(long_names) ||
        letters_of(options_.dialect).find(known->letter) == std::string_view::npos)
      return failure("there is no option --" + printable(word));
    if (!takes_value(known->letter)) return apply(options_, known->letter, {});
    if (equals != std::string_view::npos)
      return apply(options_, known->letter, word.substr(equals + 1));
    return apply(options_, known->letter, TRY(next_value(known->letter)));
  }

  InitOptions& options_;
  std::span<char* const> words_;
  std::size_t at_ = 0;
};

void apply_environment(InitOptions& options) {
  if (options.dialect != Dialect::dumb_init) {
    if (!os::environment("TINI_SUBREAPER").empty()) options.subreaper = true;
    if (!os::environment("TINI_KILL_PROCESS_GROUP").empty()) options.to_group = true;
    const auto verbosity = parse_integer(os::environment("TINI_VERBOSITY"), 0, 3);
    if (verbosity) options.verbosity = static_cast<int>(*verbosity);
  }
  if (options.dialect != Dialect::tini) {
    if (os::environment("DUMB_INIT_SETSID") == "0") {
      options.single_child = true;
      options.to_group = false;
    }
    if (os::environment("DUMB_INIT_DEBUG") == "1") ++options.verbosity;
  }
}

}  // namespace

Result<InitOptions> parse_init_options(Dialect dialect, std::span<char* const> arguments) {
  InitOptions options;
  options.dialect = dialect;
  options.own_session = dialect != Dialect::tini;
  options.to_group = dialect != Dialect::tini;
  apply_environment(options);
  TRY(Parser(options, arguments).run());
  if (options.single_child) options.own_session = false;
  if (options.own_session) {
    // A child in a session of its own has no shell that could stop it for these; see dumb-init(1).
    for (const std::size_t signal : {tstp, ttin, ttou}) {
      if (options.is_rewritten[signal]) continue;
      options.rewrite[signal] = stop;
      options.is_rewritten[signal] = true;
    }
  }
  if (options.request == InitRequest::run && options.command.empty())
    return failure("a command to run is missing");
  return options;
}

}  // namespace stayd::app
