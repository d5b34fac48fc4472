// SPDX-License-Identifier: Apache-2.0
// The options of `stayd run`: the keys of the table that have an Option name, and `--ready`,
// written on a command line.
#pragma once

#include "config/documents.h"
#include "config/keys.h"
#include "config/reader.h"

namespace stayd::config {

/// The same tables as a file with these keys and one service would give.
Documents documents_of_options(const RunRequest& request, Sources& sources, Report& report);

/// A key that can be given as an option.
struct KeyOption {
  Section section{};
  const Key* key = nullptr;
};
std::vector<KeyOption> key_options();

}  // namespace stayd::config
