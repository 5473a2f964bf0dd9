/* SPDX-License-Identifier: MIT */
/* Prototypes of every handler of commands.def. */
#ifndef MONITOR_COMMANDS_H
#define MONITOR_COMMANDS_H

#include "monitor/monitor_int.h"

#define CMD(hmp, alias, qmp, args, usage, help, run) void cmd_##run(struct mon_call *c);
#define INFO(name, args, help, run)                  void info_##run(struct mon_call *c);
#define QUERY(name, args, run)                       void qmp_##run(struct mon_call *c);
#include "monitor/commands.def"
#undef CMD
#undef INFO
#undef QUERY

#endif
