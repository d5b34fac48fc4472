// SPDX-License-Identifier: Apache-2.0
// The keys of the file itself and of [supervisor]. See keys.h.
#pragma once

#include "config/setters.h"

namespace stayd::config {

inline constexpr Key file_keys[] = {
    {"include", ValueType::texts, "[]",
     "More files, as shell patterns relative to this file's folder, read in lexical order. A file "
     "that is named without a pattern must exist.",
     accept},
    {"supervisor", ValueType::table, "", "What the supervisor itself is to do.", accept},
    {"service", ValueType::table, "", "One table a service, `[service.NAME]`.", accept},
    {"template", ValueType::table, "",
     "One table a template, `[template.NAME]`: keys of a service for others to take over by "
     "`extends`; starts nothing itself.",
     accept},
};

inline constexpr Choice when_supervisor_dies_choices[] = {{"kill"}, {"recover"}, {"keep", later}};
inline constexpr Choice exit_when_choices[] = {
    {"never"}, {"all-done"}, {"any-exits"}, {"any-fails"}};

inline constexpr Key supervisor_keys[] = {
    {"name", ValueType::text, "the folder's name and 6 hex digits of its path's hash",
     "Names the supervisor: its folders, its cgroup, the first line of `stayd status`. Of one name "
     "there is one at a time, as long as they begin in the same cgroup. Letters, digits and `._-`.",
     put<read_string, &model::Supervisor::name>},
    {.name = "runtime-dir",
     .type = ValueType::path,
     .standard = "$XDG_RUNTIME_DIR/stayd/NAME; root: /run/stayd/NAME",
     .meaning = "Folder of the control socket, the lock and the notify sockets.",
     .set = put<read_text, &SupervisorDraft::runtime_dir>,
     .option = "runtime-dir"},
    {.name = "state-dir",
     .type = ValueType::path,
     .standard = "$XDG_STATE_HOME/stayd/NAME; root: /var/lib/stayd/NAME",
     .meaning = "Folder of what outlives a restart of the machine.",
     .set = put<read_text, &SupervisorDraft::state_dir>,
     .option = "state-dir"},
    {.name = "log-dir",
     .type = ValueType::path,
     .standard = "log in state-dir; root: /var/log/stayd/NAME",
     .meaning = "Folder of the services' logs.",
     .set = put<read_text, &SupervisorDraft::log_dir>,
     .option = "log-dir"},
    {.name = "log-max-total",
     .type = ValueType::size,
     .standard = "none",
     .meaning = "What all logs together may take; at least `256K`. The oldest closed files go, "
                "whichever service they are of, those of former services too.",
     .set = put<read_log_total, &model::Supervisor::log_max_total>},
    {"stop-timeout", ValueType::duration, "\"10s\"", "Default of every service's `stop-timeout`.",
     put<read_duration, &SupervisorDraft::stop_timeout>},
    {"shutdown-timeout", ValueType::duration, "\"30s\"",
     "For stopping everything; what is left after it is killed.",
     put<read_duration, &model::Supervisor::shutdown_timeout>},
    {"max-parallel-starts",
     ValueType::integer,
     "0",
     "Services that start at once; 0: no limit.",
     put<read_integer<std::uint32_t>, &model::Supervisor::max_parallel_starts>,
     {},
     0,
     20'000},
    {.name = "when-supervisor-dies",
     .type = ValueType::choice,
     .standard = "\"kill\" in the foreground, \"recover\" in the background and as PID 1",
     .meaning = "If the supervisor crashes or is killed: `kill` takes the services down within a "
                "second; with `recover` a new supervisor takes over at once; `keep` is as "
                "`recover`, and if all of stayd is killed the services run on for the next `stayd "
                "up` to take back.",
     .set = put_when_supervisor_dies,
     .choices = when_supervisor_dies_choices,
     .option = "when-supervisor-dies"},
    {"exit-when", ValueType::choice,
     "\"all-done\" in the foreground, \"never\" in the background, \"any-exits\" for a Procfile",
     "When the supervisor itself ends. `all-done`: every enabled service has ended for good by "
     "itself; what an operator stopped does not count.",
     put_exit_when, exit_when_choices},
    {"events", ValueType::boolean, "true",
     "What happens (starts, ends and their causes, commands) is recorded in the log folder, for "
     "`stayd events` and `stayd history`.",
     put<read_boolean, &model::Supervisor::events>},
    {"events-max-size", ValueType::size, "\"16M\"",
     "A file of events that has reached it is closed and a new one begun; at least `64K`.",
     put<read_segment_size, &model::Supervisor::events_max_size>},
    {"events-max-files",
     ValueType::integer,
     "8",
     "How many closed files of events are kept.",
     put<read_integer<std::uint32_t>, &model::Supervisor::events_max_files>,
     {},
     1,
     1'000'000},
    {"operators", ValueType::accounts, "[]",
     "Users and `@groups` who may command, besides root and the owner.",
     put<read_accounts, &SupervisorDraft::operators>},
    {"viewers", ValueType::accounts, "[]", "Users and `@groups` who may look.",
     put<read_accounts, &SupervisorDraft::viewers>},
    {"pressure", ValueType::table, "",
     "No starts and restarts while the machine is under this memory pressure (PSI)."},
};

}  // namespace stayd::config
