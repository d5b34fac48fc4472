// SPDX-License-Identifier: Apache-2.0
#include "app/cli/arguments.h"

#include <algorithm>
#include <array>

#include "app/cli/output.h"
#include "base/text.h"

namespace stayd::app {
namespace {

constexpr std::array reaching_options{
    Option{.name = "file",
           .letter = 'f',
           .value = "FILE",
           .meaning = "the supervisor of this configuration file"},
    Option{.name = "name", .value = "NAME", .meaning = "the supervisor of this name"},
};
constexpr std::array common_options{
    Option{.name = "help", .letter = 'h', .meaning = "this text"},
};

std::span<const Option> reach_options(const Syntax& syntax) {
  if (syntax.reach == Reach::nothing) return {};
  return reaching_options;
}

/// What an option is stored and asked under.
std::string_view key_of(const Option& option) {
  return option.name.empty() ? std::string_view(&option.letter, 1) : option.name;
}

template <typename Matches>
const Option* find_option(const Syntax& syntax, Matches matches) {
  for (const auto options :
       {syntax.options, reach_options(syntax), std::span<const Option>(common_options)}) {
    const auto found = std::ranges::find_if(options, matches);
    if (found != options.end()) return &*found;
  }
  return nullptr;
}

const Option* find_name(const Syntax& syntax, std::string_view name) {
  return find_option(syntax, [&](const Option& o) { return !name.empty() && o.name == name; });
}

const Option* find_letter(const Syntax& syntax, char letter) {
  return find_option(syntax, [&](const Option& o) { return o.letter == letter; });
}

std::optional<std::string_view> nearest_name(const Syntax& syntax, std::string_view name) {
  std::vector<std::string_view> known;
  find_option(syntax, [&](const Option& option) {
    known.push_back(option.name);
    return false;
  });
  std::erase(known, std::string_view{});
  return nearest(name, known.data(), known.size());
}

std::string misuse_text(std::string_view verb, std::string_view what) {
  std::string text = "stayd ";
  text.append(verb).append(": ").append(what).append("; see stayd help ").append(verb);
  return text;
}

}  // namespace

class ArgumentParser {
 public:
  explicit ArgumentParser(const Syntax& syntax) : syntax_(syntax) { result_.verb_ = syntax.verb; }

  Result<Arguments> parse(std::span<char* const> arguments) {
    while (!arguments.empty()) {
      const std::string_view word = arguments.front();
      arguments = arguments.subspan(1);
      if (word == "--") {
        take_rest(arguments);
        break;
      }
      if (word.size() < 2 || word[0] != '-') {
        result_.operands_.push_back(word);
        if (syntax_.style == OperandStyle::mixed) continue;
        take_rest(arguments);
        break;
      }
      TRY(word[1] == '-' ? take_long(word.substr(2), arguments)
                         : take_letters(word.substr(1), arguments));
    }
    if (!result_.has("help")) TRY(check_operands());
    return std::move(result_);
  }

 private:
  void take_rest(std::span<char* const> arguments) {
    result_.operands_.insert(result_.operands_.end(), arguments.begin(), arguments.end());
  }

  [[nodiscard]] Status fail(const std::string& what) const {
    return failure(misuse_text(syntax_.verb, what));
  }

  Status take_long(std::string_view word, std::span<char* const>& rest) {
    const auto equals = word.find('=');
    const auto name = word.substr(0, equals);
    const Option* option = find_name(syntax_, name);
    if (option == nullptr) {
      std::string what = "unknown option --" + printable(name);
      if (const auto near = nearest_name(syntax_, name)) {
        what.append(" (did you mean --").append(*near).append("?)");
      }
      return fail(what);
    }
    if (equals == std::string_view::npos) return take(*option, rest);
    if (option->value.empty()) {
      return fail("--" + std::string(name) + " takes no value");
    }
    result_.given_.emplace_back(key_of(*option), word.substr(equals + 1));
    return {};
  }

  Status take_letters(std::string_view letters, std::span<char* const>& rest) {
    while (!letters.empty()) {
      const Option* option = find_letter(syntax_, letters[0]);
      if (option == nullptr) return fail("unknown option -" + printable(letters.substr(0, 1)));
      letters.remove_prefix(1);
      if (!option->value.empty() && !letters.empty()) {
        result_.given_.emplace_back(key_of(*option), letters);
        return {};
      }
      TRY(take(*option, rest));
    }
    return {};
  }

