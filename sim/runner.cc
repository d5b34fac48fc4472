// SPDX-License-Identifier: Apache-2.0
// sim_runner: runs seeds, or shows that planted bugs are found. docs/simulator.md tells how.
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "sim/simulation.h"

namespace stayd::sim {

namespace {

constexpr const char* usage =
    "sim_runner --seeds FROM..TO | --seed N [--trace] | --planted-bugs\n"
    "           [--events N] [--bug NAME]\n"
    "  --seeds FROM..TO  run these seeds\n"
    "  --seed N          run one\n"
    "  --trace           print every event and what followed from it\n"
    "  --events N        events of the safety phase of each seed (2000)\n"
    "  --planted-bugs    plant each known bug; all must be found within the seeds (1..400)\n"
    "  --bug NAME        plant this bug\n";

struct Arguments {
  Options options;
  std::uint64_t from = 1;
  std::uint64_t to = 0;
  bool planted_bugs = false;
};

bool parse_number(std::string_view text, std::uint64_t& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size();
}

bool parse_seeds(std::string_view text, Arguments& arguments) {
  const std::size_t dots = text.find("..");
  if (dots == std::string_view::npos) return false;
  return parse_number(text.substr(0, dots), arguments.from) &&
         parse_number(text.substr(dots + 2), arguments.to) && arguments.from <= arguments.to;
}

bool parse_option(std::string_view name, std::string_view value, Arguments& arguments) {
  if (name == "--seeds") return parse_seeds(value, arguments);
  if (name == "--events") return parse_number(value, arguments.options.events);
  if (name == "--seed") {
    const bool good = parse_number(value, arguments.from);
    arguments.to = arguments.from;
    return good;
  }
  if (name != "--bug") return false;
  const std::optional<PlantedBug> bug = planted_bug_from(value);
  if (bug) arguments.options.bug = *bug;
  return bug.has_value();
}

bool parse(int count, char** words, Arguments& arguments) {
  for (int i = 1; i < count; ++i) {
    const std::string_view name = words[i];
    if (name == "--trace") {
      arguments.options.tell = Options::Tell::everything;
    } else if (name == "--planted-bugs") {
      arguments.planted_bugs = true;
    } else if (i + 1 >= count || !parse_option(name, words[++i], arguments)) {
      return false;
    }
  }
  if (arguments.planted_bugs && arguments.to == 0) arguments.to = 400;
  return arguments.to != 0;
}

int run_seeds(const Arguments& arguments) {
  const auto start = std::chrono::steady_clock::now();
  std::uint64_t events = 0;
  std::uint64_t take_overs = 0;
  for (std::uint64_t seed = arguments.from; seed <= arguments.to; ++seed) {
    Options options = arguments.options;
    options.seed = seed;
    Simulation simulation(options);
    const std::string failure = simulation.run();
    events += simulation.events();
    take_overs += simulation.take_overs();
    if (failure.empty()) continue;
    std::fprintf(stderr, "%s\nto see it: sim_runner --seed %llu --events %llu%s%s --trace\n",
                 failure.c_str(), static_cast<unsigned long long>(seed),
                 static_cast<unsigned long long>(options.events),
                 options.bug == PlantedBug::none ? "" : " --bug ",
                 options.bug == PlantedBug::none ? "" : word(options.bug));
    return 1;
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  std::printf("seeds %llu to %llu: %llu events, %llu take-overs, %.2f s, %.2f million events/s\n",
              static_cast<unsigned long long>(arguments.from),
              static_cast<unsigned long long>(arguments.to),
              static_cast<unsigned long long>(events), static_cast<unsigned long long>(take_overs),
              took.count(), static_cast<double>(events) / took.count() / 1e6);
  return 0;
}

int find_planted_bug(PlantedBug bug, const Arguments& arguments) {
  for (std::uint64_t seed = arguments.from; seed <= arguments.to; ++seed) {
    Options options = arguments.options;
    options.seed = seed;
    options.bug = bug;
    const std::string failure = Simulation(options).run();
    if (failure.empty()) continue;
    std::printf("%-22s found: %s\n", word(bug), failure.c_str());
    return 0;
  }
  std::fprintf(stderr, "%s: not found in %llu seeds\n", word(bug),
               static_cast<unsigned long long>(arguments.to - arguments.from + 1));
  return 1;
}

int find_planted_bugs(const Arguments& arguments) {
  int result = 0;
  for (std::uint32_t i = 1; i < planted_bug_count; ++i)
    result |= find_planted_bug(static_cast<PlantedBug>(i), arguments);
  return result;
}

}  // namespace

}  // namespace stayd::sim

int main(int count, char** words) {
  stayd::sim::Arguments arguments;
  if (!stayd::sim::parse(count, words, arguments)) {
    std::fputs(stayd::sim::usage, stderr);
    return 2;
  }
  return arguments.planted_bugs ? stayd::sim::find_planted_bugs(arguments)
                                : stayd::sim::run_seeds(arguments);
}
