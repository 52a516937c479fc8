/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hv-under-test/observing.c - the controller's side of observing.h. */
#include "hv-under-test/observing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/file.h"
#include "base/paths.h"
#include "base/process.h"

#define AGENT_PART "agent/etalon-agent"
#define PATIENCE_MS 60000

static int observing_parse(const char *collector, char *text, struct observing *out,
                           struct err *e)
{
    char *line = strstr(text, OBSERVING_NONE);

    if (line == text) {
        text[strcspn(text, "\n")] = '\0';
        return err_set(e, ERR_UNAVAILABLE, "%s", text + strlen(OBSERVING_NONE));
    }
    if (sscanf(text, OBSERVING_LINE, &out->n, &out->least, &out->low, &out->median,
               &out->high) == 5)
        return 0;
    return err_set(e, ERR_DATA, "the agent tells nothing of the cost of %s: %.200s", collector,
                   text[0] ? text : "it printed nothing");
}

static int observing_run(const char *agent, const char *collector, const char *log,
                         struct err *e)
{
    char argument[] = OBSERVING_ARGUMENT, name[64], path[1024];
    char *argv[] = {path, argument, name, NULL};
    pid_t pid;
    int status = 0, rc;

    snprintf(path, sizeof(path), "%s", agent);
    snprintf(name, sizeof(name), "%s", collector);
    rc = process_start(argv, log, &pid, e);
    if (rc != 0)
        return rc;
    rc = process_wait(pid, PATIENCE_MS, &status, e);
    if (rc == 1) /* what it printed says more than its status */
        return WIFEXITED(status)
                   ? 0
                   : err_set(e, ERR_IO, "the agent died of signal %d while it measured %s",
                             WTERMSIG(status), collector);
    process_stop(pid, 0);
    if (rc < 0)
        return rc;
    return err_set(e, ERR_IO, "the agent did not end its measuring of %s within %d s",
                   collector, PATIENCE_MS / 1000);
}

int observing_measure(const char *collector, struct observing *out, struct err *e)
{
    char agent[1024], folder[512], log[640];
    char *text = NULL;
    size_t size;
    int rc = paths_find(AGENT_PART, agent, sizeof(agent), e);

    *out = (struct observing){.n = 0};
    if (rc == 0)
        rc = paths_make_temporary(folder, sizeof(folder), e);
    if (rc != 0)
        return rc;
    snprintf(log, sizeof(log), "%s/cost", folder);
    rc = observing_run(agent, collector, log, e);
    if (rc == 0)
        rc = file_read(log, &text, &size, e);
    if (rc == 0)
        rc = observing_parse(collector, text, out, e);
    free(text);
    paths_remove_tree(folder, NULL);
    return rc;
}
