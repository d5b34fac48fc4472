// SPDX-License-Identifier: Apache-2.0
#include "app/cli/arguments.h"

#include <doctest/doctest.h>

namespace stayd::app {
namespace {

constexpr Option options[] = {
    {.name = "detach", .letter = 'd', .meaning = "in the background"},
    {.name = "lines", .letter = 'n', .value = "N", .meaning = "so many"},
    {.name = "timeout", .value = "DURATION", .meaning = "wait so long"},
    {.letter = 'x', .meaning = "a letter alone"},
};
constexpr Syntax syntax{.verb = "try",
                        .operands = "NAME...",
                        .options = options,
                        .summary = "tries things",
                        .details = "At length.",
                        .least_operands = 1,
                        .most_operands = 2,
                        .reach = Reach::supervisor};
constexpr Syntax command_syntax{.verb = "run", .options = options, .style = OperandStyle::command};

/// Words as main gets them.
struct Words {
  std::vector<std::string> texts;
  std::vector<char*> pointers;
  Words(std::initializer_list<const char*> words) : texts(words.begin(), words.end()) {
    for (auto& text : texts) pointers.push_back(text.data());
  }
};

std::string error_of(const Syntax& what, const Words& words) {
  const auto parsed = parse_arguments(what, words.pointers);
  return parsed ? "" : parsed.error().message;
}

}  // namespace

TEST_CASE("options stand anywhere among operands, in every form") {
  const Words words{"web", "-d", "--lines=5", "--timeout", "2s", "db", "-x"};
  const auto given = parse_arguments(syntax, words.pointers);
  REQUIRE(given);
  CHECK(given->has("detach"));
  CHECK(given->has("x"));
  CHECK_EQ(given->value("lines"), "5");
  CHECK_EQ(given->duration("timeout").value(), seconds(2));
  CHECK_EQ(given->operands().size(), 2);
}

TEST_CASE("letters may share a word, the last one with its value") {
  for (const Words& words :
       {Words{"-dn5", "web"}, Words{"-dn", "5", "web"}, Words{"-d", "-n5", "web"}}) {
    const auto given = parse_arguments(syntax, words.pointers);
    REQUIRE(given);
    CHECK(given->has("detach"));
    CHECK_EQ(given->number("lines", 0, 10).value(), 5);
  }
}

TEST_CASE("the last value counts, all can be had") {
  const Words words{"-n", "1", "-n", "2", "web"};
  const auto given = parse_arguments(syntax, words.pointers);
  REQUIRE(given);
  CHECK_EQ(given->value("lines"), "2");
  CHECK_EQ(given->values("lines").size(), 2);
}

TEST_CASE("-- ends the options") {
  const Words words{"--", "-d", "--lines"};
  const auto given = parse_arguments(syntax, words.pointers);
  REQUIRE(given);
  CHECK_FALSE(given->has("detach"));
  CHECK_EQ(given->operands()[1], "--lines");
}

TEST_CASE("a command line is taken as it is from its first word on") {
  const Words words{"-d", "./server", "-n", "--help"};
  const auto given = parse_arguments(command_syntax, words.pointers);
  REQUIRE(given);
  CHECK(given->has("detach"));
  CHECK_FALSE(given->has("help"));
  CHECK_EQ(given->operand_strings(), std::vector<std::string>{"./server", "-n", "--help"});
}

TEST_CASE("a misuse says what, to which verb, and where to look") {
  CHECK_EQ(error_of(syntax, {"--detahc", "web"}),
           "stayd try: unknown option --detahc (did you mean --detach?); see stayd help try");
  CHECK_EQ(error_of(syntax, {"-q", "web"}), "stayd try: unknown option -q; see stayd help try");
  CHECK_EQ(error_of(syntax, {}), "stayd try: needs NAME...; see stayd help try");
  CHECK_EQ(error_of(syntax, {"a", "b", "c"}), "stayd try: unexpected \"c\"; see stayd help try");
  CHECK_EQ(error_of(syntax, {"web", "--lines"}),
           "stayd try: --lines needs a value, N; see stayd help try");
  CHECK_EQ(error_of(syntax, {"--detach=yes", "web"}),
           "stayd try: --detach takes no value; see stayd help try");
  CHECK_EQ(error_of(syntax, {"--\x1b[2J", "web"}).find('\x1b'), std::string::npos);
}

TEST_CASE("a value of the wrong kind is a misuse") {
  const Words words{"--timeout", "5", "-n", "many", "web"};
  const auto given = parse_arguments(syntax, words.pointers);
  REQUIRE(given);
  const auto timeout = given->duration("timeout");
  REQUIRE_FALSE(timeout);
  CHECK(timeout.error().message.starts_with("stayd try: --timeout 5: "));
  CHECK_FALSE(given->number("lines", 0, 10));
}

TEST_CASE("help needs no operands, and is made of the same table") {
  const Words words{"--help"};
  const auto given = parse_arguments(syntax, words.pointers);
  REQUIRE(given);
  CHECK(given->has("help"));
  CHECK_EQ(help_text(syntax),
           "stayd try [OPTIONS] NAME...\n"
           "\n"
           "tries things.\n"
           "\n"
           "At length.\n"
           "\n"
           "Options:\n"
           "  -d, --detach            in the background\n"
           "  -n, --lines N           so many\n"
           "      --timeout DURATION  wait so long\n"
           "  -x                      a letter alone\n"
           "  -f, --file FILE         the supervisor of this configuration file\n"
           "      --name NAME         the supervisor of this name\n"
           "  -h, --help              this text\n");
}

}  // namespace stayd::app
