// SPDX-License-Identifier: Apache-2.0
// The verb table, and nothing else.
#include <array>
#include <cstdlib>

#include "app/cli/verbs.h"
#include "app/init/init.h"
#include "app/keeper/keeper.h"
#include "app/logwriter/logwriter.h"
#include "app/supervise/supervise.h"

using namespace stayd::app;

// libstdc++'s own prints the exception's type with a demangler of 50 KB. What nobody catches here
// is std::bad_alloc, and the crash handler tells of the abort.
void __gnu_cxx::__verbose_terminate_handler() { std::abort(); }

namespace {

// clang-format off
constexpr std::array verbs{
    Verb{&run_syntax, run_main},
    Verb{&up_syntax, up_main},
    Verb{&down_syntax, down_main},
    Verb{&init_syntax, [](std::span<char* const> words) { return init_main("stayd", words); }},
    Verb{&start_syntax, start_main},
    Verb{&stop_syntax, stop_main},
    Verb{&restart_syntax, restart_main},
    Verb{&reload_syntax, reload_main},
    Verb{&kill_syntax, kill_main},
    Verb{&status_syntax, status_main},
    Verb{&logs_syntax, logs_main},
    Verb{&explain_syntax, explain_main},
    Verb{&wait_syntax, wait_main},
    Verb{&events_syntax, events_main},
    Verb{&history_syntax, history_main},
    Verb{&check_syntax, check_main},
    Verb{&doctor_syntax, doctor_main},
    Verb{&version_syntax, version_main},
    Verb{&help_syntax, help_main},
};

/// Started by processes of ours, by these names.
constexpr std::array processes{
    InternalProcess{"@keeper", keeper_main},
    InternalProcess{"@supervise", supervise_main},
    InternalProcess{"@logwriter", [] { return logwriter_main(); }},
};
// clang-format on

}  // namespace

int main(int count, char** words) {
  return dispatch({.verbs = verbs, .processes = processes, .init = init_main},
                  {words, static_cast<std::size_t>(count)});
}
