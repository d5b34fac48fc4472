// SPDX-License-Identifier: Apache-2.0
#include "config/documents.h"

#include <algorithm>
#include <cerrno>
#include <span>

#include "base/text.h"
#include "config/draft.h"
#include "config/toml_tree.h"

namespace stayd::config {
namespace {

std::string shown_name(const FileRequest& file) {
  const std::string prefix = file.shown_from == "/" ? "/" : file.shown_from + "/";
  if (file.shown_from.empty() || !file.path.starts_with(prefix)) return file.path;
  return file.path.substr(prefix.size());
}

bool is_pattern(std::string_view path) { return path.find_first_of("*?[") != path.npos; }

class DocumentReader {
 public:
  DocumentReader(World& world, Sources& sources, Report& report, std::string shown_from)
      : world_(world), sources_(sources), report_(report), shown_from_(std::move(shown_from)) {}

  void read(const std::string& path, Place from) {
    if (const auto at = std::ranges::find(open_, path); at != open_.end()) {
      return report_cycle(at, from);
    }
    if (std::ranges::find(done_, path) != done_.end()) return;
    if (done_.size() + open_.size() >= most_files) {
      return report_.error(from, "more than " + std::to_string(most_files) + " files");
    }
    const auto source = open_source(world_, sources_, report_, {path, from, shown_from_});
    if (!source) return;
    auto tree = parse_toml(sources_, *source, report_);
    if (!tree) return;
    open_.push_back(path);
    take_file(*tree);
    open_.pop_back();
    done_.push_back(path);
  }

  Documents take() { return std::move(documents_); }

 private:
  void report_cycle(std::vector<std::string>::iterator at, Place from) {
    std::string path;
    for (; at != open_.end(); ++at) {
      path.append(shown_name({*at, {}, shown_from_})).append(" -> ");
    }
    report_.error(from, "files include each other: " + path + path.substr(0, path.find(" -> ")));
  }

  void take_file(Value& tree) {
    check_keys(report_, Section::file, {}, tree);
    read_section({.report = report_}, Section::file, tree);
    const std::string folder = sources_.at(tree.place.source).folder;
    for (Entry& entry : tree.entries) {
      if (entry.key == "supervisor") take_supervisor(entry);
      if (entry.key == "service") take_named(entry, documents_.services);
      if (entry.key == "template") take_named(entry, documents_.templates);
    }
    const Value* include = tree.find("include");
    if (include == nullptr || !include->is(ValueKind::array)) return;
    for (const Value& pattern : include->items) take_include(folder, pattern);
  }

  void take_include(const std::string& folder, const Value& pattern) {
    if (!pattern.is(ValueKind::text) || pattern.text.empty()) {
      return report_.error(pattern.place, "\"include\" holds paths", "expected a string");
    }
    const std::string path = join_path(folder, pattern.text);
    if (!is_pattern(path)) return read(path, pattern.place);
    const auto found = world_.list_matching(path);
    if (!found) return report_.error(pattern.place, found.error().message);
    for (const std::string& file : *found) read(file, pattern.place);
  }

  void take_supervisor(Entry& entry) {
    if (!entry.value.is(ValueKind::table)) return;
    if (documents_.supervisor) {
      return report_.error(entry.place, "[supervisor] stands twice",
                           "the first one is at " + report_.name_of(documents_.supervisor->place));
    }
    check_keys(report_, Section::supervisor, {}, entry.value);
    documents_.supervisor = std::move(entry);
  }

  void take_named(Entry& entry, std::vector<NamedTable>& into) {
    into.reserve(into.size() + entry.value.entries.size());
    // A file has no name twice: that is an error of syntax.
    const std::span of_other_files(into);
    for (Entry& one : entry.value.entries) {
      if (!is_service_name(one.key)) {
        report_.error(one.place,
                      "\"" + printable(one.key, 80) + "\" cannot be the name of a " + entry.key,
                      "expected lower-case letters, digits and ._- (not first), at most 63");
      } else if (!one.value.is(ValueKind::table)) {
        report_.error(
            one.place,
            "[" + entry.key + "." + one.key + "] cannot be " + std::string(phrase(one.value.kind)),
            "expected a table for each " + entry.key);
      } else if (const auto* first = find_named(of_other_files, one.key)) {
        report_.error(one.place, "the " + entry.key + " \"" + one.key + "\" is defined twice",
                      "the first one is at " + report_.name_of(first->place));
      } else {
        check_keys(report_, Section::service, entry.key + "." + one.key, one.value);
        into.push_back({std::move(one.key), one.place, std::move(one.value)});
      }
    }
  }

  static const NamedTable* find_named(std::span<const NamedTable> list, std::string_view name) {
    const auto found = std::ranges::find(list, name, &NamedTable::name);
    return found == list.end() ? nullptr : &*found;
  }

  World& world_;
  Sources& sources_;
  Report& report_;
  std::string shown_from_;
  std::vector<std::string> open_;  // the chain of includes
  std::vector<std::string> done_;
  Documents documents_;
};

}  // namespace

std::optional<std::uint32_t> open_source(World& world, Sources& sources, Report& report,
                                         const FileRequest& file) {
  const std::string name = shown_name(file);
  auto text = world.read_file(file.path, most_file_bytes);
  if (!text) {
    const auto problem =
        text.error().number == ENOENT ? Problem::no_configuration : Problem::meaning;
    report.error(problem, file.from, text.error().message);
    return std::nullopt;
  }
  const auto number = sources.add({name, file.path, folder_of(file.path), std::move(*text)});
  if (const auto why = world.uid() == 0 ? world.who_else_can_change(file.path) : std::nullopt) {
    report.error({number, 0, 0, 1}, "refused, since root would obey it: " + *why,
                 "make it and the folders above it root's own, and writable by nobody else");
    return std::nullopt;
  }
  return number;
}

Documents read_documents(World& world, Sources& sources, Report& report, const FileRequest& first) {
  DocumentReader reader(world, sources, report, first.shown_from);
  reader.read(first.path, first.from);
  return reader.take();
}

bool is_service_name(std::string_view name) {
  const auto is_first = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  const auto is_other = [&](char c) { return is_first(c) || c == '.' || c == '_' || c == '-'; };
  return !name.empty() && name.size() <= 63 && is_first(name[0]) &&
         std::ranges::all_of(name, is_other);
}

std::string folder_of(std::string_view path) {
  const auto slash = path.rfind('/');
  return std::string(path.substr(0, slash == 0 ? 1 : slash));
}

std::string join_path(std::string_view folder, std::string_view path) {
  std::string clean;
  const auto append = [&](std::string_view rest) {
    while (!rest.empty()) {
      const auto part = rest.substr(0, rest.find('/'));
      rest.remove_prefix(std::min(rest.size(), part.size() + 1));
      // ".." is kept: what it leads to depends on symbolic links, which only the kernel follows.
      if (!part.empty() && part != ".") clean.append("/").append(part);
    }
  };
  if (!path.starts_with('/')) append(folder);
  append(path);
  return clean.empty() ? "/" : clean;
}

}  // namespace stayd::config
