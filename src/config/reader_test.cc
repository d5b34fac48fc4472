// SPDX-License-Identifier: Apache-2.0
// Row 70 of the table of faults: files that are broken, and what is said of them.
#include "config/reader.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "config/documents.h"
#include "config/world_test_support.h"

namespace stayd::config {
namespace {

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

constexpr std::string_view sample = R"(# A shop.
[supervisor]
name = "shop"
runtime-dir = "/run/shop"
stop-timeout = "3s"
shutdown-timeout = "1m"
max-parallel-starts = 4
exit-when = "any-fails"
operators = ["www", "@adm"]

[service.db]
command = ["/bin/server", "--data", "${state-dir}"]
user = "www"
umask = "0077"
stop-signal = "INT"
limits = { nofile = "1024:4096" }
ready = { tcp = "127.0.0.1:5432", timeout = "5s" }

[service.web]
command = "server --name 'a b'"
env = { MODE = "live", "ÄÖ" = "ü" }
replicas = 2
nice = 5
stdin = "text:hello"
requires = ["db:ready"]
restart = { policy = "on-failure", delay = "1s", factor = 3, max-delay = "9s", limit = 5 }
stop-timeout = "7s"
essential = true

[service.web.log]
max-size = "1M"
max-files = 7
max-age = "7d"
max-total = "1G"
compress = "none"
stderr = "merge"
to = ["file", "console"]
)";

void check_sample(const Outcome& result) {
  CHECK(result.text() == "");
  REQUIRE(result.read);
  const model::Supervisor& s = result.spec.supervisor;
  CHECK(s.name == "shop");
  CHECK(s.runtime_dir == "/run/shop");
  CHECK(s.state_dir == "/var/lib/stayd/shop");
  CHECK(s.shutdown_timeout == seconds(60));
  CHECK(s.max_parallel_starts == 4);
  CHECK(s.exit_when == model::ExitWhen::any_fails);
  CHECK(s.operator_uids == std::vector<std::uint32_t>{33});
  CHECK(s.operator_gids == std::vector<std::uint32_t>{4});
  REQUIRE(result.spec.services.size() == 2);
  const model::Service& db = result.spec.services[0];
  CHECK(db.name == "db");
  CHECK(db.execution.executable == "/bin/server");
  CHECK(db.execution.command[2] == "/var/lib/stayd/shop");
  CHECK(db.execution.uid == 33);
  CHECK(db.execution.groups == std::vector<std::uint32_t>{33, 44});
  CHECK(db.execution.umask == 077);
  CHECK(db.stop.signal == 2);
  CHECK(db.stop.timeout == seconds(3));
  REQUIRE(db.execution.limits.size() == 1);
  CHECK(db.execution.limits[0].soft == 1024);
  CHECK(db.execution.limits[0].hard == 4096);
  CHECK(db.ready.kind == model::ProbeKind::tcp);
  CHECK(db.ready.target == "127.0.0.1:5432");
  CHECK(db.ready.timeout == seconds(5));
}

void check_web_of_sample(const model::Service& web) {
  CHECK(web.name == "web");
  CHECK(web.execution.command == std::vector<std::string>{"server", "--name", "a b"});
  CHECK(web.execution.executable == "/bin/server");
  CHECK(std::ranges::count(web.execution.environment, "ÄÖ=ü") == 1);
  CHECK(web.replicas == 2);
  CHECK(web.execution.nice == 5);
  CHECK(web.execution.stdin_value == "hello");
  REQUIRE(web.dependencies.size() == 1);
  CHECK(index_of(web.dependencies[0].on) == 0);
  CHECK(web.restart.policy == model::RestartPolicy::on_failure);
  CHECK(web.restart.delay == seconds(1));
  CHECK(web.restart.factor == 3.0);
  CHECK(web.restart.limit == 5);
  CHECK(web.log.max_size == 1 << 20);
  CHECK(web.log.max_age == seconds(7 * 86400));
  CHECK(web.log.max_total == 1u << 30);
  CHECK(web.log.compress == model::Compress::none);
  CHECK(web.log.max_files == 7);
  CHECK(web.log.stderr_to == model::StderrTo::merge);
  CHECK((web.log.to_file && web.log.to_console));
  CHECK(web.stop.timeout == seconds(7));
  CHECK(web.essential);
}

std::string with_crlf(std::string_view text) {
  std::string out;
  for (const char c : text) out.append(c == '\n' ? "\r\n" : std::string(1, c));
  return out;
}

TEST_CASE("a file that uses much is read") {
  const auto result = read_text_of(std::string(sample));
  check_sample(result);
  check_web_of_sample(result.spec.services.at(1));
  CHECK(result.files == std::vector<std::string>{"/srv/stayd.toml"});
}

TEST_CASE("a byte order mark and lines that end as on Windows change nothing") {
  check_sample(read_text_of("\xEF\xBB\xBF" + std::string(sample)));
  const auto result = read_text_of(with_crlf(sample));
  check_sample(result);
  check_web_of_sample(result.spec.services.at(1));
}

TEST_CASE("a file cut off anywhere is an error with a message, or is valid by itself") {
  for (std::size_t size = 0; size < sample.size(); ++size) {
    const auto result = read_text_of(std::string(sample.substr(0, size)));
    CAPTURE(size);
    if (result.read) {
      CHECK(!result.spec.services.empty());
    } else {
      CHECK(has(result.text(), "stayd.toml"));
      CHECK(has(result.text(), "error: "));
    }
  }
}

TEST_CASE("what is no text is one error with its place") {
  const std::string start = "[service.a]\ncommand = \"/bin/server\"\n";
  for (const std::string& bytes :
       {std::string("x = \"\0\"\n", 8), std::string("\0", 1), std::string("env.A = \"\xC3\x28\"\n"),
        std::string("\xFF\xFE"), std::string("env.A = \"\xED\xA0\x80\"\n")}) {
    const auto result = read_text_of(start + bytes);
    CHECK(!result.read);
    REQUIRE(result.problems.size() == 1);
    CAPTURE(result.text());
    CHECK(result.problems[0].problem == Problem::syntax);
    CHECK(result.problems[0].line == 3);
    CHECK(result.problems[0].column >= 1);
  }
}

TEST_CASE("a byte that is no UTF-8 is shown where it stands") {
  CHECK(read_text_of("# \xC3\xA4\nx = \"\xC3\xA4\xC3(\"\n").text() ==
        "stayd.toml:2:7: error: a byte that is no UTF-8\n"
        "    2 | x = \"\xC3\xA4\\xc3(\"\n"
        "      |       ^\n"
        "      = save the file as UTF-8\n");
}

TEST_CASE("a file that is too large is one error that names it") {
  const auto result = read_text_of("# " + std::string(most_file_bytes, 'x'));
  CHECK(!result.read);
  REQUIRE(result.problems.size() == 1);
  CHECK(has(result.text(), "/srv/stayd.toml: it is too large"));
}

TEST_CASE("a long line is quoted around the error alone") {
  const auto result = read_text_of("# ok\nx = \"" + std::string(10 << 20, 'y') + "\" z\n");
  REQUIRE(result.problems.size() == 1);
  CHECK(result.problems[0].line == 2);
  CHECK(result.problems[0].column > 10 << 20);
  CHECK(result.text().size() < 1'000);
}

TEST_CASE("files that include each other are shown as the chain they are") {
  FakeWorld world;
  world.files["/srv/stayd.toml"] = "include = [\"conf.d/a.toml\"]\n";
  world.files["/srv/conf.d/a.toml"] = "\ninclude = [\"b.toml\"]\n";
  world.files["/srv/conf.d/b.toml"] =
      "include = [\"/srv/stayd.toml\"]\n[service.a]\ncommand = \"server\"\n";
  const auto result = read_in(world);
  CHECK(!result.read);
  CHECK(result.text() ==
        "conf.d/b.toml:1:12: error: files include each other: stayd.toml -> conf.d/a.toml -> "
        "conf.d/b.toml -> stayd.toml\n"
        "    1 | include = [\"/srv/stayd.toml\"]\n"
        "      |            ^^^^^^^^^^^^^^^^^\n");
}

TEST_CASE("a service that is defined twice, in one file or in two, is one error") {
  const auto once = read_text_of("[service.a]\ncommand = \"server\"\n[service.a]\n");
  REQUIRE(once.problems.size() == 1);
  CHECK(once.problems[0].problem == Problem::syntax);
  CHECK(once.problems[0].line == 3);

  FakeWorld world;
  world.files["/srv/stayd.toml"] =
      "include = [\"conf.d/*.toml\"]\n[service.a]\ncommand = \"server\"\n";
  world.files["/srv/conf.d/x.toml"] = "\n[service.a]\ncommand = \"server\"\n";
  const auto two = read_in(world);
  REQUIRE(two.problems.size() == 1);
  CHECK(two.problems[0].file == "conf.d/x.toml");
  CHECK(two.problems[0].line == 2);
  CHECK(has(two.text(), "the service \"a\" is defined twice"));
  CHECK(has(two.text(), "the first one is at stayd.toml:2"));
}

TEST_CASE("a missing include is an error at the line that names it; a pattern may find nothing") {
  const auto missing =
      read_text_of("include = [\"no.toml\", \"none/*.toml\"]\n[service.a]\ncommand = \"server\"\n");
  REQUIRE(missing.problems.size() == 1);
  CHECK(missing.problems[0].line == 1);
  CHECK(missing.problems[0].column == 12);
  CHECK(has(missing.text(), "/srv/no.toml"));
}

TEST_CASE("includes are read in the order of the file, and patterns in that of the names") {
  FakeWorld world;
  world.files["/srv/stayd.toml"] =
      "include = [\"z.toml\", \"conf.d/*.toml\"]\n[service.own]\ncommand = \"server\"\n";
  world.files["/srv/z.toml"] = "[service.z]\ncommand = \"server\"\n";
  world.files["/srv/conf.d/2.toml"] = "[service.two]\ncommand = \"server\"\n";
  world.files["/srv/conf.d/1.toml"] = "[service.one]\ncommand = \"server\"\n";
  const auto result = read_in(world);
  CHECK(result.text() == "");
  std::string names;
  for (const auto& service : result.spec.services) names += service.name + " ";
  CHECK(names == "own z one two ");
}

TEST_CASE("every error of meaning is told at once, in the order of the file") {
  const auto result = read_text_of(
      "[service.a]\n"
      "comand = \"server\"\n"
      "replicas = \"two\"\n"
      "stop-timeout = 5\n"
      "[service.b]\n"
      "command = \"absent\"\n"
      "directory = \"/nowhere\"\n"
      "requires = [\"aa\"]\n");
  CHECK(!result.read);
  CHECK(has(result.text(), "stayd.toml:2:1: error: unknown key \"comand\""));
  CHECK(has(result.text(), "did you mean \"command\"?"));
  CHECK(has(result.text(), "stayd.toml:3:12: error: \"replicas\" cannot be a string"));
  CHECK(has(result.text(), "stayd.toml:4:16: error: \"stop-timeout\" cannot be an integer"));
  CHECK(has(result.text(), "a duration has a unit: \"5s\"?"));
  CHECK(has(result.text(), "stayd.toml:6:11: error: there is no program \"absent\" in PATH"));
  CHECK(has(result.text(), "stayd.toml:7:13: error: the directory /nowhere does not exist"));
  CHECK(has(result.text(), "stayd.toml:8:13: error: "));
  CHECK(std::ranges::is_sorted(result.problems, {}, &Diagnostic::line));
}

TEST_CASE("a syntax error stands alone") {
  const auto result = read_text_of("[service.a]\ncomand = 1\nreplicas = = 2\n");
  REQUIRE(result.problems.size() == 1);
  CHECK(result.problems[0].problem == Problem::syntax);
  CHECK(result.problems[0].line == 3);
}

TEST_CASE("an unknown key is shown with the nearest one") {
  CHECK(read_text_of("[service.a]\ncommand = \"server\"\nrestrat = \"never\"\n").text() ==
        "stayd.toml:3:1: error: unknown key \"restrat\" in [service.a]\n"
        "    3 | restrat = \"never\"\n"
        "      | ^^^^^^^\n"
        "      = did you mean \"restart\"?\n");
}

TEST_CASE("services that wait for each other are shown as the ring they are") {
  CHECK(read_text_of("[service.a]\ncommand = \"server\"\nrequires = [\"b\"]\n"
                     "[service.b]\ncommand = \"server\"\nafter = [\"c\"]\n"
                     "[service.c]\ncommand = \"server\"\nwants = [\"a\"]\n")
            .text() ==
        "stayd.toml:9:10: error: services wait for each other: a -> b -> c -> a\n"
        "    9 | wants = [\"a\"]\n"
        "      |          ^^^\n"
        "      = take one of these dependencies out\n");
}

TEST_CASE("fault.71: root refuses what others can write, an included file too") {
  FakeWorld world;
  world.files["/srv/stayd.toml"] = "include = [\"z.toml\"]\n[service.a]\ncommand = \"server\"\n";
  world.files["/srv/z.toml"] = "[service.z]\ncommand = \"server\"\n";
  for (const std::string path : {"/srv/stayd.toml", "/srv/z.toml"}) {
    world.changeable = path;
    const auto result = read_in(world);
    CHECK(!result.read);
    CHECK(has(result.text(), "refused, since root would obey it: " + path));
  }
  world.own_uid = 1000;
  CHECK(read_in(world).read);
}

}  // namespace
}  // namespace stayd::config
