/* SPDX-License-Identifier: MIT */
/* `info postmortem`: the report of the last death, or of the processor as it stands. */
#include "monitor/commands.h"
#include "monitor/postmortem.h"
#include "vm/vm.h"

void info_postmortem(struct mon_call *c)
{
    struct x86_view v;
    if (call_cpu(c, &v)) {
        char *text = postmortem_info(vm_postmortem(c->vm), &c->p, *c->cpu);
        call_print(c, "%s", text);
        g_free(text);
    }
}
