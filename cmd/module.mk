CMD_SRCS += cmd/main.c cmd/doctor.c cmd/list.c cmd/run.c cmd/status.c cmd/summarise.c cmd/drift.c cmd/report.c cmd/compare.c \
            cmd/export.c cmd/lab.c cmd/open.c cmd/print.c
