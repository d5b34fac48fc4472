// SPDX-License-Identifier: Apache-2.0
// What a configuration means: templates, variables, environments, Procfiles, the options of
// `stayd run`, users and directories.
#include <doctest/doctest.h>

#include <algorithm>

#include "config/world_test_support.h"

namespace stayd::config {
namespace {

using Words = std::vector<std::string>;

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

std::string in_service(std::string_view keys) {
  return "[service.a]\ncommand = \"server\"\n" + std::string(keys) + "\n";
}

/// The value of `name` in the environment of the service `number`.
std::string value_of(const Outcome& result, std::string_view name, std::size_t number = 0) {
  REQUIRE(result.read);
  const std::string prefix = std::string(name) + "=";
  std::string value = "(unset)";
  for (const std::string& one : result.spec.services.at(number).execution.environment) {
    if (one.starts_with(prefix)) value = one.substr(prefix.size());
  }
  return value;
}

TEST_CASE("a service takes over a template's keys, and its own go before them") {
  const auto result = read_text_of(
      "[template.base]\nstop-timeout = \"1s\"\nnice = 3\nenv = { A = \"base\", B = \"base\" }\n"
      "[template.mid]\nextends = \"base\"\nnice = 4\n"
      "[service.a]\nextends = \"mid\"\ncommand = \"server\"\nenv = { B = \"own\" }\n");
  CHECK(result.text() == "");
  CHECK(value_of(result, "A") == "base");
  CHECK(value_of(result, "B") == "own");
  CHECK(result.spec.services.size() == 1);
  CHECK(result.spec.services[0].execution.nice == 4);
  CHECK(result.spec.services[0].stop.timeout == seconds(1));
}

TEST_CASE("an unknown template and a ring of templates are errors") {
  const auto unknown =
      read_text_of("[template.base]\n[service.a]\nextends = \"bse\"\ncommand = \"server\"\n");
  CHECK(has(unknown.text(), "stayd.toml:3:11: error: "));
  CHECK(has(unknown.text(), "did you mean \"base\"?"));
  const auto ring = read_text_of(
      "[template.x]\nextends = \"y\"\n[template.y]\nextends = \"x\"\n"
      "[service.a]\nextends = \"x\"\ncommand = \"server\"\n");
  CHECK(!ring.read);
  CHECK(has(ring.text(), "x -> y -> x"));
}

TEST_CASE("variables are expanded, with a default where they are unset or empty") {
  const auto result = read_text_of(
      "[service.a]\ncommand = [\"server\", \"${HOME}/x\", \"${NONE:-d e}\", \"${EMPTY:-f}\", "
      "\"$$HOME\", \"${service}\", \"${config-dir}\", \"5$\"]\nenv = { EMPTY = \"\" }\n");
  CHECK(result.text() == "");
  CHECK(result.spec.services.at(0).execution.command ==
        Words{"server", "/root/x", "d e", "f", "$HOME", "a", "/srv", "5$"});
}

TEST_CASE("what instances differ in is left to each of them") {
  const auto result = read_text_of(
      "[service.a]\ncommand = [\"server\", \"${instance}-${replica}-$$\"]\nreplicas = 2\n");
  REQUIRE(result.read);
  const auto second = model::for_instance(result.spec.services.at(0), 2);
  CHECK(second.execution.command == Words{"server", "a@2-2-$"});
}

TEST_CASE("an unset variable, one without braces and an open brace are errors") {
  const auto unset = read_text_of("[service.a]\ncommand = \"server ${NONE}\"\n");
  CHECK(!unset.read);
  CHECK(has(unset.text(), "stayd.toml:2:11: error: "));
  CHECK(has(unset.text(), "\"NONE\" is not set"));
  CHECK(has(read_text_of("[service.a]\ncommand = \"server $HOME\"\n").text(), "without braces"));
  CHECK(has(read_text_of("[service.a]\ncommand = \"server ${HOME\"\n").text(), "without \"}\""));
}

TEST_CASE("variables may be made of others, but not of each other") {
  CHECK(value_of(read_text_of(in_service("env = { A = \"${B}2\", B = \"1\" }")), "A") == "12");
  CHECK(value_of(read_text_of(in_service("env = { PATH = \"/x:${PATH}\" }")), "PATH") == "/x:/bin");
  const auto ring = read_text_of(in_service("env = { A = \"${B}\", B = \"${A}\" }"));
  CHECK(!ring.read);
  CHECK(has(ring.text(), "are made of each other"));
}

TEST_CASE("env goes over env-files, these over what is inherited, the last file over the first") {
  FakeWorld world;
  world.variables = {"PATH=/bin", "ONE=ours", "TWO=ours", "THREE=ours", "FOUR=ours", "LEFT=ours"};
  world.files["/srv/a.env"] = "# words\nTWO=a\nexport THREE='a $x'\nFOUR=\"a\\tb\" # why\n";
  world.files["/srv/b.env"] = "TWO=b\n";
  world.files["/srv/stayd.toml"] = in_service(
      "inherit-env = [\"ONE\", \"TWO\", \"THREE\", \"FOUR\"]\n"
      "env-files = [\"a.env\", \"b.env\", \"?none.env\"]\nenv = { FIVE = \"env\", FOUR = \"env\" "
      "}");
  const auto result = read_in(world);
  CHECK(result.text() == "");
  CHECK(value_of(result, "ONE") == "ours");
  CHECK(value_of(result, "TWO") == "b");
  CHECK(value_of(result, "THREE") == "a $x");
  CHECK(value_of(result, "FOUR") == "env");
  CHECK(value_of(result, "FIVE") == "env");
  CHECK(value_of(result, "LEFT") == "(unset)");
}

TEST_CASE("an env file that is missing or broken is an error with its place") {
  CHECK(has(read_text_of(in_service("env-files = [\"no.env\"]")).text(), "/srv/no.env"));
  FakeWorld world;
  world.files["/srv/stayd.toml"] = in_service("env-files = [\"a.env\"]");
  world.files["/srv/a.env"] = "A=1\nB='open\n";
  const auto result = read_in(world);
  CHECK(!result.read);
  CHECK(has(result.text(), "a.env:2:"));
}

Outcome read_procfile_of(FakeWorld& world, std::vector<std::string_view> counts = {}) {
  return read_in(world, {.path = "/srv/Procfile",
                         .current_folder = "/srv",
                         .counts = std::move(counts),
                         .restart = std::nullopt});
}

TEST_CASE("a Procfile is read with its .env, ports in steps of 100, and counts") {
  FakeWorld world;
  world.files["/srv/Procfile"] = "# all\nweb: server -p $PORT\r\n\nworker: A=1 server | cat\n";
  world.files["/srv/.env"] = "MODE=dev\nHOME=/elsewhere\n";
  const auto result = read_procfile_of(world, {"web=2"});
  CHECK(result.text() == "");
  REQUIRE(result.spec.services.size() == 2);
  const auto& web = result.spec.services[0];
  const auto& worker = result.spec.services[1];
  CHECK(web.execution.command == Words{"/bin/sh", "-c", "exec server -p $PORT"});
  CHECK(worker.execution.command == Words{"/bin/sh", "-c", "A=1 server | cat"});
  CHECK(web.replicas == 2);
  CHECK(value_of({model::Spec{{}, {model::for_instance(web, 2)}}, {}, {}, true}, "PORT") == "5001");
  CHECK(web.execution.port_base == 5000);
  CHECK(worker.execution.port_base == 5100);
  CHECK(value_of(result, "MODE") == "dev");
  CHECK(value_of(result, "HOME") == "/root");  // ours goes before .env
  CHECK(result.spec.supervisor.exit_when == model::ExitWhen::any_exits);
}

TEST_CASE("-m takes a Procfile's names as they are written there") {
  FakeWorld world;
  world.files["/srv/Procfile"] = "\xef\xbb\xbfWeb: server\nworker: server\n";
  const auto result = read_procfile_of(world, {"Web=3,worker=2"});
  CHECK(result.text() == "");
  REQUIRE(result.spec.services.size() == 2);
  CHECK(result.spec.services[0].replicas == 3);
  CHECK(result.spec.services[1].replicas == 2);
}

TEST_CASE("a PORT above 65535 is refused where the service stands, unless PORT is set") {
  FakeWorld world;
  std::string lines;
  for (int i = 0; i < 606; ++i) lines += "s" + std::to_string(i) + ": server\n";
  world.files["/srv/Procfile"] = lines;
  CHECK(read_procfile_of(world).text() == "");  // the last one has 65500
  CHECK(read_procfile_of(world, {"s605=36"}).text() == "");
  const auto text = read_procfile_of(world, {"s605=37"}).text();
  CHECK(has(text, "Procfile:606:1: error: \"s605\" would get ports up to 65536"));
  world.files["/srv/.env"] = "PORT=80\n";
  CHECK(read_procfile_of(world, {"s605=37"}).text() == "");
}

TEST_CASE("a broken Procfile is told of by line") {
  FakeWorld world;
  world.files["/srv/Procfile"] = "web: server\nweb: again\nno colon\nBAD!: x\nempty:\n";
  const auto text = read_procfile_of(world).text();
  for (const std::string_view place :
       {"Procfile:2:1", "Procfile:3:1", "Procfile:4:1", "Procfile:5:1"}) {
    CHECK(has(text, place));
  }
  world.files["/srv/Procfile"] = "web: server\n";
  CHECK(has(read_procfile_of(world, {"wbe=2"}).text(), "there is no service \"wbe\""));
  CHECK(has(read_procfile_of(world, {"web=x"}).text(), "is no count of a service"));
}

using Options = std::vector<std::pair<std::string_view, std::string_view>>;

Outcome run_of(Options options, Words command) {
  FakeWorld world;
  return outcome_of(read_run(world, {.options = std::move(options),
                                     .command = std::move(command),
                                     .name = "server",
                                     .current_folder = "/srv"}));
}

TEST_CASE("stayd run takes its command as it is, and options as keys") {
  const auto result = run_of({{"ready", "tcp:127.0.0.1:80"},
                              {"env", "A=B"},
                              {"env", "C=$D=E"},
                              {"restart", "never"},
                              {"stop-signal", "INT"}},
                             {"server", "$HOME", "${x}", "$$"});
  CHECK(result.text() == "");
  REQUIRE(result.spec.services.size() == 1);
  const auto& service = result.spec.services[0];
  CHECK(service.execution.command == Words{"server", "$HOME", "${x}", "$$"});
  CHECK(service.ready.kind == model::ProbeKind::tcp);
  CHECK(service.ready.target == "127.0.0.1:80");
  CHECK(value_of(result, "A") == "B");
  CHECK(value_of(result, "C") == "$D=E");
  CHECK(service.restart.policy == model::RestartPolicy::never);
  CHECK(service.stop.signal == 2);
  CHECK(result.spec.supervisor.pass_status);
}

TEST_CASE("what is wrong is said once, with the key that was written and what is expected") {
  const auto said = [](const char* lines) { return read_text_of(in_service(lines)).text(); };
  CHECK(has(said("umask = \"9\""),
            "error: \"umask\": \"9\" is not a mode: up to four octal digits are expected"));
  CHECK_FALSE(has(said("umask = \"9\""), "expected an octal mode"));
  CHECK(has(said("restart = \"sometimes\""), "\"restart.policy\" cannot be \"sometimes\""));
  CHECK(has(said("nice = 40"), "\"nice\" cannot be 40"));
  CHECK(has(said("nice = 40"), "expected a whole number from -20 to 19"));
  CHECK_FALSE(has(said("stop-timeout = -1"), "-1s"));
  CHECK_FALSE(has(read_text_of("[service.web]\ncommand = 5\n").text(), "has no command"));
  CHECK(has(read_text_of("[service]\ncommand = \"true\"\n").text(),
            "expected a table for each service"));
  CHECK(has(
      read_text_of("[supervisor]\nname = \"a/b\"\n[service.web]\ncommand = \"/bin/true\"\n").text(),
      "toml:2:8: error: \"a/b\" cannot be a supervisor's name"));
}

TEST_CASE("a longest delay below the first one is one error") {
  const auto said = [](const char* lines) { return read_text_of(in_service(lines)).text(); };
  const auto both = said("restart = { delay = \"1s\", max-delay = \"500ms\" }");
  CHECK(
      has(both, "stayd.toml:3:39: error: \"max-delay\" = \"500ms\" is below \"delay\" = \"1s\"\n"));
  CHECK(has(both, "expected at least the first delay: raise max-delay, or lower delay"));
  CHECK(
      has(said("restart.max-delay = \"50ms\""),
          "3:21: error: \"max-delay\" = \"50ms\" is below \"delay\", which is 100ms unless given"));
  CHECK(has(said("restart.delay = \"1m\""),
            "3:17: error: \"delay\" = \"1m\" is above \"max-delay\", which is 30s unless given"));
  CHECK(said("restart = { delay = \"1m\", max-delay = \"1m\" }").empty());
  CHECK(said("restart = { delay = \"0s\", max-delay = \"0s\" }").empty());
  CHECK_FALSE(has(said("restart = { delay = 5, max-delay = \"50ms\" }"), "below"));
  CHECK(
      has(run_of({{"delay", "1m"}}, {"server"}).text(), "--delay:1:1: error: \"delay\" = \"1m\""));
}

TEST_CASE("a reload-signal that no program can take is an error") {
  const auto said = [](const char* lines) { return read_text_of(in_service(lines)).text(); };
  for (const char* signal : {"\"KILL\"", "\"SIGSTOP\"", "9"}) {
    CAPTURE(signal);
    const auto text = said((std::string("reload-signal = ") + signal).c_str());
    CHECK(has(text, "stayd.toml:3:17: error: \"reload-signal\""));
    CHECK(has(text, "no program can catch it"));
    CHECK(has(text,
              "expected the signal at which the program reads its configuration, often \"HUP\""));
  }
  CHECK(said("reload-signal = \"HUP\"").empty());
  CHECK(said("stop-signal = \"KILL\"").empty());
}

TEST_CASE("readiness that is said to be looked at, but not how, is an error") {
  const auto said = [](const char* lines) { return read_text_of(in_service(lines)).text(); };
  for (const char* key : {"interval = \"1s\"", "timeout = \"1s\"", "status = 200"}) {
    CAPTURE(key);
    const std::string name(key, std::string_view(key).find(' '));
    const auto text = said((std::string("[service.a.ready]\n") + key).c_str());
    CHECK(has(text, "stayd.toml:4:1: error: \"" + name + "\" does not say how readiness is seen"));
    CHECK(has(text, "add notify = true, tcp = \"HOST:PORT\" or another probe, or take ready out"));
  }
  const auto unknown = said("ready = { intervall = \"1s\" }");
  CHECK_FALSE(has(unknown, "does not say"));
  CHECK(said("ready = { interval = \"1s\", tcp = \"127.0.0.1:80\" }").empty());
  CHECK(read_text_of(
            "[template.base]\nready = { timeout = \"5s\" }\n[service.a]\nextends = \"base\"\n"
            "command = \"server\"\nready = { notify = true }\n")
            .text()
            .empty());
  CHECK(
      has(run_of({{"ready-interval", "1s"}}, {"server"}).text(), "--ready-interval:1:1: error: "));
}

TEST_CASE("a shell's operator in a command that no shell reads is warned of") {
  const auto said = [](const char* command) {
    return read_text_of(std::string("[service.web]\ncommand = ") + command + "\n").text();
  };
  CHECK(has(said("\"/bin/true && echo up\""),
            "2:11: warning: \"&&\" is an argument here: no shell is asked"));
  CHECK(has(said("\"/bin/true > /dev/null\""), "warning: \">\" is an argument here"));
  CHECK_FALSE(has(said("\"/bin/true a&&b\""), "warning"));
  CHECK_FALSE(has(said("[\"/bin/true\", \"&&\"]"), "warning"));
  CHECK_FALSE(has(said("\"/bin/true && echo up\"\nshell = true"), "warning"));
}

TEST_CASE("stayd run tells a command that is not there from one that cannot be executed") {
  const auto problem_of = [](const Outcome& result) {
    REQUIRE(result.problems.size() == 1);
    return result.problems[0].problem;
  };
  CHECK(problem_of(run_of({}, {"absent"})) == Problem::command_not_found);
  CHECK(problem_of(run_of({}, {"./absent"})) == Problem::command_not_found);
  CHECK(problem_of(run_of({}, {"/srv"})) == Problem::command_not_executable);
  CHECK(has(run_of({{"ready", "soon"}}, {"server"}).text(), "--ready:1:1: error: \"soon\" is no"));
  CHECK(has(run_of({{"env", "A"}}, {"server"}).text(), "expected NAME=VALUE"));
}

TEST_CASE("fault.45: odd and unknown users are refused, a number without an entry is not") {
  for (const std::string user : {"\"0day\"", "\"-1\"", "-1", "\"4294967295\"", "4294967295",
                                 "\"a:b\"", "\"www \"", "\"\"", "\"99999999999999999999\""}) {
    const auto result = read_text_of(in_service("user = " + user));
    CAPTURE(user);
    CHECK(!result.read);
    CHECK(result.problems.size() == 1);
    CHECK(result.problems[0].line == 3);
  }
  CHECK(has(read_text_of(in_service("user = \"nobdy\"")).text(), "there is no user \"nobdy\""));
  const auto number = read_text_of(in_service("user = 4711"));
  REQUIRE(number.read);
  CHECK(number.spec.services[0].execution.uid == 4711);
  CHECK(number.spec.services[0].execution.gid == 4711);
  CHECK(value_of(number, "USER") == "(unset)");
  const auto last = read_text_of(in_service("user = \"4294967294\"\ngroup = \"adm\""));
  REQUIRE(last.read);
  CHECK(last.spec.services[0].execution.uid == 4294967294);
  CHECK(last.spec.services[0].execution.gid == 4);
}

TEST_CASE("fault.46: a directory that is missing, none or forbidden") {
  FakeWorld world;
  world.kinds["/srv/file"] = FileKind::regular;
  world.kinds["/srv/shut"] = FileKind::not_permitted;
  const auto say = [&](std::string_view path, bool check_only) {
    world.files["/srv/stayd.toml"] = in_service("directory = \"" + std::string(path) + "\"");
    return read_in(world, {.path = "/srv/stayd.toml",
                           .current_folder = "/srv",
                           .restart = std::nullopt,
                           .check_only = check_only});
  };
  CHECK(has(say("none", false).text(), ":3:13: error: the directory /srv/none does not exist"));
  CHECK(has(say("file", false).text(), ":3:13: error: the directory /srv/file is no directory"));
  CHECK(has(say("shut", false).text(), ":3:13: error: the directory /srv/shut cannot be entered"));
  const auto checked = say("shut", true);
  CHECK(checked.read);
  CHECK(has(checked.text(), ":3:13: warning: the directory /srv/shut cannot be entered"));
  CHECK(say("conf.d", false).spec.services.at(0).execution.directory == "/srv/conf.d");
}

TEST_CASE("timestamps that have no file to stand in, or stand in objects already, are errors") {
  CHECK(has(read_text_of(in_service("log = { to = \"console\", timestamps = \"iso\" }")).text(),
            "\"timestamps\" = \"iso\" is for files, and \"to\" has no \"file\""));
  CHECK(has(read_text_of(in_service("log = { format = \"json\", timestamps = \"tai64n\" }")).text(),
            "does not go with \"format\" = \"json\""));
  const auto result =
      read_text_of(in_service("log = { timestamps = \"tai64n\", to = [\"file\"] }"));
  REQUIRE(result.read);
  CHECK(result.spec.services.at(0).log.timestamps == model::Timestamps::tai64n);
}

TEST_CASE("keys of a receiver without it, and what is no rate, are errors") {
  CHECK(has(read_text_of(in_service("log.facility = \"local0\"")).text(),
            "\"facility\" is for syslog and journal, and \"to\" has neither"));
  CHECK(
      has(read_text_of(in_service("log.tag = \"x\"")).text(), "\"tag\" is for syslog and journal"));
  CHECK(has(read_text_of(in_service("log = { to = \"syslog\", tag = \"a b\" }")).text(),
            "a tag is a word of ASCII characters"));
  CHECK(has(read_text_of(in_service("log.rate-burst = \"1M\"")).text(),
            "\"rate-burst\" is nothing without \"rate-limit\""));
  CHECK(has(read_text_of(in_service("log = { rate-limit = \"1M/s\", to = \"none\" }")).text(),
            "\"rate-limit\" is for output that is kept"));
  for (const char* rate : {"1M", "0/s", "fast", "1M/m"}) {
    CHECK(has(read_text_of(in_service("log.rate-limit = \"" + std::string(rate) + "\"")).text(),
              "expected bytes a second, for example \"1M/s\""));
  }
  const auto result = read_text_of(in_service(
      "log = { to = [\"syslog\", \"journal\"], facility = \"local7\", tag = \"x-${instance}\", "
      "rate-limit = \"64K/s\", rate-burst = \"1M\" }"));
  REQUIRE(result.read);
  const model::Log& log = result.spec.services.at(0).log;
  CHECK((log.to_syslog && log.to_journal && !log.to_file));
  CHECK(log.facility == 23);
  CHECK(model::for_instance(result.spec.services.at(0), 1).log.tag == "x-a");
  CHECK(log.rate_limit == 64 << 10);
  CHECK(log.rate_burst == 1 << 20);
}

TEST_CASE("output may go to a command, one of them, which is looked up as others are") {
  const auto result = read_text_of(
      in_service("log.to = [\"file\", { exec = [\"server\", \"${instance}\"] }]\nreplicas = 1"));
  REQUIRE(result.read);
  const auto one = model::for_instance(result.spec.services.at(0), 1);
  CHECK(one.log.exec == Words{"/bin/server", "a@1"});
  CHECK((one.log.to_file && one.log.is_kept()));
  CHECK(read_text_of(in_service("log.to = { exec = \"server -x\" }")).read);
  CHECK(has(read_text_of(in_service("log.to = { exec = [\"serv\"] }")).text(),
            "there is no program \"serv\" in PATH"));
  CHECK(has(read_text_of(in_service("log.to = { run = [\"server\"] }")).text(),
            "a table here is { exec = "));
  CHECK(has(
      read_text_of(in_service("log.to = [{ exec = \"server\" }, { exec = \"server\" }]")).text(),
      "one command is enough"));
}

TEST_CASE("a command for the log takes as many groups as fit beside it") {
  std::string groups = "0";
  for (int i = 1; i < 500; ++i) groups += ", " + std::to_string(i);
  const auto said = [](const std::string& list) {
    return read_text_of(in_service("supplementary-groups = [" + list +
                                   "]\nlog.to = [{ exec = [\"server\"] }]"))
        .text();
  };
  CHECK(said(groups).empty());
  CHECK(has(said(groups + ", 500"), "4:20: error: a command for the log has at most 500"));
}

TEST_CASE("ready.log is a regular expression, and a wrong one is an error with its place") {
  const auto wrong = read_text_of(in_service("ready.log = \"(up\""));
  CHECK(has(wrong.text(), "stayd.toml:3:"));
  CHECK(has(wrong.text(), "\"log\": "));
  CHECK(has(wrong.text(), "as grep -P takes it"));
  const auto result = read_text_of(in_service("ready.log = '^port [0-9]+$'"));
  REQUIRE(result.read);
  CHECK(result.spec.services.at(0).ready.kind == model::ProbeKind::log);
  CHECK(result.spec.services.at(0).ready.target == "^port [0-9]+$");
}

}  // namespace
}  // namespace stayd::config
