// SPDX-License-Identifier: Apache-2.0
#include "config/reader.h"

#include "config/compiler.h"
#include "config/options.h"
#include "config/procfile.h"

namespace stayd::config {
namespace {

/// What was compiled, or everything that was wrong.
std::expected<Compiled, Diagnostics> finish(model::Spec spec, const Sources& sources,
                                            Report& report) {
  const bool failed = report.has_errors();
  Diagnostics found = report.take();
  if (failed) return std::unexpected(std::move(found));
  Compiled compiled{.spec = std::move(spec), .warnings = std::move(found), .files = {}};
  for (std::uint32_t i = 0; i < sources.count(); ++i) {
    if (!sources.at(i).path.empty()) compiled.files.push_back(sources.at(i).path);
  }
  return compiled;
}

Defaults defaults_of(Launch launch) {
  switch (launch) {
    case Launch::foreground: return {};
    case Launch::background:
      return {.exit_when = model::ExitWhen::never,
              .when_dies = model::WhenSupervisorDies::recover,
              .foreground = false,
              .to_console = false,
              .restart = std::nullopt};
  }
  return {};
}

}  // namespace

std::expected<Compiled, Diagnostics> read_configuration(World& world, const ReadOptions& options) {
  Sources sources;
  Report report(sources);
  Defaults defaults = defaults_of(options.launch);
  const FileRequest file{options.path, {}, options.current_folder};
  Documents documents;
  if (is_procfile(options.path)) {
    documents = read_procfile(world, sources, report, file, defaults);
  } else {
    documents = read_documents(world, sources, report, file);
  }
  if (report.has_syntax_errors()) {
    report.keep_syntax_errors_only();
    return finish({}, sources, report);
  }
  if (report.has_errors() && documents.services.empty()) return finish({}, sources, report);
  auto spec =
      Compiler(world, sources, report, std::move(defaults)).compile(std::move(documents), options);
  return finish(std::move(spec), sources, report);
}

std::expected<Compiled, Diagnostics> read_run(World& world, const RunRequest& request) {
  Sources sources;
  Report report(sources);
  Documents documents = documents_of_options(request, sources, report);
  const Defaults defaults{.pass_status = true,
                          .inherit_env = true,
                          .format = model::LogFormat::plain,
                          .stdin_from = model::StdinFrom::inherit,
                          .restart = std::nullopt};
  const ReadOptions options{
      .current_folder = request.current_folder, .name = request.name, .restart = std::nullopt};
  auto spec = Compiler(world, sources, report, defaults).compile(std::move(documents), options);
  return finish(std::move(spec), sources, report);
}

}  // namespace stayd::config
