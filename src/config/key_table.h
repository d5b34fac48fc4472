// SPDX-License-Identifier: Apache-2.0
// All sections. See keys.h.
#pragma once

#include "config/key_table_parts.h"
#include "config/key_table_service.h"
#include "config/key_table_supervisor.h"

namespace stayd::config {

inline constexpr SectionInfo section_table[] = {
    {Section::file, "", "", "The file as a whole.", file_keys},
    {Section::supervisor, "[supervisor]", "supervisor", "What holds for the supervisor as a whole.",
     supervisor_keys},
    {Section::service, "[service.NAME]", "service",
     "NAME: `[a-z0-9][a-z0-9._-]{0,62}`. The same keys stand in `[template.NAME]`.", service_keys},
    {Section::restart, "[service.NAME.restart]", "restart",
     "`restart = \"on-failure\"` is short for the policy alone.", restart_keys},
    {Section::ready, "[service.NAME.ready]", "ready",
     "One way to see that it is ready, at most. Without any, it is once it has been executed.",
     ready_keys},
    {Section::health, "[service.NAME.health]", "health", "How it is seen to be well.", health_keys},
    {Section::log, "[service.NAME.log]", "log", "Where output goes and how much of it is kept.",
     log_keys},
    {Section::limits, "[service.NAME.limits]", "limits",
     "`\"soft:hard\"`, or one value for both. Sizes may be written as `\"10M\"`.", limits_keys},
    {Section::socket, "[service.NAME.socket.SOCK]", "socket",
     "Listening sockets that the supervisor opens and hands over.", socket_keys},
    {Section::sandbox, "[service.NAME.sandbox]", "sandbox", "What it may not do and see.",
     sandbox_keys},
    {Section::hooks, "[service.NAME.hooks]", "hooks", "Commands around its life.", hooks_keys},
};

}  // namespace stayd::config
