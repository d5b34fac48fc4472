// SPDX-License-Identifier: Apache-2.0
// Where logs and events are, for the verbs that read the files themselves.
#pragma once

#include <expected>
#include <string>

#include "app/cli/target.h"
#include "base/result.h"

namespace stayd::app {

/// The log folder of the supervisor that is meant (find_target). Who runs knows best where its logs
/// are; who does not run, or hangs, has them where its configuration says.
std::expected<std::string, Trouble> log_dir_of(const Arguments& given);

/// Says why a log folder cannot be read; the exit code for it.
int report_folder(const Error& error);

}  // namespace stayd::app
