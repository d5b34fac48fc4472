// SPDX-License-Identifier: Apache-2.0
// The files of a configuration: the first one and what it includes, read and taken apart into
// tables, templates and services.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/report.h"
#include "config/tree.h"
#include "config/world.h"

namespace stayd::config {

inline constexpr std::size_t most_file_bytes = 16 << 20;
inline constexpr std::size_t most_files = 1'000;

/// A [service.NAME] or [template.NAME].
struct NamedTable {
  std::string name;
  Place place;  ///< of the name
  Value table;
};

struct Documents {
  std::optional<Entry> supervisor;
  std::vector<NamedTable> services;
  std::vector<NamedTable> templates;
};

/// A file's text as a source, or none after a report at `from` (the include, or nowhere).
/// `shown_from` is the folder to which names are shown relative.
struct FileRequest {
  std::string path;  ///< absolute
  Place from;
  std::string shown_from;
};
std::optional<std::uint32_t> open_source(World& world, Sources& sources, Report& report,
                                         const FileRequest& file);

/// Reads `path` and all that it includes; a file with a syntax error adds nothing.
Documents read_documents(World& world, Sources& sources, Report& report, const FileRequest& first);

bool is_service_name(std::string_view name);

/// "/a/b" + "./c//d" is "/a/b/c/d"; a path that is absolute already stands as it is.
std::string join_path(std::string_view folder, std::string_view path);
std::string folder_of(std::string_view path);

}  // namespace stayd::config