  /// An option whose value, if it takes one, is the next word.
  Status take(const Option& option, std::span<char* const>& rest) {
    std::string_view value;
    if (!option.value.empty()) {
      if (rest.empty()) {
        const auto key = key_of(option);
        return fail((option.name.empty() ? "-" : "--") + std::string(key) + " needs a value, " +
                    std::string(option.value));
      }
      value = rest.front();
      rest = rest.subspan(1);
    }
    result_.given_.emplace_back(key_of(option), value);
    return {};
  }

  [[nodiscard]] Status check_operands() const {
    const auto count = result_.operands_.size();
    if (count < syntax_.least_operands) return fail("needs " + std::string(syntax_.operands));
    if (count <= syntax_.most_operands) return {};
    const auto extra = result_.operands_[syntax_.most_operands];
    return fail("unexpected \"" + printable(extra) + "\"" +
                (syntax_.most_operands == 0 ? ", it takes no operands" : ""));
  }

  const Syntax& syntax_;
  Arguments result_;
};

bool Arguments::has(std::string_view option) const {
  return std::ranges::any_of(given_, [&](const auto& g) { return g.first == option; });
}

std::optional<std::string_view> Arguments::value(std::string_view option) const {
  std::optional<std::string_view> last;
  for (const auto& [name, value] : given_) {
    if (name == option) last = value;
  }
  return last;
}

std::vector<std::string_view> Arguments::values(std::string_view option) const {
  std::vector<std::string_view> all;
  for (const auto& [name, value] : given_) {
    if (name == option) all.push_back(value);
  }
  return all;
}

Result<std::optional<Duration>> Arguments::duration(std::string_view option) const {
  const auto text = value(option);
  if (!text) return std::nullopt;
  auto parsed = parse_duration(*text);
  if (!parsed) {
    return std::unexpected(misuse("--" + std::string(option) + " " + printable(*text) + ": " +
                                  parsed.error().message));
  }
  return *parsed;
}

Result<std::optional<std::int64_t>> Arguments::number(std::string_view option, long least,
                                                      long most) const {
  const auto text = value(option);
  if (!text) return std::nullopt;
  auto parsed = parse_integer(*text, least, most);
  if (!parsed) {
    return std::unexpected(misuse("--" + std::string(option) + " " + printable(*text) + ": " +
                                  parsed.error().message));
  }
  return *parsed;
}

std::vector<std::string> Arguments::operand_strings() const {
  return {operands_.begin(), operands_.end()};
}

Error Arguments::misuse(std::string_view what) const { return Error{0, misuse_text(verb_, what)}; }

Result<Arguments> parse_arguments(const Syntax& syntax, std::span<char* const> arguments) {
  return ArgumentParser(syntax).parse(arguments);
}

std::expected<Arguments, int> parse_or_explain(const Syntax& syntax,
                                               std::span<char* const> arguments) {
  auto parsed = parse_arguments(syntax, arguments);
  if (!parsed) {
    complain(parsed.error().message);
    return std::unexpected(exit_usage);
  }
  if (parsed->has("help")) {
    print(help_text(syntax));
    return std::unexpected(exit_done);
  }
  return std::move(*parsed);
}

namespace {

/// "  -n, --lines N", with room for the letter where there is none.
std::string option_form(const Syntax& syntax, const Option& option) {
  std::string form = "  ";
  const bool letter_is_its = option.letter != '\0' && find_letter(syntax, option.letter) == &option;
  if (letter_is_its) {
    form.append({'-', option.letter});
    if (!option.name.empty()) form.append(", ");
  } else {
    form.append("    ");
  }
  if (!option.name.empty()) form.append("--").append(option.name);
  if (!option.value.empty()) form.append(" ").append(option.value);
  return form;
}

}  // namespace

std::string help_text(const Syntax& syntax) {
  std::string text = "stayd ";
  text.append(syntax.verb).append(" [OPTIONS]");
  if (!syntax.operands.empty()) text.append(" ").append(syntax.operands);
  text.append("\n\n").append(syntax.summary).append(".\n");
  if (!syntax.details.empty()) text.append("\n").append(syntax.details).append("\n");
  text.append("\nOptions:\n");
  std::vector<std::pair<std::string, std::string_view>> rows;
  find_option(syntax, [&](const Option& option) {
    rows.emplace_back(option_form(syntax, option), option.meaning);
    return false;
  });
  std::size_t column = 0;
  for (const auto& [form, meaning] : rows) column = std::max(column, form.size() + 2);
  for (auto& [form, meaning] : rows) {
    form.resize(column, ' ');
    text.append(form).append(meaning).append("\n");
  }
  return text;
}

}  // namespace stayd::app
