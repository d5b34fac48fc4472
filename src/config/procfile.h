// SPDX-License-Identifier: Apache-2.0
// A Procfile, as foreman has it: a line a service, `name: command`.
//
// Each command is run as `sh -c "exec COMMAND"` in the file's folder, with all of our environment
// over the lines of `.env` there, and PORT = 5000 + 100 x line + replica - 1 unless it is set.
// Nothing is restarted, and the first service that ends brings all of them down.
#pragma once

#include <string>
#include <string_view>

#include "config/compiler.h"

namespace stayd::config {

/// By its name: Procfile, Procfile.dev, shop.procfile.
bool is_procfile(std::string_view path);

/// The service of a name that foreman takes, which may have capitals and begin with `_` or `-`:
/// `Web` is the service `web`.
std::string procfile_service_name(std::string_view name);

/// Its services, and the defaults that hold for a Procfile.
Documents read_procfile(World& world, Sources& sources, Report& report, const FileRequest& file,
                        Defaults& defaults);

}  // namespace stayd::config
