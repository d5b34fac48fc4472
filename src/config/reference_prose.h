// SPDX-License-Identifier: Apache-2.0
// The part of docs/reference/config.md that no table has.
#pragma once

#include <string_view>

namespace stayd::config {

inline constexpr std::string_view reference_head = R"(# The configuration file

<!-- Made from the table of keys (src/config/key_table.h): stayd help config --reference -->

`stayd.toml` is TOML 1.0 in UTF-8, at most 16 MiB. A file is valid as a whole or refused as a whole:
nothing starts from a file with an error, and nothing that runs is touched by one. `stayd check`
reads it and prints all errors at once, each with file, line and column, the line itself, what was
expected and, for an unknown key, the nearest known one. A syntax error is reported alone.

```toml
[service.db]
command = "postgres -D /srv/shop/db"
user = "postgres"
ready = { tcp = "127.0.0.1:5432" }

[service.web]
command = ["./server", "--port", "${PORT}"]
env = { PORT = "8080" }
requires = ["db"]
restart = "always"
```

## Which file

With `-f FILE` that one. Otherwise `stayd.toml`, then `Procfile`, in this folder, then in its
parents; then `$XDG_CONFIG_HOME/stayd/stayd.toml` (an ordinary user) or `/etc/stayd/stayd.toml`
(root).

Run by root, stayd obeys only a file that nobody else can change: the file itself and every folder
above it must belong to root, and be writable by nobody else (a sticky folder such as /tmp is fine).
The same holds for what it includes and for env-files.

## Units

| what | written as |
| --- | --- |
| duration | `"250ms"` `"5s"` `"1m30s"` `"2h"` `"1d"`; a number without a unit is refused |
| size | `"64K"` `"10M"` `"1G"`, powers of 1024; `"64kB"` is refused |
| percentage | `"80%"` |
| signal | `"TERM"`, `"SIGTERM"` or a number |
| mode | `"0640"` |

## Variables

In the strings of a service, `${NAME}` and `${NAME:-default}` stand for variables of the service's
own environment, and these for themselves:

| name | is |
| --- | --- |
| `${service}` | the service's name |
| `${instance}` | the instance's name, `web@2` |
| `${replica}` | its number, `2` |
| `${config-dir}` | the folder of the file that has the service |
| `${state-dir}`, `${runtime-dir}` | those of the supervisor |

`$$` is a dollar. A name that is not set and has no default is an error. A command is split into
words first and expanded then: a value with blanks stays one word. What `shell = true` runs is left
to the shell. In `[supervisor]`, names are looked up in stayd's own environment.

The environment of a service is, in this order, later ones replacing earlier ones: PATH, HOME, USER,
LOGNAME, SHELL, LANG and, in the foreground, TERM; what `inherit-env` lets through; HOME, SHELL,
USER and LOGNAME of its `user`; `env-files`; `env`.

Relative paths begin at the folder of the file that has the service; a program with a slash at
`directory`.

## Procfile

A file that is called `Procfile`, `Procfile.*` or `*.procfile` has a service a line,
`NAME: COMMAND`; `#` begins a line of comment. The service is called NAME in lower case, without
dashes and underscores before it: `Web: ./server` is the service `web`. Each command is run by
`/bin/sh -c` in the file's folder, with all of stayd's environment, the lines of `.env` beside the
file where that has no such variable, and `PORT` unless it is set: 5000 for the first service, 5100
for the next, 1 more for each further replica. Nothing is restarted, unless `stayd up --restart`
says so, and the first service that ends brings all of them down.

## Keys
)";

}  // namespace stayd::config
