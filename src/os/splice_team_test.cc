// SPDX-License-Identifier: Apache-2.0
#include "os/splice_team.h"

#include <dirent.h>
#include <doctest/doctest.h>
#include <poll.h>
#include <sched.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "os/files.h"
#include "os/pipe.h"
#include "os/process.h"
#include "os/test_support.h"

namespace stayd::os {
namespace {

std::size_t own_threads() {
  std::size_t count = 0;
  if (DIR* listing = ::opendir("/proc/self/task")) {
    while (const dirent* entry = ::readdir(listing)) count += entry->d_name[0] != '.' ? 1 : 0;
    ::closedir(listing);
  }
  return count;
}

/// Pipes that hold something each, and a file for each.
struct Load {
  explicit Load(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      pipes.push_back(*create_pipe());
      files.push_back(*open_file(path(i), OpenFor::read_write_create));
    }
  }
  [[nodiscard]] std::string path(std::size_t i) const { return folder / std::to_string(i); }
  static std::string text(std::size_t i, int round) {
    return std::string(4000 + 100 * i,
                       static_cast<char>('a' + (i + static_cast<std::size_t>(round)) % 26));
  }
  void fill(int round) const {
    for (std::size_t i = 0; i < pipes.size(); ++i)
      REQUIRE(write_all(pipes[i].write_end.view(), text(i, round)).has_value());
  }
  std::vector<PieceToMove> pieces(const std::vector<std::string>& before) const {
    std::vector<PieceToMove> all;
    all.reserve(pipes.size());
    for (std::size_t i = 0; i < pipes.size(); ++i)
      all.push_back({.pipe = pipes[i].read_end.view(),
                     .file = files[i].view(),
                     .offset = before[i].size(),
                     .most = 1u << 20});
    return all;
  }

  TemporaryFolder folder;
  std::vector<Pipe> pipes;
  std::vector<Fd> files;
};

/// Gives all of them and helps until all are moved.
void move_all(SpliceTeam& team, std::span<PieceToMove> pieces) {
  for (PieceToMove& piece : pieces) team.give(piece);
  while (team.move_next()) {
  }
  while (!std::ranges::all_of(pieces, &PieceToMove::is_moved)) team.wait();
}

TEST_CASE("each piece is moved once, round after round") {
  constexpr std::size_t count = 40;
  constexpr int rounds = 200;
  const Load load(count);
  std::vector<std::string> expected(count);
  SpliceTeam team;
  bool exact = true;
  for (int round = 0; round < rounds; ++round) {
    load.fill(round);
    std::vector<PieceToMove> pieces = load.pieces(expected);
    move_all(team, pieces);
    for (std::size_t i = 0; i < count; ++i) {
      const std::string text = Load::text(i, round);
      exact = exact && pieces[i].done.ok() && pieces[i].done.bytes == text.size();
      expected[i] += text;
    }
  }
  CHECK(exact);
  CHECK(own_threads() == (processor_count() > 1 ? 2 : 1));
  for (std::size_t i = 0; i < count; ++i)
    CHECK((*read_file(load.path(i), 8u << 20) == expected[i]));
}

TEST_CASE("what was moved is given again while the rest is under way") {
  constexpr std::size_t count = 8;
  constexpr int rounds = 2000;
  const Load load(count);
  std::vector<std::string> expected(count);
  SpliceTeam team;
  std::vector<PieceToMove> pieces = load.pieces(expected);
  std::array<int, count> given{};
  const auto give = [&](std::size_t i) {
    const std::string text = Load::text(i, given[i]++);
    REQUIRE(write_all(load.pipes[i].write_end.view(), text).has_value());
    pieces[i].offset = expected[i].size();
    expected[i] += text;
    team.give(pieces[i]);
  };
  for (std::size_t i = 0; i < count; ++i) give(i);
  for (std::size_t left = count; left > 0;) {
    if (!team.move_next() && std::ranges::none_of(pieces, &PieceToMove::is_moved)) team.wait();
    for (std::size_t i = 0; i < count; ++i) {
      if (!pieces[i].is_moved()) continue;
      if (given[i] < rounds) {
        give(i);
      } else if (std::exchange(given[i], rounds + 1) == rounds) {
        --left;
      }
    }
  }
  for (std::size_t i = 0; i < count; ++i)
    CHECK((*read_file(load.path(i), 64u << 20) == expected[i]));
}

TEST_CASE("an error is its piece's alone") {
  const Load load(3);
  const Fd appending = *open_file(load.path(1), OpenFor::append_create);
  load.fill(0);
  std::vector<PieceToMove> pieces = load.pieces({"", "", ""});
  pieces[1].file = appending.view();
  SpliceTeam team;
  move_all(team, pieces);
  CHECK(pieces[0].done.bytes == Load::text(0, 0).size());
  CHECK(pieces[1].done.number == EINVAL);
  CHECK(pieces[1].done.bytes == 0);
  CHECK(pieces[2].done.bytes == Load::text(2, 0).size());
  move_all(team, pieces);
  CHECK(pieces[0].done.would_block());
}

TEST_CASE("its thread ends with it, and one piece needs none") {
  const Load load(2);
  load.fill(0);
  {
    SpliceTeam team;
    std::vector<PieceToMove> pieces = load.pieces({"", ""});
    move_all(team, std::span(pieces).first(1));
    CHECK(own_threads() == 1);
    move_all(team, pieces);
    CHECK(pieces[1].done.bytes == Load::text(1, 0).size());
  }
  for (int look = 0; look < 4'000 && own_threads() > 1; ++look) ::poll(nullptr, 0, 5);
  CHECK(own_threads() == 1);
}

TEST_CASE("where we may run on one processor there is no other thread") {
  cpu_set_t before;
  REQUIRE(::sched_getaffinity(0, sizeof before, &before) == 0);
  cpu_set_t one;
  CPU_ZERO(&one);
  for (std::size_t i = 0; i < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++i)
    if (CPU_ISSET(i, &before)) CPU_SET(i, &one);
  REQUIRE(::sched_setaffinity(0, sizeof one, &one) == 0);
  const Load load(2);
  load.fill(0);
  std::vector<PieceToMove> pieces = load.pieces({"", ""});
  SpliceTeam team;
  move_all(team, pieces);
  CHECK(own_threads() == 1);
  CHECK(pieces[0].done.bytes == Load::text(0, 0).size());
  CHECK(pieces[1].done.bytes == Load::text(1, 0).size());
  REQUIRE(::sched_setaffinity(0, sizeof before, &before) == 0);
}

}  // namespace
}  // namespace stayd::os
