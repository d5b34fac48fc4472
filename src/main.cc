// SPDX-License-Identifier: Apache-2.0
// The verb table, and nothing else.
#include <array>

#include "app/cli/verbs.h"
#include "app/keeper/keeper.h"
#include "app/logwriter/logwriter.h"
#include "app/supervise/supervise.h"

using namespace stayd::app;

namespace {

constexpr std::array verbs{
    Verb{&start_syntax, start_main},     Verb{&stop_syntax, stop_main},
    Verb{&restart_syntax, restart_main}, Verb{&reload_syntax, reload_main},
    Verb{&kill_syntax, kill_main},       Verb{&explain_syntax, explain_main},
    Verb{&wait_syntax, wait_main},       Verb{&events_syntax, events_main},
    Verb{&version_syntax, version_main}, Verb{&help_syntax, help_main},
};

constexpr std::array processes{
    InternalProcess{"@keeper", [] { return keeper_main(); }},
    InternalProcess{"@supervise", [] { return supervise_main(); }},
    InternalProcess{"@logwriter", [] { return logwriter_main(); }},
};

}  // namespace

int main(int count, char** words) {
  return dispatch({.verbs = verbs, .processes = processes},
                  {words, static_cast<std::size_t>(count)});
}
